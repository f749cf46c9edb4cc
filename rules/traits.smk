"""
Traits: each natural backstory is asked who it is.

Needs   results/backstories/natural.parquet
Makes   results/traits/natural.parquet and routes.csv
"""


rule traits:
    """Ask every natural backstory about every trait."""
    input:
        "results/backstories/natural.parquet",
    output:
        traits="results/traits/natural.parquet",
        routes="results/traits/routes.csv",
    log:
        "logs/traits/natural.log",
    resources:
        **experiment.jobs.needs("traits"),
    params:
        **experiment.settings("traits"),
    shell:
        "anthology traits --settings {params:q} --backstories {input:q}"
        " --output {output.traits:q} --routes {output.routes:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --in-flight {resources.in_flight} 2> {log:q}"
