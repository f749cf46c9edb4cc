"""How long the workflow takes and how much memory its largest process needs."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rows import Limit
from benchmarks.taking import ROOT, Taken, taken

TABLE = "results/w34/metrics.csv"
PAPER = ("--configfile", "config/config.yaml", "config/paper.yaml")
EVERYBODY = ("--config", "respondents=all", "backstories={natural: {count: 12000}}")
STAGES = {
    "people": ["results/w34/humans.parquet"],
    "natural stories": ["results/backstories/natural.parquet"],
    "primed stories": [
        f"results/w34/backstories/primed_{style}.parquet" for style in ("qa", "portray", "bio")
    ],
    "traits": ["results/traits/natural.parquet"],
    "matches": [f"results/w34/matches/{way}.parquet" for way in ("greedy", "max_weight")],
    "personas, answers and metrics": [TABLE],
}
"""The targets of the paper's size, in an order in which each adds one stage to the last."""
LOOKED_AT = [
    f"results/{survey}/{file}"
    for survey in ("w34", "w92", "w99", "w111")
    for file in (
        *("metrics_full.csv", "comparisons.csv", "subgroups.csv", "individuals.csv"),
        *("items.csv", "explorer.html"),
    )
]
"""What the report of all four waves shows, but for the pictures."""


def measure(*, paper: bool) -> list[Limit]:
    """Run the quick start's command twice and, if wanted, the study at the paper's size."""
    with copied() as folder:
        first, again = snakemake(folder, TABLE), snakemake(folder, TABLE)
        limits = [
            Limit("quick start: the main command", first.wall, 60, "s"),
            Limit("quick start: its largest process", first.memory, 600, "MB"),
            Limit("quick start: a second run", again.wall, 2, "s"),
        ]
        if paper:
            limits += _report(folder)
    return limits + ([*_paper(), *_everybody()] if paper else [])


def _report(folder: Path) -> list[Limit]:
    """Draw the pictures of four waves whose tables are there, and put the report together."""
    snakemake(folder, "results/summary.csv", *LOOKED_AT)
    took = snakemake(folder, "results/report.html")
    return [Limit("report: pictures and page of four waves", took.wall, 30, "s")]


def _paper() -> list[Limit]:
    total, largest, limits = 0.0, 0.0, []
    with copied() as folder:
        for name, targets in STAGES.items():
            took = snakemake(folder, *targets, *PAPER)
            limits.append(Limit(f"paper's size: {name}", took.wall, None, "s"))
            total, largest = total + took.wall, max(largest, took.memory)
    limits.append(Limit("paper's size: all of w34", total, 180, "s"))
    limits.append(Limit("paper's size: its largest process", largest, 4_000, "MB"))
    return limits


def _everybody() -> list[Limit]:
    """Run wave 92 with all of its people, and more stories than people."""
    with copied() as folder:
        took = snakemake(folder, "results/w92/metrics.csv", *PAPER, *EVERYBODY)
    what = "w92, 10,221 people, 12,000 stories"
    return [
        Limit(what, took.wall, 600, "s"),
        Limit(f"{what}: its largest process", took.memory, 4_000, "MB"),
    ]


@contextmanager
def copied() -> Iterator[Path]:
    """Give a copy of the workflow in which nothing has been made."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(ROOT / "Snakefile", folder)
        for part in ("anthology", "config", "profiles", "rules"):
            shutil.copytree(ROOT / part, folder / part)
        yield folder


def snakemake(folder: Path, *arguments: str) -> Taken:
    """Run snakemake in a folder that holds the workflow."""
    return taken([str(Path(sys.executable).with_name("snakemake")), *arguments], folder)
