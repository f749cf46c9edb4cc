"""What an artifact is and where it came from, as text; a table as a table."""

import csv
import textwrap
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from anthology.artifacts import made_by
from anthology.errors import DataError

_WIDTH = 100


def show(path: Path, rows: int) -> str:
    """Describe an artifact: what made it, from what settings, its columns and first rows.

    A CSV table is given as it is, aligned.
    """
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), hint="Run snakemake to make it.")
    if path.suffix == ".csv":
        return aligned(path)
    if path.suffix != ".parquet":
        raise DataError("is neither Parquet nor CSV; open it with any editor", where=str(path))
    made = made_by(path)
    file = pq.ParquetFile(path)
    lines = [
        f"{path}: {file.metadata.num_rows} rows, made by anthology {made['version']} "
        f"in stage {made['stage']}",
        *_section("facts", made["facts"]),
        *_section("settings", made["settings"]),
        "columns",
        *(f"  {field.name}: {field.type}" for field in file.schema_arrow),
    ]
    first = next(file.iter_batches(batch_size=rows), None) if rows > 0 else None
    for number, row in enumerate(first.to_pylist() if first is not None else []):
        lines += _section(f"row {number}", row)
    return "\n".join(lines)


def aligned(path: Path) -> str:
    """Return a CSV table with its columns aligned, numbers to three decimals.

    Columns that hold nothing are left out, and those that hold one value throughout
    are told once, above the table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = list(csv.reader(file)) or [[]]
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-8 at byte {error.start}", where=str(path)) from None
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
    cells = [[name, *map(_rounded, values)] for name, values in shown.items()]
    widths = [max(map(len, column)) for column in cells]
    lines = [
        "  ".join(
            cell.rjust(width) if _is_number(column[-1]) else cell.ljust(width)
            for cell, width, column in zip(row, widths, cells, strict=True)
        ).rstrip()
        for row in zip(*cells, strict=True)
    ]
    return "\n".join([", ".join(above), *lines] if above else lines)


def _rounded(cell: str) -> str:
    return f"{float(cell):.3f}" if _is_number(cell) and "." in cell else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _section(title: str, values: dict[str, Any]) -> list[str]:
    return [title, *(f"  {key}: {_short(value)}" for key, value in values.items())]


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), _WIDTH, placeholder=" ...")
