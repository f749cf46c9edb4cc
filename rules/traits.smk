"""
Traits: each natural backstory is asked who it is.

Needs   results/backstories/natural.parquet
Makes   results/traits/natural.parquet and sources.csv
"""


rule traits:
    """Ask every natural backstory about every trait."""
    input:
        backstories="results/backstories/natural.parquet",
        parts=experiment.jobs.parts("traits", "results/traits/natural"),
    output:
        traits="results/traits/natural.parquet",
        sources="results/traits/sources.csv",
    log:
        "logs/traits/natural.log",
    resources:
        **experiment.jobs.needs("traits"),
    params:
        **experiment.settings("traits"),
    shell:
        "anthology traits --settings {params:q} --backstories {input.backstories:q}"
        " --parts {input.parts:q} --output {output.traits:q} --sources {output.sources:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --part {resources.part} 2> {log:q}"


use rule traits as traits_part with:
    input:
        backstories="results/backstories/natural.parquet",
        parts=[],
    output:
        traits=temp("results/traits/natural.{part}.parquet"),
        sources=temp("results/traits/sources.{part}.csv"),
    log:
        "logs/traits/natural.{part}.log",
    resources:
        **experiment.jobs.part_needs("traits"),
