"""What a process takes, and how that grows with its work."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from anthology.tables import aligned

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took.

    Parameters
    ----------
    wall, processor
        Its seconds, by the clock and by the processors.
    memory
        The most that a process of it held, in MB.
    """

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True, slots=True)
class Grown:
    """What a stage took at one size.

    Parameters
    ----------
    stage
        The stage.
    size
        Of what, and how much there was.
    took
        What it took.
    note
        Whether a target was met, and what else is to be known.
    """

    stage: str
    size: str
    took: Taken
    note: str = ""


def taken(command: Sequence[str], folder: Path = ROOT) -> Taken:
    """Run a command with the package of a folder; end with what it said where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    start = perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said)
    wall = perf_counter() - start
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def table(rows: Sequence[Grown]) -> str:
    """Write the rows as one aligned table, with how a stage's processor time has grown."""
    lines = []
    for before, row in zip((None, *rows), rows, strict=False):
        same = before is not None and before.stage == row.stage
        grown = f"x{row.took.processor / before.took.processor:.1f}" if before and same else ""
        lines.append(
            [
                row.stage,
                row.size,
                f"{row.took.wall:.1f}",
                f"{row.took.processor:.1f}",
                grown,
                f"{row.took.memory:.0f}",
                row.note,
            ]
        )
    return aligned(["stage", "size", "wall s", "CPU s", "grown", "peak MB", ""], lines)


def judged(*, met: bool) -> str:
    """Say whether a target was met."""
    return "met" if met else "MISSED"
