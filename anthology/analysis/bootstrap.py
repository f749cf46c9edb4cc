"""Bootstrap confidence intervals: what a number would have been had other people been asked.

People are drawn again with replacement, each with their answers, their weight and all
personas that stand for them, so that what belongs together stays together (Efron and
Tibshirani, "An introduction to the bootstrap", 1993).
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from anthology.analysis.groups import FloatArray
from anthology.analysis.metrics import Metric

_LEAST = 1e-12
_HELD, _DRAWS = 1 << 27, 1024

Drawn = TypeVar("Drawn", bound=npt.NDArray[Any])
Draw = Callable[[int, int, np.random.Generator], Drawn]
"""Draws for so many people so often."""


def resample_respondents(
    people: int, count: int, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw bootstrap resamples: as many people as there are, with replacement.

    Returns
    -------
    NDArray
        Draws x people: how often each was drawn. That one is drawn more than 255 times
        has a probability below 1e-500.
    """
    found = np.empty((count, people), dtype=np.uint8)
    for row in found:
        row[:] = np.bincount(rng.integers(people, size=people), minlength=people)
    return found


def draw_in_blocks(
    draw: Draw[Drawn],
    people: int,
    count: int,
    rng: np.random.Generator,
) -> Iterator[Drawn]:
    """Yield draws in blocks of a thousand or fewer, which keeps them below 128 MB.

    Parameters
    ----------
    draw
        Draws for so many people so often.
    people, count
        How many, how often.
    rng
        Where chance comes from. What is drawn in all is what `draw` gives at once.
    """
    # Random bits come from words of 32 of them: no word is torn by as many draws.
    height = min(_DRAWS, max(1, _HELD // max(1, people) // 32) * 32)
    for start in range(0, count, height):
        yield draw(people, min(height, count - start), rng)


def reflect_draws(metric: Metric, estimate: float, draws: FloatArray) -> FloatArray:
    """Reflect bootstrap draws of a metric at its estimate, to stand for what the truth may be.

    The draws lie about the estimate as the estimate lies about the truth. For a distance
    that is not to both sides: chance adds to it, so draws lie above the estimate, and the
    estimate above the truth. What chance adds grows evenly with squares, so each draw's
    square is reflected at the estimate's; a metric that is made of squares, as it is
    (`linear`); alpha as log(1 - alpha), on whose scale its sampling distribution is even
    (`log`). What falls below zero is zero.

    The quantiles of what is returned are the ends of the basic bootstrap interval on that
    scale (Davison and Hinkley, "Bootstrap methods and their application", 1997, section 5.2).
    Percentile intervals would never hold a true distance near zero, since no draw is as small.

    Parameters
    ----------
    metric
        Which it is.
    estimate
        The metric of all people.
    draws
        The metric of each draw; NaN where it is undefined.
    """
    if metric.interval == "log":
        scale = [np.log(np.maximum(1 - value, _LEAST)) for value in (estimate, draws)]
        return np.asarray(1 - np.exp(2 * scale[0] - scale[1]))
    if metric.interval == "linear":
        found = np.maximum(2 * estimate - draws, 0.0)
    else:
        found = np.sqrt(np.maximum(2 * estimate**2 - draws**2, 0.0))
    return np.minimum(found, metric.largest)


def confidence_interval(
    estimate: float, draws: FloatArray, confidence: float
) -> tuple[float, float]:
    """Return a confidence interval from plausible values, widened to include the estimate.

    Parameters
    ----------
    estimate
        A metric, or a difference of two.
    draws
        What the truth may be instead; NaN where that is undefined.
    confidence
        How often an interval is to hold the true value.

    Returns
    -------
    tuple of float
        The interval's ends; NaN where the estimate or all draws are undefined.
    """
    defined = draws[~np.isnan(draws)]
    if np.isnan(estimate) or not len(defined):
        return np.nan, np.nan
    low, high = central_interval(defined, confidence)
    return min(low, estimate), max(high, estimate)


def central_interval(values: FloatArray, confidence: float) -> tuple[float, float]:
    """Return the quantiles that enclose the central part of some values; NaN if one is NaN."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail]).tolist()
    return low, high
