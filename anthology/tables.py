"""Tables as aligned text."""

from collections.abc import Sequence

_ADORNED = str.maketrans("", "", ",$%")
"""What may stand in a number that is written for reading."""


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
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
