"""Watching one stage, and writing down what it made and what that took."""

import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anthology.models.usage import COUNTS, ModelUsage
from anthology.provenance.environment import scheduled, software, taken
from anthology.provenance.files import beside, content, write
from anthology.provenance.joined import fold, part_files, parts_of
from anthology.provenance.schema import Asking, Made, Run
from anthology.provenance.secrets import scrubbed

Seen = Mapping[Path, int | None]
"""Files with what tells one from another that replaced it; None for no file."""


class Watch:
    """Takes the time from its making on, and can tell which files a stage made.

    A file that an option names is one that the stage made if it was not there when the stage
    began, or was replaced since; every other is one that it was made from. Artifacts are always
    written under another name and then renamed, so that one that was there is replaced.

    Parameters
    ----------
    stage
        The stage, by the name of its command.
    """

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self._before: Seen = {}

    def look(self, options: Mapping[str, Any]) -> None:
        """See which files there are before the stage runs.

        Parameters
        ----------
        options
            What the command was told; those that are paths, or lists of them, name files.
        """
        self._before = _seen(dict.fromkeys(_paths(options.values())))

    def record(self, settings: Mapping[str, Any], asked: Sequence[ModelUsage]) -> None:
        """Write a record beside each file that the stage made.

        A record is no reason for a stage to fail that made what it was to make, so whatever goes
        wrong here is told in one line.

        Parameters
        ----------
        settings
            All that the stage was told.
        asked
            The models that it was to ask, and what that took.
        """
        run = self._run()
        after = _seen(self._before)
        made = [f for f, seen in after.items() if seen is not None and seen != self._before[f]]
        try:
            self._write(made, [f for f in after if f not in made], settings, asked, run)
        except Exception as error:
            for file in made:
                # No record is better than one of another run.
                with suppress(OSError):
                    beside(file).unlink(missing_ok=True)
            print(f"warning: what made the files was not recorded: {error}", file=sys.stderr)

    def _write(
        self,
        made: Sequence[Path],
        given: Sequence[Path],
        settings: Mapping[str, Any],
        asked: Sequence[ModelUsage],
        run: Run,
    ) -> None:
        parts = parts_of(made, given)
        inputs = [content(file) for file in given if file not in parts and file.is_file()]
        told = {name: value for name, value in settings.items() if name != "code"}
        common = {
            "stage": self._stage,
            "software": software(str(settings.get("code", ""))),
            "run": run,
            "inputs": inputs,
            "settings": scrubbed(told),
            "models": [_asking(one) for one in asked],
        }
        for file in made:
            write(fold(Made(file=content(file), **common), parts), file)
        for part in part_files(made, parts):
            # What is joined is removed, and so is its record.
            beside(part).unlink(missing_ok=True)

    def _run(self) -> Run:
        processor, memory = taken()
        return Run(
            host=platform.node(),
            job=scheduled(),
            started=self._started,
            ended=datetime.now(UTC),
            seconds=round(time.monotonic() - self._clock, 3),
            processor_seconds=processor,
            memory=memory,
        )


def _asking(asked: ModelUsage) -> Asking:
    counts = {key: getattr(asked.meter, key) for key in COUNTS}
    return Asking.model_validate(
        scrubbed(
            {
                "identity": asked.identity.model_dump(mode="json"),
                "served": asked.served,
                "version": asked.version,
                "address": asked.address,
                "price": asked.price and asked.price.model_dump(),
                **counts,
            }
        )
    )


def _paths(values: Iterable[Any]) -> Iterable[Path]:
    for value in values:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, list):
            yield from _paths(value)


def _seen(files: Iterable[Path]) -> Seen:
    return {file: file.stat().st_ino if file.is_file() else None for file in files}
