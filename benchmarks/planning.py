"""How long Snakemake takes where nothing is to be done, beside what it takes for nothing.

`python -m benchmarks.planning` measures this alone.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.processes import copied_workflow, snakemake
from benchmarks.results import Result, table

ROUNDS = 5
SURVEYS = 4


def measure() -> list[Result]:
    """Time an empty Snakefile, a dry run of everything, and a run of a finished study, in turns."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        copied_workflow() as new,
        copied_workflow() as done,
    ):
        empty = Path(scratch)
        (empty / "Snakefile").write_text("rule nothing:\n")
        _pretend_finished(done)
        runs: dict[str, Callable[[], float]] = {
            "an empty Snakefile": lambda: snakemake(empty, "--cores", "2").seconds,
            "dry run of four waves": lambda: snakemake(new, "--cores", "2", "-n").seconds,
            "four waves, nothing to do": lambda: snakemake(done, "--cores", "2").seconds,
        }
        times: dict[str, list[float]] = {what: [] for what in runs}
        for _ in range(ROUNDS):
            for what, run in runs.items():
                times[what].append(run())
    empty_times, _, done_times = times.values()
    over = [b - a for a, b in zip(empty_times, done_times, strict=True)]
    return [
        *(Result(what, median(found), "s") for what, found in times.items()),
        Result("nothing to do, above an empty Snakefile", median(over), "s", at_most=0.5),
    ]


def _pretend_finished(folder: Path) -> None:
    """Put something in the place of every file, and have Snakemake take it for finished."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--summary"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    for line in done.stdout.splitlines()[1:]:
        file = folder / line.split("\t")[0]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line)
    snakemake(folder, "--cores", "2", "--touch", "--forceall")


if __name__ == "__main__":
    print(table(measure()))
