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
        shards=experiment.jobs.shards(
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
        " --codebook {input.codebook:q} --shards {input.shards:q} --output {output:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --shard {resources.shard} 2> {log:q}"


use rule responses as responses_part with:
    input:
        personas="results/{survey}/personas/{condition}.parquet",
        codebook="results/{survey}/codebook.json",
        shards=[],
    output:
        temp("results/{survey}/responses/{model}/{condition}.{shard}.parquet"),
    log:
        "logs/{survey}/responses/{model}/{condition}.{shard}.log",
    resources:
        **experiment.jobs.shard_needs("responses"),
