"""
Reproduction: the published numbers beside our own.

Needs   config/published.yaml and the people of its surveys; shows whatever metrics.csv there are
Makes   docs/reproduction.md
"""


rule reproduction:
    """Put the published numbers beside those of the people's files and the tables at hand."""
    input:
        humans=expand("results/{survey}/humans.parquet", survey=experiment.published),
    output:
        "docs/reproduction.md",
    log:
        "logs/reproduction.log",
    params:
        **experiment.settings("reproduction"),
    shell:
        "anthology reproduction --settings {params:q} --humans {input.humans:q}"
        " --output {output:q} 2> {log:q}"
