"""
Exports: people and personas side by side, for statistics packages.

Needs   results/<survey>/humans.parquet, codebook.json and the responses of all models
        and conditions
Makes   results/<survey>/export/<survey>.sav, .csv, .parquet and codebook.csv
"""


rule exports:
    """Write a survey's people and personas as .sav, CSV and Parquet, with a codebook."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        responses=experiment.responses,
    output:
        sav="results/{survey}/export/{survey}.sav",
        csv="results/{survey}/export/{survey}.csv",
        parquet="results/{survey}/export/{survey}.parquet",
        variables="results/{survey}/export/codebook.csv",
    log:
        "logs/{survey}/exports.log",
    params:
        **experiment.settings("exports"),
    shell:
        "anthology exports --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --responses {input.responses:q}"
        " --sav {output.sav:q} --csv {output.csv:q} --parquet {output.parquet:q}"
        " --variables {output.variables:q} 2> {log:q}"
