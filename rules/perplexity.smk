"""
Perplexity: how surprising each natural backstory is to models.

Needs   results/backstories/natural.parquet
Makes   results/backstories/perplexity/<model>.parquet, results/backstories/perplexity.parquet
"""


rule perplexity:
    """Have one model say how probable every natural backstory is."""
    input:
        backstories="results/backstories/natural.parquet",
        shards=experiment.jobs.shards(
            "perplexity", "results/backstories/perplexity/{scorer}"
        ),
    output:
        "results/backstories/perplexity/{scorer}.parquet",
    log:
        "logs/backstories/perplexity/{scorer}.log",
    resources:
        **experiment.jobs.needs("perplexity"),
    params:
        **experiment.settings("perplexity"),
    shell:
        "anthology perplexity --settings {params:q} --backstories {input.backstories:q}"
        " --shards {input.shards:q} --output {output:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --shard {resources.shard} 2> {log:q}"


use rule perplexity as perplexity_part with:
    input:
        backstories="results/backstories/natural.parquet",
        shards=[],
    output:
        temp("results/backstories/perplexity/{scorer}.{shard}.parquet"),
    log:
        "logs/backstories/perplexity/{scorer}.{shard}.log",
    resources:
        **experiment.jobs.shard_needs("perplexity"),


rule perplexities:
    """Join the perplexities by all models."""
    input:
        expand(
            "results/backstories/perplexity/{scorer}.parquet",
            scorer=experiment.scorers,
        ),
    output:
        "results/backstories/perplexity.parquet",
    log:
        "logs/backstories/perplexity.log",
    params:
        **experiment.settings("perplexities"),
    shell:
        "anthology perplexities --settings {params:q} --perplexities {input:q}"
        " --output {output:q} 2> {log:q}"
