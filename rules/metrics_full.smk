"""
Metrics in full: every metric of a survey's table in all its forms.

Needs   results/<survey>/humans.parquet, the responses of all models and conditions, and where
        these are matched, results/<survey>/matches/<matching>.parquet and
        results/traits/natural.parquet
Makes   results/<survey>/metrics_full.csv
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
