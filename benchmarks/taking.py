"""What a process takes, and how that grows with its work."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anthology.io.tables import align_columns

ROOT = Path(__file__).parents[1]
_APART = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
sys.exit(done.returncode)
"""
"""Runs a command from a small process, since one starts with the memory of the one that it is
forked from."""


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
    done = subprocess.run(
        [sys.executable, "-c", _APART, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    wall, processor, memory = map(float, done.stdout.split())
    return Taken(wall, processor, memory)


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
    return align_columns(["stage", "size", "wall s", "CPU s", "grown", "peak MB", ""], lines)


def judged(*, met: bool) -> str:
    """Say whether a target was met."""
    return "met" if met else "MISSED"
