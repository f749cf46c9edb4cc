"""Measured comparisons and amounts, and how a list of them is printed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """How long a plain computation and this project's take for the same result.

    Parameters
    ----------
    what
        What is computed, on how much.
    plain
        Seconds of the plain computation.
    ours
        Seconds of this project's.
    target
        How many times as fast it is meant to be, at least.
    """

    what: str
    plain: float
    ours: float
    target: float

    @property
    def ratio(self) -> float:
        """How many times as fast it is."""
        return self.plain / self.ours


@dataclass(frozen=True, slots=True)
class Limit:
    """A measured amount beside the most that it may be, where there is a most.

    Parameters
    ----------
    what
        What is measured.
    measured
        How much it is.
    most
        How much it may be.
    unit
        Of both.
    """

    what: str
    measured: float
    most: float | None
    unit: str


def table(rows: Sequence[Row]) -> str:
    """Write comparisons as one aligned table."""
    return _aligned(
        ("what", "plain s", "ours s", "ratio", "target", ""),
        *(
            (
                row.what,
                f"{row.plain:.3f}",
                f"{row.ours:.4f}",
                f"{row.ratio:.0f}",
                f"{row.target:.0f}",
                "met" if row.ratio >= row.target else "MISSED",
            )
            for row in rows
        ),
    )


def limits(measured: Sequence[Limit]) -> str:
    """Write amounts as one aligned table."""
    return _aligned(
        ("what", "measured", "at most", "unit", ""),
        *(
            (
                limit.what,
                f"{limit.measured:.1f}",
                "" if limit.most is None else f"{limit.most:.0f}",
                limit.unit,
                "" if limit.most is None else "met" if limit.measured <= limit.most else "MISSED",
            )
            for limit in measured
        ),
    )


def _aligned(*cells: tuple[str, ...]) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in cells
    )
