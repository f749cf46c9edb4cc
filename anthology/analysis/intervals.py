"""Confidence intervals of the numbers of a survey's table: the rows of `intervals.csv`.

`intervals.csv` has one row for each row of the table and each metric:

=====================  =========================================================
survey                 the survey's name
model, condition       what answered; empty and `human` for the respondents
simulated              as in `metrics.csv`
metric                 the metric
estimate               as in `metrics.csv`
low, high              its interval, from people drawn again
bound                  the respondents' own number: the mean distance between their
                       halves, the noise floor, or their alpha
bound_low, bound_high  the middle part of that distance over splits; alpha's interval
notes                  why a number is missing, and how many draws have none
=====================  =========================================================

In the respondents' rows the estimate is their own number, and there is no bound.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Annotated

import numpy as np
from pydantic import Field

from anthology.analysis import bootstrap
from anthology.analysis.groups import FloatArray, GroupStats, group_stats, why_undefined
from anthology.analysis.load import PersonaAnswers, Respondents
from anthology.analysis.metric_rows import (
    MetricSettings,
    human_values,
    split_respondents,
)
from anthology.analysis.metrics import METRICS, Metric, measure, why_alpha_undefined
from anthology.analysis.resampling import Draws
from anthology.analysis.split_half import why_halves_undefined
from anthology.config.stage import From
from anthology.io.tables import Row

INTERVALS = (
    *("survey", "model", "condition", "simulated", "metric", "estimate", "low", "high"),
    *("bound", "bound_low", "bound_high", "notes"),
)
"""The columns of `intervals.csv`."""


class ResamplingSettings(MetricSettings):
    """Which answers are compared, how, and how many times they are resampled."""

    bootstrap_resamples: Annotated[int, Field(ge=1), From("metrics.bootstrap_resamples")]
    """How often people are drawn again, and how often answers are exchanged."""
    confidence: Annotated[float, Field(gt=0, lt=1), From("metrics.confidence")]
    """How often an interval is to hold the true value."""


@dataclass(frozen=True, slots=True)
class HumanBound:
    """The respondents' own value of a metric, its interval, and why one of these is missing."""

    value: float
    low: float
    high: float
    notes: str


@dataclass(frozen=True, slots=True)
class ResampledRow:
    """A row of the table with its bootstrap draws.

    Parameters
    ----------
    model, condition, simulated
        Which it is, and whether it is simulated.
    people
        How many respondents its personas stand for.
    estimates, draws
        By metric.
    missing
        By metric, why it is undefined, where it is.
    """

    model: str
    condition: str
    simulated: str
    people: int
    estimates: Mapping[str, float]
    draws: Draws
    missing: Mapping[str, str]

    def plausible_values(self, metric: Metric) -> FloatArray:
        """Return plausible true values of a metric, from its draws; NaN where there are none."""
        estimate, draws = self.estimates[metric.name], self.draws[metric.name]
        if self.people < 2 or isnan(estimate):
            return np.full(len(draws), nan)
        return bootstrap.reflect_draws(metric, estimate, draws)

    def notes(self, metric: Metric) -> str:
        """Return why a metric, its interval or some of its draws are undefined."""
        if isnan(self.estimates[metric.name]):
            return self.missing[metric.name]
        if self.people < 2:
            return "an interval needs 2 people"
        return note_undefined_draws(self.draws[metric.name])


def persona_weights(settings: ResamplingSettings, respondents: Respondents) -> FloatArray | None:
    """Return the weight of each respondent's personas; None where all count the same."""
    return respondents.weights if settings.persona_weights == "respondent" else None


def resampled_row(
    settings: ResamplingSettings,
    respondents: Respondents,
    humans: GroupStats,
    personas: PersonaAnswers,
    draws: Draws,
) -> ResampledRow:
    """Return a row with its estimates, its draws and why any of these is undefined.

    Parameters
    ----------
    settings
        How it is compared.
    respondents, humans
        The respondents.
    personas, draws
        The personas, and every metric in every draw.
    """
    positions, weights = (
        personas.positions[personas.present],
        persona_weights(settings, respondents),
    )
    group = group_stats(
        positions, settings.sizes, None if weights is None else weights[personas.present]
    )
    of_humans = [f"humans: {note}" for note in why_undefined(humans, settings.names)]
    distances = [*why_undefined(group, settings.names), *of_humans]
    return ResampledRow(
        personas.model,
        personas.condition,
        respondents.mark_simulated(personas),
        len(positions),
        {name: float(value) for name, value in measure(humans, group).items()},
        draws,
        _missing(distances, why_alpha_undefined(positions, settings.names)),
    )


def _missing(distances: Sequence[str], alpha: Sequence[str]) -> dict[str, str]:
    """Return by metric why it is undefined, where it is."""
    return {
        metric.name: "; ".join(alpha if metric.needs == "covariances" else distances)
        for metric in METRICS
    }


def human_bounds(
    settings: ResamplingSettings, respondents: Respondents, humans: GroupStats, draws: Draws
) -> dict[str, HumanBound]:
    """Return the respondents' own value of every metric.

    Parameters
    ----------
    settings
        How often they are split.
    respondents, humans
        The respondents.
    draws
        Their metrics in every bootstrap draw.
    """
    halves = split_respondents(settings, respondents)
    names = settings.names
    missing = _missing(
        [*why_undefined(humans, names), *why_halves_undefined(halves, names)],
        why_alpha_undefined(respondents.positions, names),
    )
    bounds = {}
    for metric in METRICS:
        value = human_values(humans, halves, [metric])[metric.name]
        if metric.is_distance:
            ends = bootstrap.central_interval(metric.function(*halves), settings.confidence)
            notes = ""
        else:
            own = draws[metric.name]
            plausible = bootstrap.reflect_draws(metric, value, own)
            ends = bootstrap.confidence_interval(value, plausible, settings.confidence)
            notes = note_undefined_draws(own)
        reason = missing[metric.name] if isnan(value) else ""
        bounds[metric.name] = HumanBound(value, *ends, reason or notes)
    return bounds


def interval_rows(
    respondents: Respondents,
    settings: ResamplingSettings,
    bounds: Mapping[str, HumanBound],
    rows: Iterable[ResampledRow],
) -> list[Row]:
    """Return the rows of `intervals.csv`, the respondents' first."""
    mark = respondents.mark_simulated()
    written: list[Row] = [
        {
            **{"survey": settings.survey, "condition": "human", "simulated": mark, "metric": name},
            **{"estimate": own.value, "low": own.low, "high": own.high, "notes": own.notes},
        }
        for name, own in bounds.items()
    ]
    for row in rows:
        for metric in METRICS:
            own, estimate = bounds[metric.name], row.estimates[metric.name]
            low, high = bootstrap.confidence_interval(
                estimate, row.plausible_values(metric), settings.confidence
            )
            written.append(
                {
                    **{"survey": settings.survey, "model": row.model, "condition": row.condition},
                    **{"simulated": row.simulated, "metric": metric.name},
                    **{"estimate": estimate, "low": low, "high": high},
                    **{"bound": own.value, "bound_low": own.low, "bound_high": own.high},
                    "notes": row.notes(metric),
                }
            )
    return written


def note_undefined_draws(draws: FloatArray) -> str:
    """Return in how many draws a metric is undefined; nothing where in none."""
    missing = int(np.isnan(draws).sum())
    return f"undefined in {missing:,} of {len(draws):,} draws" if missing else ""
