"""
Subgroups: how close the personas of groups of people come to these people.

Needs   results/<survey>/humans.parquet, codebook.json and the responses of all models
        and conditions
Makes   results/<survey>/subgroups.csv
"""


rule subgroups:
    """Compare personas with people, for each subgroup of a survey's people on its own."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        responses=experiment.responses,
    output:
        reported("results/{survey}/subgroups.csv"),
    log:
        "logs/{survey}/subgroups.log",
    params:
        **experiment.settings("subgroups"),
    shell:
        "anthology subgroups --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --responses {input.responses:q}"
        " --output {output:q} 2> {log:q}"
