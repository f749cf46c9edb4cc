"""Reads backstories that somebody else generated from CSV, JSON, JSON lines, Parquet or text."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from anthology.errors import DataError
from anthology.spelling import suggest

_KEYS = ("full_passage", "backstory", "text")
"""The columns and keys that may hold a story; where there are several, the first counts."""

_Row = tuple[str, Any]
"""Where a row stands, as an error names it, and what is to be its story."""
_MARK = "\ufeff"
_BATCH = 1024
"""Rows of a Parquet file that are held at a time."""


def read_stories(path: Path) -> Iterator[str]:
    """Read backstories from a file one after another, in the way that its suffix asks for.

    ``.csv`` and ``.parquet`` have them in a column `full_passage`, `backstory` or `text`;
    where there are several, in the first of these. ``.json`` is a list, and ``.jsonl`` has
    one a line, of texts or of objects with one of these keys. ``.txt`` has one story a
    line; blank lines are skipped. Of ``.json`` the whole is held meanwhile, of the others
    little more than a story.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    str
        The stories, in the file's order and as they stand in it.

    Raises
    ------
    DataError
        If the file is missing, of another kind, damaged or without stories, or if one of
        its rows holds none.
    """
    suffix = path.suffix.lower()
    if suffix in (".pkl", ".pickle"):
        raise _pickled(path)
    if suffix not in _READERS:
        raise DataError(
            f'has the suffix "{suffix}", which names no kind of story file',
            where=str(path),
            hint=suggest(suffix, _READERS),
        )
    some = False
    try:
        with path.open("rb") as file:
            for where, value in _READERS[suffix](file, path):
                yield _story(value, where)
                some = True
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    if not some:
        raise DataError("holds no stories", where=str(path))


def _csv(file: BinaryIO, path: Path) -> Iterator[_Row]:
    # A long story exceeds the 131,072 characters that a field may have otherwise.
    csv.field_size_limit(2**31 - 1)
    # A line may also end with a carriage return, which StringIO knows.
    lines = (part for text in _texts(file, path) for part in io.StringIO(text, newline=""))
    reader = csv.DictReader(lines, strict=True)
    number = 0
    try:
        key = _key(reader.fieldnames or (), str(path), "column")
        for number, row in enumerate(reader, start=1):
            if None in row:
                raise csv.Error("more fields than the first line names")
            yield _row(path, number), row[key]
    except csv.Error as error:
        raise DataError(f"is no valid CSV ({error})", where=_row(path, number)) from None


def _parquet(file: BinaryIO, path: Path) -> Iterator[_Row]:
    try:
        opened = pq.ParquetFile(file)
        key = _key(opened.schema_arrow.names, str(path), "column")
        batches = opened.iter_batches(_BATCH, columns=[key])
        values = (value for batch in batches for value in batch[key].to_pylist())
        for number, value in enumerate(values, start=1):
            yield _row(path, number), value
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot be read as Parquet ({error})", where=str(path)) from None


def _json(file: BinaryIO, path: Path) -> Iterator[_Row]:
    values = _parsed(_text(file.read(), path), path)
    if not isinstance(values, list):
        raise DataError(f"holds {_kind(values)}, where a list is expected", where=str(path))
    for number, value in enumerate(values, start=1):
        yield _chosen(_row(path, number), value)


def _json_lines(file: BinaryIO, path: Path) -> Iterator[_Row]:
    for number, line in _lines(file, path):
        yield _chosen(f"{path}, line {number}", _parsed(line, path, number))


def _plain(file: BinaryIO, path: Path) -> Iterator[_Row]:
    for number, line in _lines(file, path):
        yield f"{path}, line {number}", line


_READERS: dict[str, Callable[[BinaryIO, Path], Iterator[_Row]]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
    ".txt": _plain,
}


def _text(content: bytes, path: Path, first: int = 0) -> str:
    """Return some of a file's bytes, from the `first` on, as text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not UTF-8 (byte {first + error.start} is {content[error.start]:#04x})",
            where=str(path),
            hint="Save it as UTF-8.",
        ) from None
    return text if first else text.removeprefix(_MARK)


def _texts(file: BinaryIO, path: Path) -> Iterator[str]:
    """Yield the lines with what ends them."""
    first = 0
    # Bytes end a line at "\n" alone, and not at characters that may stand in a story.
    for line in file:
        yield _text(line, path, first)
        first += len(line)


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    for number, line in enumerate(_texts(file, path), start=1):
        if line.strip():
            yield number, line.removesuffix("\n").removesuffix("\r")


def _parsed(text: str, path: Path, line: int = 1) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}, line {line + error.lineno - 1}, column {error.colno}"
        raise DataError(f"is no valid JSON ({error.msg})", where=where) from None


def _chosen(where: str, value: Any) -> _Row:
    """Take the story out of an object; leave anything else as it is."""
    return where, value[_key(value, where, "key")] if isinstance(value, dict) else value


def _key(names: Iterable[str], where: str, kind: str) -> str:
    present = list(names)
    for key in _KEYS:
        if key in present:
            return key
    raise DataError(
        f"has no {kind} {', '.join(_KEYS[:-1])} or {_KEYS[-1]}",
        where=where,
        hint=f"It has {', '.join(map(str, present)) or 'none at all'}.",
    )


def _story(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"holds {_kind(value)}, where a story is expected", where=where)
    if not value.strip():
        raise DataError("holds an empty story", where=where)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"holds half a character (at {error.start})", where=where) from None
    return value


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return "nothing" if value is None else names.get(type(value), f"a {type(value).__name__}")


def _row(path: Path, number: int) -> str:
    return f"{path}, row {number}"


def _pickled(path: Path) -> DataError:
    load = f"pickle.load(open({path.name!r}, 'rb'))"
    turn = f"json.dump(list({load}), open({path.stem + '.json'!r}, 'w'))"
    return DataError(
        "is a pickle, which is not read: loading one can run arbitrary code",
        where=str(path),
        hint=f'If you trust the file, turn it into JSON: python -c "import json, pickle; {turn}"',
    )
