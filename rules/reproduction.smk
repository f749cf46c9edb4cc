"""
Reproduction: the published numbers beside our own.

Needs   config/published.yaml, the people of its surveys, and whatever metrics.csv there are
Makes   docs/reproduction.md
"""


rule reproduction:
    """Put the published numbers beside those of the people's files and the tables at hand."""
    input:
        humans=expand("results/{survey}/humans.parquet", survey=experiment.published),
        metrics=experiment.tables_at_hand,
    output:
        "docs/reproduction.md",
    log:
        "logs/reproduction.log",
    params:
        **experiment.settings("reproduction"),
    shell:
        "anthology reproduction --settings {params:q} --humans {input.humans:q}"
        " --metrics {input.metrics:q} --output {output:q} 2> {log:q}"
