"""
Comparisons: every metric in all its forms, how sure it is, and which conditions differ.

Needs   results/<survey>/humans.parquet, the responses of all models and conditions, and where
        these are matched, results/<survey>/matches/<matching>.parquet and
        results/traits/natural.parquet
Makes   results/<survey>/metrics_full.csv, intervals.csv and comparisons.csv
"""


rule metrics_full:
    """Measure the personas of every condition in every form of every metric."""
    input:
        humans="results/{survey}/humans.parquet",
        responses=experiment.responses,
        matches=experiment.compared_matches,
        traits=experiment.compared_traits,
    output:
        reported("results/{survey}/metrics_full.csv"),
    log:
        "logs/{survey}/metrics_full.log",
    params:
        **experiment.settings("metrics_full"),
    shell:
        "anthology metrics_full --settings {params:q} --humans {input.humans:q}"
        " --responses {input.responses:q} --matches {input.matches:q}"
        " --traits {input.traits:q} --output {output:q} 2> {log:q}"


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
