"""Records what a stage made, from what, and at what cost."""

import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anthology.models.usage import COUNTS, ModelUsage
from anthology.provenance.environment import describe_software, measure_usage, scheduler_job
from anthology.provenance.record_files import hash_file, record_path, write_record
from anthology.provenance.schema import CommandRun, ProvenanceRecord, UsageRecord
from anthology.provenance.secrets import redact_secrets
from anthology.provenance.shard_records import find_shards, list_shard_files, merge_shard_records

Snapshot = Mapping[Path, int | None]
"""Files with what tells one from another that replaced it; None for no file."""


class StageRecorder:
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
        self._before: Snapshot = {}

    def look(self, options: Mapping[str, Any]) -> None:
        """See which files there are before the stage runs.

        Parameters
        ----------
        options
            The command's options; those that are paths, or lists of them, name files.
        """
        self._before = _seen(dict.fromkeys(_paths(options.values())))

    def record(self, settings: Mapping[str, Any], asked: Sequence[ModelUsage]) -> None:
        """Write a record beside each file that the stage made.

        A record is no reason for a stage to fail that made what it was to make, so whatever goes
        wrong here is a one-line warning.

        Parameters
        ----------
        settings
            The stage's settings.
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
                    record_path(file).unlink(missing_ok=True)
            print(f"warning: what made the files was not recorded: {error}", file=sys.stderr)

    def _write(
        self,
        made: Sequence[Path],
        given: Sequence[Path],
        settings: Mapping[str, Any],
        asked: Sequence[ModelUsage],
        run: CommandRun,
    ) -> None:
        parts = find_shards(made, given)
        inputs = [hash_file(file) for file in given if file not in parts and file.is_file()]
        recorded = {name: value for name, value in settings.items() if name != "code"}
        common = {
            "stage": self._stage,
            "software": describe_software(str(settings.get("code", ""))),
            "run": run,
            "inputs": inputs,
            "settings": redact_secrets(recorded),
            "models": [_asking(one) for one in asked],
        }
        for file in made:
            write_record(
                merge_shard_records(ProvenanceRecord(file=hash_file(file), **common), parts), file
            )
        for part in list_shard_files(made, parts):
            # What is joined is removed, and so is its record.
            record_path(part).unlink(missing_ok=True)

    def _run(self) -> CommandRun:
        processor, memory = measure_usage()
        return CommandRun(
            host=platform.node(),
            job=scheduler_job(),
            started=self._started,
            ended=datetime.now(UTC),
            seconds=round(time.monotonic() - self._clock, 3),
            processor_seconds=processor,
            memory=memory,
        )


def _asking(asked: ModelUsage) -> UsageRecord:
    counts = {key: getattr(asked.meter, key) for key in COUNTS}
    return UsageRecord.model_validate(
        redact_secrets(
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


def _seen(files: Iterable[Path]) -> Snapshot:
    return {file: file.stat().st_ino if file.is_file() else None for file in files}
