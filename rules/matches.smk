"""
Matches: respondents paired with the natural backstories that are most like them.

Needs   results/<survey>/humans.parquet, results/traits/natural.parquet
Makes   results/<survey>/matches/<matching>.parquet
"""


rule matches:
    """Match the respondents of a survey to natural backstories by their traits."""
    input:
        humans="results/{survey}/humans.parquet",
        traits="results/traits/natural.parquet",
    output:
        "results/{survey}/matches/{matching}.parquet",
    log:
        "logs/{survey}/matches/{matching}.log",
    params:
        **experiment.settings("matches"),
    shell:
        "anthology matches --settings {params:q} --humans {input.humans:q}"
        " --traits {input.traits:q} --output {output:q} 2> {log:q}"
