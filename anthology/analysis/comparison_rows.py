"""Rows of `comparisons.csv`: the difference of every two conditions, with interval and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

from anthology.analysis import bootstrap
from anthology.analysis.intervals import ResampledRow, ResamplingSettings
from anthology.analysis.metrics import Metric
from anthology.analysis.permutation import holm_adjust, p_value
from anthology.analysis.resampling import PermutationCount
from anthology.io.tables import Row

COMPARISONS = (
    *("survey", "metric", "model_a", "condition_a", "model_b", "condition_b"),
    *("simulated", "difference", "low", "high", "p", "p_adjusted", "notes"),
)
"""The columns of `comparisons.csv`."""


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two rows, whether anyone has a persona in both, and what sign flips gave by metric."""

    one: ResampledRow
    two: ResampledRow
    overlap: bool
    permuted: Mapping[str, PermutationCount]


def comparison_rows(
    settings: ResamplingSettings, metric: Metric, pairs: Sequence[ComparedPair]
) -> list[Row]:
    """Compare every two rows by one metric."""
    rows = [_compare(settings, metric, pair) for pair in pairs]
    adjusted = holm_adjust([p for p, _ in rows])
    return [
        {**row, "p": p, "p_adjusted": corrected}
        for (p, row), corrected in zip(rows, adjusted, strict=True)
    ]


def _compare(settings: ResamplingSettings, metric: Metric, pair: ComparedPair) -> tuple[float, Row]:
    """Return the p of two rows' difference, and the rest of its row."""
    one, two, counted = pair.one, pair.two, pair.permuted[metric.name]
    difference = one.estimates[metric.name] - two.estimates[metric.name]
    plausible = one.plausible_values(metric) - two.plausible_values(metric)
    low, high = bootstrap.confidence_interval(difference, plausible, settings.confidence)
    sides = (("a", one.notes(metric)), ("b", two.notes(metric)))
    notes = [f"{side}: {note}" for side, note in sides if note]
    p, few = nan, settings.bootstrap_resamples - counted.defined
    if not pair.overlap:
        notes.append("nobody has a persona in both")
    elif not isnan(difference):
        p = p_value(counted.extreme, counted.defined)
        if few:
            notes.append(f"undefined in {few:,} of {settings.bootstrap_resamples:,} exchanges")
    return p, {
        **{"survey": settings.survey, "metric": metric.name},
        **{"model_a": one.model, "condition_a": one.condition},
        **{"model_b": two.model, "condition_b": two.condition},
        "simulated": max(one.simulated, two.simulated),
        **{"difference": difference, "low": low, "high": high},
        "notes": "; ".join(notes),
    }
