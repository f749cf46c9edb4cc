"""Proper scores and calibration of probabilities of options.

A forecast gives each option of an item a probability; the outcome is the option that
the person chose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from anthology.analysis.groups import FloatArray, IntArray
from anthology.survey.respondents import Positions

FLOOR = 1e-6
"""A probability below this counts as this in the logarithmic score, which would be infinite."""

BINS = 10
"""How many intervals of equal width probabilities are sorted into."""


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts of one item, each with its outcome.

    Parameters
    ----------
    probabilities
        Forecasts x options; rows sum to 1.
    outcomes
        Forecasts: the position of the option that was chosen.
    """

    probabilities: FloatArray
    outcomes: Positions

    @property
    def marks(self) -> FloatArray:
        """Forecasts x options: 1 for the chosen option, 0 for others."""
        options = np.arange(1, self.probabilities.shape[1] + 1)
        return np.equal(self.outcomes[:, None], options).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of forecasts; NaN where there are none.

    Parameters
    ----------
    number
        How many forecasts.
    brier
        Mean over forecasts of the squared differences, summed over options, of
        probability and outcome (Brier 1950): 0 is perfect, 2 the worst.
    log_score
        Mean of -ln of the probability of what was chosen, in nats (Good 1952).
    floored
        In how many forecasts that was below the floor.
    calibration_error
        Mean over all option probabilities of the distance, in their bin, of the mean
        probability and the share that came true (Naeini et al., AAAI 2015).
    """

    number: int
    brier: float
    log_score: float
    floored: int
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Predicted probabilities and observed shares, by bin.

    Parameters
    ----------
    low, high
        Each bin's borders; the upper belongs to the next bin, that of the last to itself.
    number
        How many option probabilities are in it.
    predicted
        Their mean; NaN for an empty bin.
    observed
        The share of them whose option was chosen.
    """

    low: FloatArray
    high: FloatArray
    number: IntArray
    predicted: FloatArray
    observed: FloatArray


def score_forecasts(forecasts: Sequence[Forecasts]) -> Scores:
    """Score the forecasts of one or more items, pooled."""
    squares, chosen = [], []
    for one in forecasts:
        squares.append(((one.probabilities - one.marks) ** 2).sum(axis=1))
        chosen.append((one.probabilities * one.marks).sum(axis=1))
    given = np.concatenate(chosen)
    if not len(given):
        return Scores(0, nan, nan, 0, nan)
    bins = reliability_bins(forecasts)
    apart = np.abs(np.nan_to_num(bins.predicted - bins.observed))
    return Scores(
        number=len(given),
        brier=float(np.concatenate(squares).mean()),
        log_score=float(-np.log(np.maximum(given, FLOOR)).mean()),
        floored=int((given < FLOOR).sum()),
        calibration_error=float((apart * bins.number).sum() / bins.number.sum()),
    )


def reliability_bins(forecasts: Sequence[Forecasts], bins: int = BINS) -> Reliability:
    """Sort all option probabilities of one or more items into bins of equal width."""
    probabilities = np.concatenate([one.probabilities.reshape(-1) for one in forecasts])
    marks = np.concatenate([one.marks.reshape(-1) for one in forecasts])
    borders = np.arange(bins + 1) / bins
    place = np.digitize(probabilities, borders[1:-1])
    number = np.bincount(place, minlength=bins)
    whole = np.where(number > 0, number, np.nan)
    return Reliability(
        low=borders[:-1],
        high=borders[1:],
        number=number,
        predicted=np.bincount(place, probabilities, bins) / whole,
        observed=np.bincount(place, marks, bins) / whole,
    )
