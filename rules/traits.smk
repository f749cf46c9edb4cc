"""
Traits: each natural backstory is asked who it is.

Needs   results/backstories/natural.parquet
Makes   results/traits/natural.parquet and sources.csv
"""


rule traits:
    """Ask every natural backstory about every trait."""
    input:
        backstories="results/backstories/natural.parquet",
        shards=experiment.jobs.shards("traits", "results/traits/natural"),
    output:
        traits="results/traits/natural.parquet",
        sources="results/traits/sources.csv",
    log:
        "logs/traits/natural.log",
    resources:
        **experiment.jobs.needs("traits"),
    params:
        **experiment.settings("traits"),
    shell:
        "anthology traits --settings {params:q} --backstories {input.backstories:q}"
        " --shards {input.shards:q} --output {output.traits:q} --sources {output.sources:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --shard {resources.shard} 2> {log:q}"


use rule traits as traits_part with:
    input:
        backstories="results/backstories/natural.parquet",
        shards=[],
    output:
        traits=temp("results/traits/natural.{shard}.parquet"),
        sources=temp("results/traits/sources.{shard}.csv"),
    log:
        "logs/traits/natural.{shard}.log",
    resources:
        **experiment.jobs.shard_needs("traits"),
