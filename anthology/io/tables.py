"""Tables as text: aligned for reading, and as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from math import isnan

Row = Mapping[str, str | int | float]
"""A row of a CSV table by its columns; a column that is missing is empty."""

_ADORNED = str.maketrans("", "", ",$%")
"""What may stand in a number that is written for reading."""


def align_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write rows under their head, numbers to the right and words to the left."""
    columns = [[name, *(row[i] for row in rows)] for i, name in enumerate(head)]
    widths = [max(map(len, column)) for column in columns]
    right = [is_number(column[-1].translate(_ADORNED)) for column in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in zip(*columns, strict=True)
    )


def is_number(cell: str) -> bool:
    """Say whether a cell holds a number and nothing else."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def format_csv(columns: Iterable[str], rows: Iterable[Row]) -> str:
    """Write rows as CSV, fractions with six decimals and NaN as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: str | int | float) -> str:
    if not isinstance(value, float):
        return str(value)
    # Adding zero turns the -0 of a rounded negative number into 0.
    return "" if isnan(value) else f"{round(value, 6) + 0.0:.6f}"
