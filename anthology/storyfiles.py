"""Released backstories, read from the files they come in."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from anthology.errors import DataError
from anthology.spelling import suggest

_COLUMNS = ("full_passage", "backstory", "text")
"""The columns or keys that may hold a story; the first that is there does."""

_CONVERT = (
    "Loading a pickle runs whatever code its writer put into it, so it is not read here. "
    "If you trust the file, convert it to JSON yourself: python -c "
    "\"import json, pickle; json.dump(list(pickle.load(open('{name}', 'rb'))), "
    "open('{stem}.json', 'w'))\""
)


def read_stories(path: Path) -> list[str]:
    """Read backstories from a file, by what its name ends in.

    ``.csv``, ``.parquet``: one of the columns `full_passage`, `backstory`, `text`, the
    first of them that is there. ``.json``: a list, ``.jsonl``: one a line, of texts or of
    objects with one of the same keys. ``.txt``: one story a line; blank lines are skipped.

    Returns
    -------
    list of str
        The stories in the file's order, as they stand in it.

    Raises
    ------
    DataError
        If the file is missing or of a kind that is not read, is damaged, holds no
        stories, or holds something else in one of its rows.
    """
    suffix = path.suffix.lower()
    if suffix in (".pkl", ".pickle"):
        raise DataError(
            "is a pickle",
            where=str(path),
            hint=_CONVERT.format(name=path.name, stem=path.stem),
        )
    if suffix not in _READERS:
        raise DataError(
            f'ends in "{suffix}", which is no kind of story file',
            where=str(path),
            hint=suggest(suffix, _READERS),
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    stories = [_story(value, where) for where, value in _READERS[suffix](content, path)]
    if not stories:
        raise DataError("holds no stories", where=str(path))
    return stories


_Rows = Iterable[tuple[str, Any]]
"""Each row's place, as an error names it, with what stands in it."""


def _csv(content: bytes, path: Path) -> _Rows:
    # A story is often longer than the 131,072 characters that a field may have by default.
    csv.field_size_limit(2**31 - 1)
    reader = csv.DictReader(io.StringIO(_text(content, path), newline=""), strict=True)
    try:
        column = _column(reader.fieldnames or [], path)
        for row in reader:
            yield f"{path}, line {reader.line_num}", row[column]
    except csv.Error as error:
        raise DataError(
            f"is not valid CSV ({error})", where=f"{path}, line {reader.line_num}"
        ) from None
