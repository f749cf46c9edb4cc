"""How long the workflow takes, and how much memory its largest process needs."""

from benchmarks.processes import copied_workflow, snakemake
from benchmarks.results import Result

TABLE = "results/w34/metrics.csv"
PAPER = ("--configfile", "config/config.yaml", "config/paper.yaml")
ALL_RESPONDENTS = ("--config", "respondents=all", "backstories={natural: {count: 12000}}")


def measure(*, paper: bool) -> list[Result]:
    """Run the quick start's command twice and, if wanted, the study at the paper's size."""
    with copied_workflow() as folder:
        first, again = snakemake(folder, TABLE), snakemake(folder, TABLE)
        results = [
            Result("quick start: the main command", first.seconds, "s", at_most=60),
            Result("quick start: its largest process", first.memory, "MB", at_most=600),
            Result("quick start: a second run", again.seconds, "s", at_most=2),
        ]
        if paper:
            snakemake(folder, "all")
            report = snakemake(folder, "results/report.html")
            results.append(Result("report of four waves", report.seconds, "s", at_most=30))
    if paper:
        results += _wave("paper's size: w34", "w34", 180)
        results += _wave("w92: 10,221 respondents, 12,000 stories", "w92", 600, *ALL_RESPONDENTS)
    return results


def _wave(what: str, survey: str, most: float, *arguments: str) -> list[Result]:
    with copied_workflow() as folder:
        cost = snakemake(folder, f"results/{survey}/metrics.csv", *PAPER, *arguments)
    return [
        Result(what, cost.seconds, "s", at_most=most),
        Result(f"{what}: its largest process", cost.memory, "MB", at_most=4_000),
    ]
