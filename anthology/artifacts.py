"""Artifacts on disk: Parquet tables that say what made them, written whole or not at all."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from anthology import __version__
from anthology.errors import DataError
from anthology.records import Record, canonical

_KEY = b"anthology"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to, and rename it to `path` when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(
    path: Path, table: pa.Table, *, stage: str, settings: Record, facts: Mapping[str, Any]
) -> None:
    """Write a table with what made it in its metadata.

    Parameters
    ----------
    path
        Where it goes.
    table
        The rows.
    stage
        The stage that made it.
    settings
        What the stage was told.
    facts
        What later stages and readers need to know about the whole: where the
        data came from, how much was left out.

    Notes
    -----
    The time of making is the file's own. Left out of its content, equal
    settings give equal bytes.
    """
    made = {
        "stage": stage,
        "version": __version__,
        "settings": settings.model_dump(mode="json"),
        "facts": dict(facts),
    }
    kept = table.replace_schema_metadata({_KEY: canonical(made).encode()})
    with replacing(path) as temporary:
        pq.write_table(kept, temporary, compression="zstd")


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a table that `write_table` wrote, or some of its columns."""
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(
            f"cannot be read as Parquet ({error})",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        ) from None


def made_by(path: Path) -> dict[str, Any]:
    """Return what made an artifact: stage, version, settings, facts."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        metadata = {}
    if _KEY not in metadata:
        raise DataError("is no artifact of this project", where=str(path))
    made: dict[str, Any] = json.loads(metadata[_KEY])
    return made


def facts(path: Path) -> dict[str, Any]:
    """Return the facts that were recorded with an artifact."""
    found: dict[str, Any] = made_by(path)["facts"]
    return found
