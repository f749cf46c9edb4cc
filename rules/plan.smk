"""
Plan: what the experiment will ask of models that cost something, before anything is sent.

Needs   nothing but the configuration, the journal in cache/ and the user's own files
Makes   results/plan.csv
"""


rule plan:
    """Count requests, tokens and money, by stage, survey, condition and model."""
    input:
        [own(file) for file in experiment.own_files],
    output:
        "results/plan.csv",
    log:
        "logs/plan.log",
    params:
        configured=experiment.configured,
        state=lambda wildcards: experiment.plan_state("cache/journal"),
    shell:
        "anthology plan {params.configured:q} --journal cache/journal"
        " --output {output:q} 2> {log:q}"
