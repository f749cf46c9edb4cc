"""Refuses a queued job whose settings or code changed after it was submitted.

A job on another machine reads configuration and code when it starts, while Snakemake records the
result under the settings at submission. So the run writes down the settings of all its jobs, and a
command with other settings refuses to run.
"""

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from anthology.errors import ConfigurationError
from anthology.io.parquet import write_text

SUBMITTED_VARIABLE = "ANTHOLOGY_SUBMITTED"
"""The environment variable that names the file with the settings of a run's jobs."""


def record_submitted(folder: Path, jobs: Iterable[Iterable[str]]) -> None:
    """Write down a digest of the settings of each job of a run, for commands to check.

    Parameters
    ----------
    folder
        The folder of such files; equal runs share one.
    jobs
        For each job its settings.
    """
    wanted = "\n".join(sorted(set(map(_digest, jobs))))
    file = (folder / _digest([wanted])).absolute()
    if not file.exists():
        write_text(file, wanted)
    os.environ[SUBMITTED_VARIABLE] = str(file)


def check_submitted(settings: Iterable[str]) -> None:
    """Refuse settings that the run did not submit; without a run, do nothing.

    Raises
    ------
    ConfigurationError
        If the configuration or the code was changed since.
    """
    try:
        wanted = Path(os.environ[SUBMITTED_VARIABLE]).read_text()
    except (KeyError, FileNotFoundError):
        return
    if _digest(settings) not in wanted.split("\n"):
        raise ConfigurationError(
            "the configuration or the code was changed after this job was submitted",
            hint="Start the workflow again: no answer is paid for twice. To prepare the next study "
            "while jobs are queued, use another checkout (git worktree add).",
        )


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\n".join(sorted(texts)).encode(), digest_size=16).hexdigest()
