"""What an artifact is and where it came from, as text."""

import textwrap
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from anthology.artifacts import made_by
from anthology.errors import DataError

_WIDTH = 100


def show(path: Path, rows: int) -> str:
    """Describe an artifact: what made it, from what settings, its columns and first rows."""
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), hint="Run snakemake to make it.")
    if path.suffix != ".parquet":
        raise DataError("is not Parquet; open it with any editor or spreadsheet", where=str(path))
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


def _section(title: str, values: dict[str, Any]) -> list[str]:
    return [title, *(f"  {key}: {_short(value)}" for key, value in values.items())]


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), _WIDTH, placeholder=" ...")
