"""
Individuals: how well each persona answers as the one person it stands for.

Needs   results/<survey>/humans.parquet and the responses of all models and conditions
Makes   results/<survey>/individuals.csv, individuals.parquet, calibration.csv and
        reliability.csv
"""


rule individuals:
    """Compare each persona with the person it stands for, beside two baselines."""
    input:
        humans="results/{survey}/humans.parquet",
        responses=experiment.responses,
    output:
        individuals=reported("results/{survey}/individuals.csv"),
        persons="results/{survey}/individuals.parquet",
        calibration="results/{survey}/calibration.csv",
        reliability="results/{survey}/reliability.csv",
    log:
        "logs/{survey}/individuals.log",
    params:
        **experiment.settings("individuals"),
    shell:
        "anthology individuals --settings {params:q} --humans {input.humans:q}"
        " --responses {input.responses:q} --individuals {output.individuals:q}"
        " --persons {output.persons:q} --calibration {output.calibration:q}"
        " --reliability {output.reliability:q} 2> {log:q}"
