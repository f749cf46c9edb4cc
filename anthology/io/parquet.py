"""Artifacts: Parquet tables with metadata on what made them, written atomically."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from anthology import __version__
from anthology.errors import DataError
from anthology.records import Record, canonical_json

ROW_GROUP_SIZE = 8192
"""Rows of a group, which is what is held in memory at a time."""
_BATCH = 1024
_DICTIONARY = 1 << 28
"""Bytes of different texts in a group; up to these, a text that rows share is stored once."""
_KEY = "anthology"


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path, which is renamed to `path` unless an error occurs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


class TableWriter:
    """Writes a table row group by row group.

    Parameters
    ----------
    file
        Where it goes.
    columns
        Its columns.
    """

    def __init__(self, file: Path, columns: pa.Schema) -> None:
        self._file = file
        self._columns = pa.schema([field.with_type(_stored(field.type)) for field in columns])
        self._writer = pq.ParquetWriter(
            file, self._columns, compression="zstd", dictionary_pagesize_limit=_DICTIONARY
        )
        self._rows: list[tuple[Any, ...]] = []
        self._waiting: list[pa.Table] = []
        self.metadata: Mapping[str, Any] = {}
        """What later stages need to know about the whole table."""

    def add(self, *values: Any) -> None:
        """Write one row, given by its values in the order of the columns."""
        self._rows.append(values)
        if len(self._rows) == _BATCH:
            self._gather()

    def extend(self, table: pa.Table) -> None:
        """Write all rows of a table that has these columns."""
        self._gather()
        self._waiting.append(table.cast(self._columns))
        self._write_groups()

    def close(self, made: Mapping[str, Any]) -> None:
        """Write what is left, and what made it."""
        self._gather()
        if self._waiting:
            self._write_group(pa.concat_tables(self._waiting))
        self._writer.add_key_value_metadata({_KEY: canonical_json(made)})
        self._writer.close()

    def abandon(self) -> None:
        """Close the unfinished file after an error."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()

    def _gather(self) -> None:
        if not self._rows:
            return
        columns = zip(zip(*self._rows, strict=True), self._columns, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        self._rows.clear()
        self._waiting.append(pa.Table.from_arrays(arrays, schema=self._columns))
        self._write_groups()

    def _write_groups(self) -> None:
        """Write whole groups. Where one ends depends on the number of its row alone."""
        if sum(map(len, self._waiting)) < ROW_GROUP_SIZE:
            return
        table = pa.concat_tables(self._waiting)
        whole = len(table) - len(table) % ROW_GROUP_SIZE
        for start in range(0, whole, ROW_GROUP_SIZE):
            self._write_group(table.slice(start, ROW_GROUP_SIZE))
        self._waiting = [table.slice(whole)]

    def _write_group(self, rows: pa.Table) -> None:
        try:
            self._writer.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP_SIZE)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"cannot be written: {error}", where=str(self._file)) from error


def _stored(kind: pa.DataType) -> pa.DataType:
    """Return a type as it is when it is read again: Parquet calls what is in a list its element."""
    if pa.types.is_list(kind):
        return pa.list_(pa.field("element", _stored(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_stored(field.type)) for field in kind])
    return kind


@contextmanager
def open_writer(
    path: Path, columns: pa.Schema, *, stage: str, settings: Record
) -> Iterator[TableWriter]:
    """Write a table row by row, with what made it in its metadata.

    Parameters
    ----------
    path
        Where it goes, when all went well.
    columns
        Its columns.
    stage
        The stage that made it.
    settings
        The stage's settings.

    Yields
    ------
    TableWriter
        To be given the rows, and the metadata of the whole: where the data came from, how much
        was left out.

    Raises
    ------
    DataError
        If it cannot be written.

    Notes
    -----
    The time of making is the file's own. Left out of its content, equal
    settings give equal bytes.
    """
    made = {"stage": stage, "version": __version__, "settings": settings.model_dump(mode="json")}
    try:
        # What a process left that was killed; no two make one artifact at the same time.
        for left in path.parent.glob(f".{escape(path.name)}.*.part"):
            left.unlink(missing_ok=True)
        with write_atomically(path) as temporary:
            sheet = TableWriter(temporary, columns)
            try:
                yield sheet
                sheet.close({**made, "metadata": dict(sheet.metadata)})
            except BaseException:
                sheet.abandon()
                raise
    except OSError as error:
        raise DataError(f"cannot be written: {error}", where=str(path)) from error


def write_table(
    path: Path, table: pa.Table, *, stage: str, settings: Record, metadata: Mapping[str, Any]
) -> None:
    """Write a whole table with what made it; see `open_writer`."""
    with open_writer(path, table.schema, stage=stage, settings=settings) as sheet:
        sheet.metadata = metadata
        sheet.extend(table)


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a table that `write_table` wrote, or some of its columns."""
    with open_parquet(path) as file:
        return file.read(columns=columns)


@contextmanager
def open_parquet(path: Path, texts: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open an artifact to read it; of the columns in `texts` each different text is read once."""
    try:
        with pq.ParquetFile(path, read_dictionary=list(texts)) as file:
            yield file
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(
            f"cannot be read as Parquet ({error})",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        ) from None


def count_rows(path: Path) -> int:
    """Return how many rows an artifact has."""
    with open_parquet(path) as file:
        rows: int = file.metadata.num_rows
        return rows


def read_rows(path: Path, columns: list[str], span: range) -> Iterator[tuple[Any, ...]]:
    """Read some columns of some consecutive rows, holding few of them at a time.

    Parameters
    ----------
    path
        An artifact.
    columns
        The columns, in the order of a row's values.
    span
        The rows, by their numbers from 0.
    """
    first = 0
    with open_parquet(path) as file:
        for batch in file.iter_batches(_BATCH, columns=columns):
            own = batch.slice(
                max(0, span.start - first), max(0, span.stop - max(first, span.start))
            )
            yield from zip(*(own[name].to_pylist() for name in columns), strict=True)
            first += len(batch)
            if first >= span.stop:
                return


def read_row_groups(paths: Sequence[Path]) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """Return the columns of tables that have the same, and their rows, a group at a time."""

    def groups() -> Iterator[pa.Table]:
        for path in paths:
            with open_parquet(path) as file:
                yield from map(file.read_row_group, range(file.num_row_groups))

    with open_parquet(paths[0]) as file:
        return file.schema_arrow, groups()


def read_producer(path: Path) -> dict[str, Any]:
    """Return what made an artifact: stage, version, settings, metadata."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        metadata = {}
    if _KEY.encode() not in metadata:
        raise DataError("is no artifact of this project", where=str(path))
    made: dict[str, Any] = json.loads(metadata[_KEY.encode()])
    return made


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of an artifact: counts and where its data come from."""
    found: dict[str, Any] = read_producer(path)["metadata"]
    return found
