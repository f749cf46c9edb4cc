"""
Metrics: how close the personas of each condition come to the people.

Needs   results/<survey>/humans.parquet and the responses of all models and conditions
Makes   results/<survey>/metrics.csv and answers.csv, results/summary.csv
"""


rule metrics:
    """Compare the personas of every condition with the people of a survey."""
    input:
        humans="results/{survey}/humans.parquet",
        responses=experiment.responses,
    output:
        metrics=reported("results/{survey}/metrics.csv"),
        answers=reported("results/{survey}/answers.csv"),
    log:
        "logs/{survey}/metrics.log",
    params:
        **experiment.settings("metrics"),
    shell:
        "anthology metrics --settings {params:q} --humans {input.humans:q}"
        " --responses {input.responses:q} --metrics {output.metrics:q}"
        " --answers {output.answers:q} 2> {log:q}"


rule summary:
    """Join the tables of all surveys."""
    input:
        expand("results/{survey}/metrics.csv", survey=experiment.surveys),
    output:
        reported("results/summary.csv", "all surveys"),
    log:
        "logs/summary.log",
    params:
        **experiment.settings("summary"),
    shell:
        "anthology summary --settings {params:q} --metrics {input:q}"
        " --output {output:q} 2> {log:q}"
