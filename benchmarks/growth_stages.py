"""What each stage of a study takes as its work grows tenfold and a hundredfold.

They are rows of `benchmarks.growth`, and take about six minutes. Every stage runs as it does in
a study, in a process of its own, on the simulated model; the figures are those of the records
that it leaves beside its files, and so hold what a process takes to start.
"""

from pathlib import Path

from anthology.provenance.record_files import read_record
from benchmarks.taking import Grown, Taken
from benchmarks.workflow import copied, snakemake

STORIES = (100, 1_000, 10_000)
PEOPLE = (250, 2_500, 25_000)
_FEW = 300
"""Stories that people are matched to, and people who play no part where stories are counted."""
_NARROW = ("surveys=[w34]", "compare=[primed_bio, greedy_bio]")
OF_STORIES = {
    "stories written": "results/backstories/natural.parquet",
    "their traits": "results/traits/natural.parquet",
    "their perplexity": "results/backstories/perplexity/simulated.parquet",
}
OF_PEOPLE = {
    "people read": "results/w34/humans.parquet",
    "stories for people": "results/w34/backstories/primed_bio.parquet",
    "greedy matches": "results/w34/matches/greedy.parquet",
    "personas": "results/w34/personas/greedy_bio.parquet",
    "answers to eight items": "results/w34/responses/simulated/greedy_bio.parquet",
    "figures": "results/w34/figures/items.svg",
    "explorer": "results/w34/explorer.html",
}
"""Each stage that is measured, with the file that it makes; each needs those before it."""


def measure(sizes: int = 3) -> list[Grown]:
    """Run all stages at the first so many sizes, each size in a study of its own."""
    found: list[Grown] = []
    for stories in STORIES[:sizes]:
        found += _steps(OF_STORIES, f"{stories:,} stories", people=_FEW, stories=stories)
    for people in PEOPLE[:sizes]:
        found += _steps(OF_PEOPLE, f"{people:,} people", people=people, stories=_FEW)
    order = [*OF_STORIES, *OF_PEOPLE]
    return sorted(found, key=lambda one: order.index(one.stage))


def _steps(files: dict[str, str], size: str, *, people: int, stories: int) -> list[Grown]:
    natural = f"{{natural: {{count: {stories}}}, perplexity: [simulated]}}"
    changes = (f"population={people}", f"backstories={natural}", *_NARROW)
    with copied() as folder:
        snakemake(folder, *files.values(), "--cores", "1", "--config", *changes)
        return [Grown(stage, size, _recorded(folder / file)) for stage, file in files.items()]


def _recorded(file: Path) -> Taken:
    made = read_record(file)
    run = made.run if made else None
    if run is None or run.processor_seconds is None or run.memory is None:
        raise SystemExit(f"{file} has no record of what it took")
    return Taken(run.seconds, run.processor_seconds, run.memory / 1e6)
