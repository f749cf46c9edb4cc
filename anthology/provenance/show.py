"""What an artifact is and where it came from, as text; a table as a table."""

import csv
import textwrap
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from anthology.errors import DataError
from anthology.io.parquet import count_rows, read_producer, read_rows
from anthology.io.tables import align_columns, is_number
from anthology.provenance import describe
from anthology.provenance.record_files import describes_file, read_record

_WIDTH = 100
_CELL = 60
_LOOKED_AT = (".html", ".svg", ".zip")
"""Files whose content is for other programs to show."""


def show(path: Path, rows: int, row: int | None = None, *, made: bool = False) -> str:
    """Describe an artifact: what made it, from what settings, its columns and first rows.

    A CSV table is given as it is, aligned; a survey file by its variables; a picture, a page or
    an archive by what made it; anything else is text.

    Parameters
    ----------
    path
        The file.
    rows
        How many rows of an artifact are shown, each value in a line's length.
    row
        Show only this row of an artifact, from 0, whole.
    made
        Show only what made the file.
    """
    if path.is_dir():
        raise DataError("is a folder; name a file in it", where=str(path))
    if not path.is_file():
        raise DataError(
            "there is no such file",
            where=str(path),
            hint=f"If the study has it, `snakemake {path}` makes it.",
        )
    if made or (path.suffix in _LOOKED_AT and read_record(path) is not None):
        return describe.describe_record(path)
    if row is not None and path.suffix != ".parquet":
        raise DataError("has no numbered rows; --row is for Parquet files", where=str(path))
    if path.suffix == ".csv":
        return format_table(path)
    if path.suffix == ".sav":
        return _declared(path)
    if path.suffix != ".parquet":
        return _text(path)
    own = read_producer(path)
    if row is not None:
        return _whole(path, row)
    file = pq.ParquetFile(path)
    lines = [
        f"{path}: {file.metadata.num_rows} rows, made by anthology {own['version']} "
        f"in stage {own['stage']}",
        *_recorded(path),
        *_section("metadata", own["metadata"]),
        *_section("settings", own["settings"]),
        "columns",
        *(f"  {field.name}: {field.type}" for field in file.schema_arrow),
    ]
    first = next(file.iter_batches(batch_size=rows), None) if rows > 0 else None
    for number, values in enumerate(first.to_pylist() if first is not None else []):
        lines += _section(f"row {number}", values)
    return "\n".join(lines)


def _recorded(path: Path) -> list[str]:
    """Return what stands in the record beside an artifact, where that is of this file."""
    found = read_record(path)
    if found is None:
        return []
    known = describe.list_details(found) if describes_file(found, path) else []
    return [describe.describe_in_one_line(path, found), *known]


def _text(path: Path) -> str:
    content = path.read_bytes()
    if b"\0" in content:
        raise DataError("is neither a table nor an artifact nor text", where=str(path))
    return content.decode("utf-8", errors="replace").rstrip()


def _whole(path: Path, number: int) -> str:
    """Return one row with all that it holds."""
    rows = count_rows(path)
    if not 0 <= number < rows:
        raise DataError(f"has no row {number}; rows are 0 to {rows - 1}", where=str(path))
    columns = pq.read_schema(path).names
    (values,) = read_rows(path, columns, range(number, number + 1))
    return "\n".join(f"{key}:\n{_told(value)}" for key, value in zip(columns, values, strict=True))


def _told(value: Any) -> str:
    """Return a value as somebody reads it: the turns of a persona as the talk they are."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n".join(str(said) for turn in value for said in turn.values() if said is not None)
    return str(value)


def _declared(path: Path) -> str:
    """Return what a survey file says of itself."""
    from anthology.survey.spss import read_header

    header = read_header(path)
    people = "an unknown number of" if header.rows is None else header.rows
    return "\n".join(
        [
            f"{path}: a survey file of {people} people ({header.label or 'no label'})",
            *(f"  {name}: {variable.label}" for name, variable in header.variables.items()),
        ]
    )


def format_table(path: Path) -> str:
    """Return a CSV table with its columns aligned, numbers to three decimals.

    Columns that hold nothing are left out, and those that hold one value throughout
    are given once, above the table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = list(csv.reader(file)) or [[]]
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 at byte {error.start}", where=str(path)) from None
    except csv.Error as error:
        raise DataError(f"is no table ({error})", where=str(path)) from None
    for line, row in enumerate(rows, start=2):
        if len(row) != len(head):
            raise DataError(
                f"has {len(row)} cells under {len(head)} names", where=f"{path}, line {line}"
            )
    if not rows:
        return f"{path}: no rows; columns: {', '.join(head) or 'none'}"
    columns = dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))
    same = {name: values[0] for name, values in columns.items() if len(set(values)) == 1}
    shown = {name: values for name, values in columns.items() if name not in same}
    above = [f"{name}: {value}" for name, value in same.items() if value]
    cells = [list(map(_rounded, row)) for row in zip(*shown.values(), strict=True)]
    lines = [align_columns(list(shown), cells)]
    return "\n".join([", ".join(above), *lines] if above else lines)


def _rounded(cell: str) -> str:
    if is_number(cell):
        return f"{float(cell):.3f}" if "." in cell else cell
    return textwrap.shorten(cell, _CELL, placeholder=" ...")


def _section(title: str, values: dict[str, Any]) -> list[str]:
    return [title, *(f"  {key}: {_short(value)}" for key, value in values.items())]


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), _WIDTH, placeholder=" ...")


def provenance_note(path: Path) -> str | None:
    """Return a line on what made a file of which `show` prints the content alone."""
    return describe.summarize_record(path) if path.suffix not in (".parquet", *_LOOKED_AT) else None
