"""
Humans: the people of each survey, and the survey's own words.

Needs   config/surveys/<survey>.yaml and the file that `humans` names
Makes   results/<survey>/humans.parquet, results/<survey>/codebook.json
"""


rule population:
    """Write a survey file of people who do not exist."""
    output:
        "results/{survey}/population.sav",
    log:
        "logs/{survey}/population.log",
    params:
        **experiment.settings("population"),
    shell:
        "anthology population --settings {params:q} --output {output:q} 2> {log:q}"


rule humans:
    """Read the people of a survey file, their weights, traits and answers, and its wording."""
    input:
        sav=lambda wildcards: own(experiment.people(wildcards)),
    output:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
    log:
        "logs/{survey}/humans.log",
    priority: 100
    params:
        **experiment.settings("humans", experiment.people),
    shell:
        "anthology humans --settings {params:q} --sav {input.sav:q}"
        " --humans {output.humans:q} --codebook {output.codebook:q} 2> {log:q}"
