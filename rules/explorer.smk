"""
Explorer: a page to look at single people, stories, prompts and answers.

Needs   results/<survey>/humans.parquet and codebook.json, the personas and responses of all
        models and conditions, and the natural stories with their traits where a condition has any
Makes   results/<survey>/explorer.html
"""


rule explorer:
    """Write one page that holds a survey's people, stories, prompts and answers."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        personas=experiment.compared_personas,
        responses=experiment.responses,
        backstories=experiment.compared_stories,
        traits=experiment.compared_traits,
    output:
        "results/{survey}/explorer.html",
    log:
        "logs/{survey}/explorer.log",
    params:
        **experiment.settings("explorer", experiment.compared_stories),
    shell:
        "anthology explorer --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --personas {input.personas:q}"
        " --responses {input.responses:q} --backstories {input.backstories:q}"
        " --traits {input.traits:q} --output {output:q} 2> {log:q}"
