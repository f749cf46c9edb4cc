"""Merges the records of shards into that of the artifact that was joined from them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from anthology.errors import DataError
from anthology.models.usage import COUNTS, join_versions
from anthology.provenance.record_files import read_record
from anthology.provenance.schema import FileHash, ProvenanceRecord, UsageRecord

_PART = re.compile(r"(.+)\.(\d+-of-\d+)(\.\w+)")


def find_shards(made: Iterable[Path], given: Iterable[Path]) -> list[Path]:
    """Return those of the files that an artifact is made from which are parts of it, by name."""
    whole = set(made)
    return [
        file
        for file in given
        if (found := _PART.fullmatch(file.name)) and file.with_name(found[1] + found[3]) in whole
    ]


def list_shard_files(made: Iterable[Path], parts: Iterable[Path]) -> list[Path]:
    """Return all files of the jobs that made some parts, one for each file that the join made."""
    numbers = [found[2] for part in parts if (found := _PART.fullmatch(part.name))]
    return [
        file.with_name(f"{file.stem}.{number}{file.suffix}") for file in made for number in numbers
    ]


def merge_shard_records(whole: ProvenanceRecord, parts: Sequence[Path]) -> ProvenanceRecord:
    """Put what the parts took into the record of the artifact that was joined from them.

    Parameters
    ----------
    whole
        The record of the joined artifact.
    parts
        The parts, whose records lie beside them. One without a record adds nothing.
    """
    made = [found for part in parts if (found := _read(part)) is not None]
    if not made:
        return whole
    inputs = {file.path: file for one in made for file in one.inputs}
    return whole.model_copy(
        update={
            "inputs": [*_others(whole.inputs, inputs), *inputs.values()],
            "models": _together(asking for one in [*made, whole] for asking in one.models),
            "shards": [one.run for one in made],
        }
    )


def _others(files: Iterable[FileHash], known: Iterable[str]) -> list[FileHash]:
    return [file for file in files if file.path not in set(known)]


def _read(part: Path) -> ProvenanceRecord | None:
    try:
        return read_record(part)
    except DataError:
        return None


def _together(askings: Iterable[UsageRecord]) -> list[UsageRecord]:
    """Add up what asking each model took, whichever part did it."""
    found: dict[str, UsageRecord] = {}
    for asking in askings:
        name = asking.name
        before = found.get(name)
        if before is None:
            found[name] = asking
            continue
        counts = {key: getattr(before, key) + getattr(asking, key) for key in COUNTS}
        server = {key: _either(before, asking, key) for key in ("served", "version", "address")}
        found[name] = before.model_copy(update={**counts, **server})
    return list(found.values())


def _either(one: UsageRecord, other: UsageRecord, key: str) -> str | None:
    """Return what either says, or both where they differ."""
    return join_versions(getattr(asking, key) for asking in (one, other))
