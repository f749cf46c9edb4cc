"""
Responses: the personas of one condition take the survey.

Needs   results/<survey>/personas/<condition>.parquet, results/<survey>/codebook.json
Makes   results/<survey>/responses/<model>/<condition>.parquet
"""


rule responses:
    """Ask every persona of one condition the survey's items."""
    input:
        personas="results/{survey}/personas/{condition}.parquet",
        codebook="results/{survey}/codebook.json",
        parts=experiment.jobs.parts(
            "responses", "results/{survey}/responses/{model}/{condition}"
        ),
    output:
        "results/{survey}/responses/{model}/{condition}.parquet",
    log:
        "logs/{survey}/responses/{model}/{condition}.log",
    resources:
        **experiment.jobs.needs("responses"),
    params:
        **experiment.settings("responses"),
    shell:
        "anthology responses --settings {params:q} --personas {input.personas:q}"
        " --codebook {input.codebook:q} --parts {input.parts:q} --output {output:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --part {resources.part} 2> {log:q}"


use rule responses as responses_part with:
    input:
        personas="results/{survey}/personas/{condition}.parquet",
        codebook="results/{survey}/codebook.json",
        parts=[],
    output:
        temp("results/{survey}/responses/{model}/{condition}.{part}.parquet"),
    log:
        "logs/{survey}/responses/{model}/{condition}.{part}.log",
    resources:
        **experiment.jobs.part_needs("responses"),
