"""Measured amounts beside what they should be, and how a list of them is printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from anthology.io.tables import align_columns


@dataclass(frozen=True, slots=True)
class Result:
    """A measured amount, and its target where there is one.

    Parameters
    ----------
    what
        What was measured.
    measured
        How much it is.
    unit
        Of all amounts.
    at_least, at_most
        The target.
    note
        What the amount was computed from.
    """

    what: str
    measured: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def target(self) -> str:
        """The target in words, or nothing."""
        if self.at_least is not None:
            return f">= {self.at_least:,g}"
        return "" if self.at_most is None else f"<= {self.at_most:,.4g}"

    @property
    def verdict(self) -> str:
        """Whether the target was met, or nothing."""
        if not self.target:
            return ""
        too_little = self.at_least is not None and self.measured < self.at_least
        too_much = self.at_most is not None and self.measured > self.at_most
        return "MISSED" if too_little or too_much else "met"


def compared(what: str, reference: float, ours: float, at_least: float) -> Result:
    """Return how many times as fast ours is, from the processor seconds of both."""
    note = f"{reference:.3f} s CPU by the reference, {ours:.4f} s"
    return Result(what, reference / ours, "times as fast", at_least=at_least, note=note)


def table(results: Sequence[Result]) -> str:
    """Write results as one align_columns table."""
    return align_columns(
        ["what", "measured", "unit", "target", "", ""],
        [
            [r.what, f"{r.measured:,.{_places(r)}f}", r.unit, r.target, r.verdict, r.note]
            for r in results
        ],
    )


def _places(result: Result) -> int:
    return 0 if result.measured >= 100 else 1 if result.measured >= 10 else 2
