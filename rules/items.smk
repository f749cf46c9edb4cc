"""
Items: how people and personas answered each item, and how items go together.

Needs   results/<survey>/humans.parquet, codebook.json and the responses of all models
        and conditions
Makes   results/<survey>/items.csv and correlations.csv
"""


rule items:
    """Tell the share of every option and the correlation of every two items."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        responses=experiment.responses,
    output:
        shares=reported("results/{survey}/items.csv"),
        correlations=reported("results/{survey}/correlations.csv"),
    log:
        "logs/{survey}/items.log",
    params:
        **experiment.settings("items"),
    shell:
        "anthology items --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --responses {input.responses:q}"
        " --items {output.shares:q} --correlations {output.correlations:q} 2> {log:q}"
