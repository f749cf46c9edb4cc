"""What commands of this project take, each in a process of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
wall = time.perf_counter() - start
print(wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
sys.exit(done.returncode)
"""
"""Runs a command from a small process, since one starts with the memory of the one that it is
forked from."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds by the clock, and MB of its largest process."""

    seconds: float
    memory: float


def run(command: Sequence[str], folder: Path = ROOT) -> Cost:
    """Run a command with the package of a folder; end with its message where it fails."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return Cost(*map(float, done.stdout.split()))


def snakemake(folder: Path, *arguments: str) -> Cost:
    """Run Snakemake in a folder that holds the workflow."""
    return run([str(Path(sys.executable).with_name("snakemake")), *arguments], folder)


@contextmanager
def copied_workflow() -> Iterator[Path]:
    """Give a copy of the workflow without results."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(ROOT / "Snakefile", folder)
        for part in ("anthology", "config", "profiles", "rules"):
            shutil.copytree(ROOT / part, folder / part)
        yield folder
