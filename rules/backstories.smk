"""
Backstories: life stories, natural ones that belong to no survey and primed ones that do.

Needs   results/<survey>/humans.parquet and codebook.json, for primed stories
Makes   results/backstories/natural.parquet, results/<survey>/backstories/primed_<style>.parquet
"""

if experiment.stories_file is None:

    rule natural_backstories:
        """Have life stories written in answer to an open question."""
        input:
            shards=experiment.jobs.shards("backstories", "results/backstories/natural"),
        output:
            "results/backstories/natural.parquet",
        log:
            "logs/backstories/natural.log",
        resources:
            **experiment.jobs.needs("backstories"),
        params:
            **experiment.settings("backstories"),
        shell:
            "anthology backstories --settings {params:q} --shards {input.shards:q}"
            " --output {output:q} --models {resources.models:q} --journal cache/journal"
            " --max-concurrency {resources.max_concurrency} --shard {resources.shard} 2> {log:q}"

    use rule natural_backstories as natural_backstories_part with:
        input:
            shards=[],
        output:
            temp("results/backstories/natural.{shard}.parquet"),
        log:
            "logs/backstories/natural.{shard}.log",
        resources:
            **experiment.jobs.shard_needs("backstories"),

else:

    rule released_backstories:
        """Take life stories from a file."""
        input:
            own(experiment.stories_file),
        output:
            "results/backstories/natural.parquet",
        log:
            "logs/backstories/natural.log",
        params:
            **experiment.settings("released", experiment.stories_file),
        shell:
            "anthology released --settings {params:q} --stories {input:q}"
            " --output {output:q} 2> {log:q}"


rule primed_backstories:
    """Have a life story written from the traits of each respondent."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        shards=experiment.jobs.shards(
            "primed", "results/{survey}/backstories/primed_{style}"
        ),
    output:
        "results/{survey}/backstories/primed_{style}.parquet",
    log:
        "logs/{survey}/backstories/primed_{style}.log",
    resources:
        **experiment.jobs.needs("primed"),
    params:
        **experiment.settings("primed"),
    shell:
        "anthology primed --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --shards {input.shards:q} --output {output:q}"
        " --models {resources.models:q} --journal cache/journal"
        " --max-concurrency {resources.max_concurrency} --shard {resources.shard} 2> {log:q}"


use rule primed_backstories as primed_backstories_part with:
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        shards=[],
    output:
        temp("results/{survey}/backstories/primed_{style}.{shard}.parquet"),
    log:
        "logs/{survey}/backstories/primed_{style}.{shard}.log",
    resources:
        **experiment.jobs.shard_needs("primed"),
