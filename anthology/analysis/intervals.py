"""How sure the numbers of a survey's table are: the rows of `intervals.csv`.

`intervals.csv` has one row for each row of the table and each metric:

=====================  =========================================================
survey                 the survey's name
model, condition       what answered; empty and `human` for the people
metric                 the metric
estimate               as in `metrics.csv`
low, high              its interval, from people drawn again
bound                  the people's own number: their halves' mean distance, their alpha
bound_low, bound_high  the middle part of that distance over splits; alpha's interval
notes                  why a number is missing, and how many draws have none
=====================  =========================================================

In the people's rows the estimate is their own number, and there is no bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Annotated

import numpy as np
from pydantic import Field

from anthology.analysis import bootstrap
from anthology.analysis import distances as measures
from anthology.analysis import split_half as halves
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.distances import FloatArray, GroupStats
from anthology.analysis.load import PersonaAnswers, Respondents
from anthology.analysis.metric_rows import MetricSettings
from anthology.analysis.resampling import Draws
from anthology.config.stage import From
from anthology.io.tables import Row
from anthology.seeds import rng_for

INTERVALS = (
    *("survey", "model", "condition", "metric", "estimate", "low", "high"),
    *("bound", "bound_low", "bound_high", "notes"),
)
"""The columns of `intervals.csv`."""


class ResamplingSettings(MetricSettings):
    """Which answers are compared, how, and how often in how many other people."""

    bootstrap_resamples: Annotated[int, Field(ge=1), From("metrics.bootstrap_resamples")]
    """How often people are drawn again, and how often answers are exchanged."""
    confidence: Annotated[float, Field(gt=0, lt=1), From("metrics.confidence")]
    """How often an interval is to hold the true value."""


@dataclass(frozen=True, slots=True)
class HumanBound:
    """The people's own number, an interval around it, and why one of these is missing."""

    value: float
    low: float
    high: float
    notes: str


@dataclass(frozen=True, slots=True)
class ResampledRow:
    """A row of the table with its draws.

    Parameters
    ----------
    model, condition
        Which it is.
    people
        How many people its personas stand for.
    estimates, draws
        By metric.
    missing
        By metric, why it is undefined, where it is.
    """

    model: str
    condition: str
    people: int
    estimates: Mapping[str, float]
    draws: Draws
    missing: Mapping[str, str]

    def truths(self, metric: str) -> FloatArray:
        """Return what the truth of a metric may be; NaN throughout where that is unknown."""
        estimate, draws = self.estimates[metric], self.draws[metric]
        if self.people < 2 or isnan(estimate):
            return np.full(len(draws), nan)
        return bootstrap.reflect_draws(metric, estimate, draws)

    def notes(self, metric: str) -> str:
        """Say why a metric, its interval or some of its draws are undefined."""
        if isnan(self.estimates[metric]):
            return self.missing[metric]
        if self.people < 2:
            return "an interval needs 2 people"
        return note_undefined_draws(self.draws[metric])


def persona_weights(settings: ResamplingSettings, found: Respondents) -> FloatArray:
    """Return for each person what the personas that stand for it count."""
    weighted = settings.persona_weights == "respondent"
    return found.weights if weighted else np.ones(len(found.ids))


def resampled_row(
    settings: ResamplingSettings,
    found: Respondents,
    whole: GroupStats,
    one: PersonaAnswers,
    draws: Draws,
) -> ResampledRow:
    """Put together what is known of one row.

    Parameters
    ----------
    settings
        How it is compared.
    found, whole
        The people, and what the distances need of them.
    one, draws
        The personas, and every metric in every draw.
    """
    names, sizes = settings.names, settings.sizes
    positions = one.positions[one.present]
    compared = measures.group_stats(positions, sizes, persona_weights(settings, found)[one.present])
    apart = measures.all_distances(whole, compared, sizes)
    humans = [f"humans: {note}" for note in measures.why_undefined(whole, names)]
    said = "; ".join([*measures.why_undefined(compared, names), *humans])
    return ResampledRow(
        one.model,
        one.condition,
        len(positions),
        {
            **{name: float(value) for name, value in apart.items()},
            ALPHA: measures.cronbach_alpha(positions),
        },
        draws,
        {
            **dict.fromkeys(apart, said),
            ALPHA: "; ".join(measures.why_alpha_undefined(positions, names)),
        },
    )


def human_bounds(
    settings: ResamplingSettings, found: Respondents, whole: GroupStats, alphas: FloatArray
) -> dict[str, HumanBound]:
    """Return the people's own number of every metric.

    Parameters
    ----------
    settings
        How often the people are split.
    found, whole
        The people, and what the distances need of them.
    alphas
        Their alpha in every draw.
    """
    # The same splits as those of metrics.csv.
    rng = rng_for(settings.seed, "metrics", settings.survey, "splits")
    first = halves.draw_halves(len(found.ids), settings.splits, rng)
    parts = halves.half_stats(found.positions, settings.sizes, found.weights, first)
    said = measures.why_undefined(whole, settings.names) + halves.why_halves_undefined(
        parts, settings.names
    )
    bounds = {}
    for name, values in measures.all_distances(*parts, settings.sizes).items():
        mean = float(values.mean())
        ends = bootstrap.central_interval(values, settings.confidence)
        bounds[name] = HumanBound(mean, *ends, "; ".join(said) if isnan(mean) else "")
    alpha = measures.cronbach_alpha(found.positions)
    ends = bootstrap.confidence_interval(
        alpha, bootstrap.reflect_draws(ALPHA, alpha, alphas), settings.confidence
    )
    few = measures.why_alpha_undefined(found.positions, settings.names)
    bounds[ALPHA] = HumanBound(alpha, *ends, "; ".join(few) or note_undefined_draws(alphas))
    return bounds


def interval_rows(
    settings: ResamplingSettings, bounds: Mapping[str, HumanBound], rows: Iterable[ResampledRow]
) -> list[Row]:
    """Return the rows of `intervals.csv`, the people's first."""
    written: list[Row] = [
        {
            **{"survey": settings.survey, "condition": "human", "metric": name},
            **{"estimate": own.value, "low": own.low, "high": own.high, "notes": own.notes},
        }
        for name, own in bounds.items()
    ]
    for row in rows:
        for name, own in bounds.items():
            estimate = row.estimates[name]
            low, high = bootstrap.confidence_interval(
                estimate, row.truths(name), settings.confidence
            )
            written.append(
                {
                    **{"survey": settings.survey, "model": row.model, "condition": row.condition},
                    **{"metric": name, "estimate": estimate, "low": low, "high": high},
                    **{"bound": own.value, "bound_low": own.low, "bound_high": own.high},
                    "notes": row.notes(name),
                }
            )
    return written


def note_undefined_draws(draws: FloatArray) -> str:
    """Say in how many draws a metric is undefined; nothing where in none."""
    missing = int(np.isnan(draws).sum())
    return f"undefined in {missing:,} of {len(draws):,} draws" if missing else ""
