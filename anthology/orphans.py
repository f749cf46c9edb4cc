"""Jobs of a Slurm cluster that go on although the run that sent them was killed.

A run that is to make the same files would ask what they are asking at that moment, so they are
ended first. Snakemake notes at each file that is being made which job makes it.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Collection

from anthology.errors import AnthologyError

_ENDING = "COMPLETING"
"""The state of a job that has ended, while its node cleans up or does not answer."""
_PATIENCE = 90
"""Seconds that jobs may take to end; Slurm kills them after 30 (its KillWait)."""


def under_way(queue: str, jobs: Collection[str]) -> dict[str, str]:
    """Return the states of those of some jobs that have not ended, by their numbers.

    Parameters
    ----------
    queue
        A line `number state` for each job that waits, runs or is ending.
    jobs
        The numbers of the jobs.
    """
    states = dict(line.split() for line in queue.splitlines())
    return {job: state for job, state in states.items() if job in jobs}


def end_orphans(jobs: Collection[str]) -> None:
    """End jobs that an earlier run left behind, and wait until they have ended.

    Parameters
    ----------
    jobs
        The numbers of all jobs that were making files which are to be made now; most will have
        ended long ago.

    Raises
    ------
    AnthologyError
        If a job does not end, or the cluster does not answer.
    """
    if not jobs or shutil.which("squeue") is None or not (left := under_way(_queue(), jobs)):
        return
    print(f"ending jobs of an earlier run that was killed: {', '.join(left)}", file=sys.stderr)
    subprocess.run(["scancel", *left], check=False)
    latest = time.monotonic() + _PATIENCE
    while left := under_way(_queue(), jobs):
        if time.monotonic() > latest:
            _go_on_without(left)
            return
        time.sleep(1)


def _go_on_without(jobs: dict[str, str]) -> None:
    """Say which jobs did not end; refuse to go on where one may still be asking."""
    listed = ", ".join(jobs)
    if set(jobs.values()) != {_ENDING}:
        raise AnthologyError(
            f"jobs of an earlier run do not end: {listed}",
            hint="See `squeue --me`; begin again when they are gone.",
        )
    print(
        f"warning: the nodes of {listed} do not say that these jobs have ended (`squeue --me`); "
        "should one be alive after all, what it asks now is asked twice",
        file=sys.stderr,
    )


def _queue() -> str:
    """Return the user's jobs that have not ended."""
    command = ["squeue", "--me", "--noheader", "--format=%i %T"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AnthologyError(
            f"the cluster does not say which jobs of earlier runs go on: {done.stderr.strip()}",
            hint="Begin again when `squeue --me` answers.",
        )
    return done.stdout
