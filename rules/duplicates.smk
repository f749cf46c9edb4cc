"""
Duplicates: natural backstories that are nearly the same; they are reported, and none is removed.

Needs   results/backstories/natural.parquet
Makes   results/backstories/duplicates.csv
"""


rule duplicates:
    """List the pairs of natural backstories that share much of their wording."""
    input:
        "results/backstories/natural.parquet",
    output:
        "results/backstories/duplicates.csv",
    log:
        "logs/backstories/duplicates.log",
    params:
        **experiment.settings("duplicates"),
    shell:
        "anthology duplicates --settings {params:q} --backstories {input:q}"
        " --output {output:q} 2> {log:q}"
