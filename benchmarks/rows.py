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


@dataclass(frozen=True, slots=True)
class Rate:
    """How much is done in a second beside the least that should be, where there is a least.

    Parameters
    ----------
    what
        What is done.
    measured
        How often in a second.
    least
        How often it should be.
    unit
        Of both.
    """

    what: str
    measured: float
    least: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests a second one way of asking gets answered, beside two others.

    Parameters
    ----------
    what
        The way, and what it is asked of.
    measured
        Requests in a second.
    busy
        Microseconds of processor time that the client takes for a request.
    bare
        What bare aiohttp manages in place of `measured`.
    plain
        What the openai package as it comes manages.
    least
        How many times the latter it should be, where it should be anything.
    """

    what: str
    measured: float
    busy: float
    bare: float
    plain: float
    least: float | None = None


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


def rates(measured: Sequence[Rate]) -> str:
    """Write rates as one aligned table."""
    return _aligned(
        ("what", "measured", "at least", "unit", ""),
        *(
            (
                rate.what,
                f"{rate.measured:,.0f}",
                "" if rate.least is None else f"{rate.least:,.0f}",
                rate.unit,
                _judged(rate.least, rate.measured),
            )
            for rate in measured
        ),
    )


def paces(measured: Sequence[Pace]) -> str:
    """Write paces as one aligned table."""
    return _aligned(
        ("what", "requests/s", "CPU us each", "of aiohttp", "of the SDK", "at least", ""),
        *(
            (
                pace.what,
                f"{pace.measured:,.0f}",
                f"{pace.busy:,.0f}",
                f"{pace.measured / pace.bare:.2f}",
                f"{pace.measured / pace.plain:.2f}",
                "" if pace.least is None else f"{pace.least:.2f}",
                _judged(pace.least, pace.measured / pace.plain),
            )
            for pace in measured
        ),
    )


def _judged(least: float | None, reached: float) -> str:
    if least is None:
        return ""
    return "met" if reached >= least else "MISSED"


def _aligned(*cells: tuple[str, ...]) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in cells
    )
