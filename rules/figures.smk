"""
Figures: a survey's tables as pictures.

Needs   results/<survey>/metrics.csv, answers.csv, items.csv, correlations.csv, intervals.csv,
        humans.parquet and codebook.json; where conditions match stories, the matches and
        results/traits/natural.parquet
Makes   results/<survey>/figures/<figure>.svg
"""


rule figures:
    """Draw a survey's items, correlations, ranking, matches, traits and account of answers."""
    input:
        humans="results/{survey}/humans.parquet",
        codebook="results/{survey}/codebook.json",
        metrics="results/{survey}/metrics.csv",
        answers="results/{survey}/answers.csv",
        shares="results/{survey}/items.csv",
        correlations="results/{survey}/correlations.csv",
        intervals="results/{survey}/intervals.csv",
        matches=experiment.compared_matches,
        traits=experiment.compared_traits,
    output:
        [
            reported(f"results/{{survey}}/figures/{figure}.svg")
            for figure in (
                "items",
                "correlations",
                "ranking",
                "matches",
                "traits",
                "answers",
            )
        ],
    log:
        "logs/{survey}/figures.log",
    params:
        **experiment.settings(
            "figures", experiment.compared_matches, experiment.compared_traits
        ),
    shell:
        "anthology figures --settings {params:q} --humans {input.humans:q}"
        " --codebook {input.codebook:q} --metrics {input.metrics:q} --answers {input.answers:q}"
        " --items {input.shares:q} --correlations {input.correlations:q}"
        " --intervals {input.intervals:q} --matches {input.matches:q} --traits {input.traits:q}"
        " --output {output:q} 2> {log:q}"
