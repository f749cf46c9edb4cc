"""Jobs of a Slurm cluster that go on although the run that sent them was killed.

A run that goes on in their place would ask what they are asking at that moment, so they are ended
first. They are known by the names that the runs of this folder gave to their jobs, which stand in
Snakemake's own logs.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from anthology.errors import AnthologyError

_NAME = re.compile(r"^SLURM run ID: (\S+)$", re.MULTILINE)
_HEAD = 4096
"""In so many characters of its log a run has told its name."""
_LOCKS = 2
"""Files by which one run locks what it reads and what it makes."""
_PATIENCE = 90
"""Seconds that jobs may take to end; Slurm kills them after 30 (its KillWait)."""


def run_names(logs: Iterable[str]) -> set[str]:
    """Return the names that runs gave to their jobs.

    Parameters
    ----------
    logs
        The logs of the runs, or at least how they begin; those of runs on one machine have none.
    """
    return {name for log in logs for name in _NAME.findall(log)}


def under_way(queue: str, names: set[str]) -> list[str]:
    """Return the numbers of the jobs that have one of the names.

    Parameters
    ----------
    queue
        A line `number name` for each job that waits, runs or is ending.
    names
        The names of the runs that sent them.
    """
    jobs = (line.partition(" ") for line in queue.splitlines())
    return [number for number, _, name in jobs if name in names]


def end_orphans(folder: Path) -> None:
    """End the jobs that earlier runs in a folder left behind, and wait until they have ended.

    Parameters
    ----------
    folder
        Where Snakemake keeps its records, `.snakemake` in the folder of the results. Where more
        runs than this one hold a lock there, jobs may be theirs, and none is ended.

    Raises
    ------
    AnthologyError
        If a job does not end, or the cluster does not answer.
    """
    if shutil.which("squeue") is None or len(list(folder.glob("locks/*.lock"))) > _LOCKS:
        return
    names = run_names(map(_head, sorted(folder.glob("log/*.snakemake.log"))))
    if not names or not (jobs := under_way(_queue(), names)):
        return
    print(f"ending jobs of an earlier run that was killed: {', '.join(jobs)}", file=sys.stderr)
    subprocess.run(["scancel", *jobs], check=False)
    latest = time.monotonic() + _PATIENCE
    while jobs := under_way(_queue(), names):
        if time.monotonic() > latest:
            raise AnthologyError(
                f"jobs of an earlier run do not end: {', '.join(jobs)}",
                hint="See `squeue --me`; begin again when they are gone.",
            )
        time.sleep(1)


def _head(log: Path) -> str:
    with log.open(errors="replace") as file:
        return file.read(_HEAD)


def _queue() -> str:
    """Return the user's jobs that have not ended."""
    command = ["squeue", "--me", "--noheader", "--format=%i %j"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AnthologyError(
            f"the cluster does not say which jobs of earlier runs go on: {done.stderr.strip()}",
            hint="Begin again when `squeue --me` answers.",
        )
    return done.stdout
