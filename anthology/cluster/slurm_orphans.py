"""Cancels Slurm jobs that outlived a killed run of the workflow.

A new run that makes the same files would ask what they are asking at that moment, and pay twice.
So they are cancelled first. They are recognised by the names that runs in this folder gave to their
jobs, found in Snakemake's logs, and by rule and wildcards, found in a job's comment.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from anthology.errors import AnthologyError

_NAME = re.compile(r"SLURM run ID: (\S+)$")
_COMPLETING = "COMPLETING"
"""The state of a job that has ended, while its node cleans up or does not answer."""
_TIMEOUT = 90
"""Seconds that jobs may take to end; Slurm kills them after 30 (its KillWait)."""


def parse_run_name(log: Iterable[str]) -> str | None:
    """Return the name that a run gave to its jobs; None if it submitted none.

    Parameters
    ----------
    log
        The lines of its log.
    """
    return next((found[1] for line in log if (found := _NAME.match(line.rstrip()))), None)


def job_comment(rule: str, wildcards: Iterable[str]) -> str:
    """Return the comment in which Snakemake's Slurm plugin says what a job makes."""
    values = "_".join(wildcards).replace("/", "_")
    return f"rule_{rule}_wildcards_{values}" if values else f"rule_{rule}"


def find_orphans(queue: str, names: Collection[str], labels: Collection[str]) -> dict[str, str]:
    """Return the states, by job number, of the jobs that some runs submitted for some files.

    Parameters
    ----------
    queue
        A line `number state name comment` for each job that waits, runs or is ending.
    names
        The names of the runs.
    labels
        What jobs that make these files have as their comments.
    """
    jobs = (line.split(" ", 3) for line in queue.splitlines())
    return {
        number: state
        for number, state, name, comment in jobs
        if name in names and comment in labels
    }


def cancel_orphans(folder: Path, labels: Collection[str]) -> None:
    """Cancel jobs that earlier runs in a folder left behind, and wait until they have ended.

    Parameters
    ----------
    folder
        Where Snakemake keeps its records, `.snakemake` in the folder of the results.
    labels
        The labels of all that is to be made now.

    Raises
    ------
    AnthologyError
        If a job does not end, or the cluster does not answer.
    """
    if shutil.which("squeue") is None:
        return
    names = set(_names(folder))
    if not names or not (left := find_orphans(_queue(), names, labels)):
        return
    print(f"cancelling jobs of an earlier run that was killed: {', '.join(left)}", file=sys.stderr)
    subprocess.run(["scancel", *left], check=False)
    latest = time.monotonic() + _TIMEOUT
    while left := find_orphans(_queue(), names, labels):
        if time.monotonic() > latest:
            _check_leftover(left)
            return
        time.sleep(1)


def _names(folder: Path) -> Iterator[str]:
    for path in folder.glob("log/*.snakemake.log"):
        with path.open(errors="replace") as log:
            name = parse_run_name(log)
        if name is not None:
            yield name


def _check_leftover(jobs: dict[str, str]) -> None:
    """Warn about jobs that did not end; refuse to go on if one may still be asking."""
    listed = ", ".join(jobs)
    if set(jobs.values()) != {_COMPLETING}:
        raise AnthologyError(
            f"jobs of an earlier run do not end: {listed}",
            hint="See `squeue --me`; begin again when they are gone.",
        )
    print(
        f"warning: the nodes of {listed} do not report that these jobs have ended "
        "(`squeue --me`); if one is still alive, what it asks now is asked twice",
        file=sys.stderr,
    )


def _queue() -> str:
    """Return the user's jobs that have not ended."""
    command = ["squeue", "--me", "--noheader", "--format=%i %T %j %k"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AnthologyError(
            f"the cluster does not say which jobs of earlier runs are left: {done.stderr.strip()}",
            hint="Begin again when `squeue --me` answers.",
        )
    return done.stdout
