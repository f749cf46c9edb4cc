"""
Personas: what stands in the context before a respondent's questions.

Needs   results/<survey>/humans.parquet and codebook.json, and for a condition with stories
        its primed backstories, or its matches and the natural backstories
Makes   results/<survey>/personas/<condition>.parquet
"""


rule trait_personas:
    """Build personas of traits alone, or of nothing."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
    output:
        "results/{survey}/personas/{condition}.parquet",
    log:
        "logs/{survey}/personas/{condition}.log",
    wildcard_constraints:
        condition=experiment.conditions("traits", "none"),
    params:
        **experiment.settings("personas"),
    shell:
        "anthology personas --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --output {output:q} 2> {log:q}"


rule primed_personas:
    """Build personas of the stories that were written from respondents' traits."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        backstories=experiment.primed,
    output:
        "results/{survey}/personas/{condition}.parquet",
    log:
        "logs/{survey}/personas/{condition}.log",
    wildcard_constraints:
        condition=experiment.conditions("primed"),
    params:
        **experiment.settings("personas", experiment.primed),
    shell:
        "anthology personas --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --backstories {input.backstories:q} --output {output:q} 2> {log:q}"


rule matched_personas:
    """Build personas of matched natural stories, followed by traits where a style is given."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        backstories="results/backstories/natural.parquet",
        matches=experiment.matches,
    output:
        "results/{survey}/personas/{condition}.parquet",
    log:
        "logs/{survey}/personas/{condition}.log",
    wildcard_constraints:
        condition=experiment.conditions("matched"),
    params:
        **experiment.settings("personas", experiment.matches),
    shell:
        "anthology personas --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --backstories {input.backstories:q} --matches {input.matches:q}"
        " --output {output:q} 2> {log:q}"
