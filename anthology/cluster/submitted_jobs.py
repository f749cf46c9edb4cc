"""Refuses a queued job whose settings or code changed after it was submitted.

A job on another machine reads the configuration and the code anew when it begins, while Snakemake
takes what it makes for that of the settings which it was sent with. So the run writes down what it
wants done, and a command with other settings makes nothing.
"""

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from anthology.errors import ConfigurationError
from anthology.io.parquet import write_text

SUBMITTED_VARIABLE = "ANTHOLOGY_SUBMITTED"
"""The environment variable that names the file with what a run wants done."""


def record_submitted(folder: Path, jobs: Iterable[Iterable[str]]) -> None:
    """Write down the settings of all jobs of a run, and have commands look there.

    Parameters
    ----------
    folder
        Where files of that kind are; equal runs share one.
    jobs
        For each job its settings.
    """
    wanted = "\n".join(sorted(set(map(_digest, jobs))))
    file = (folder / _digest([wanted])).absolute()
    if not file.exists():
        write_text(file, wanted)
    os.environ[SUBMITTED_VARIABLE] = str(file)


def check_submitted(settings: Iterable[str]) -> None:
    """Refuse settings that the run behind a command did not mean; without a run, do nothing.

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
            "the configuration or the code was changed after this job was sent",
            hint="Start the workflow again: what was answered is kept. To prepare the next study "
            "while jobs wait, do it in another checkout (git worktree add).",
        )


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\n".join(sorted(texts)).encode(), digest_size=16).hexdigest()
