"""
Comparisons: how certain every metric is, and which conditions differ.

Needs   results/<survey>/humans.parquet and the responses of all models and conditions
Makes   results/<survey>/intervals.csv and comparisons.csv
"""


rule comparisons:
    """Give every metric an interval, and test every two conditions against each other."""
    input:
        humans="results/{survey}/humans.parquet",
        responses=experiment.responses,
    output:
        intervals=reported("results/{survey}/intervals.csv"),
        comparisons=reported("results/{survey}/comparisons.csv"),
    log:
        "logs/{survey}/comparisons.log",
    threads: 2
    params:
        **experiment.settings("comparisons"),
    shell:
        "anthology comparisons --settings {params:q} --humans {input.humans:q}"
        " --responses {input.responses:q} --intervals {output.intervals:q}"
        " --comparisons {output.comparisons:q} --jobs {threads} 2> {log:q}"
