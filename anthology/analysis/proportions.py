"""Shares of answers: their confidence intervals, and effective numbers."""

from math import nan
from statistics import NormalDist

import numpy as np

from anthology.analysis.groups import FloatArray
from anthology.survey.respondents import Positions


def effective_sample_size(positions: Positions, weights: FloatArray | None = None) -> FloatArray:
    """Return Kish's effective sample size of each item.

    That is how many equally weighted answers the weighted ones are worth: the square of the
    sum of the weights over the sum of their squares, taken over those who answered the item.

    Source: Kish, "Survey Sampling" (Wiley 1965), section 11.7.

    Parameters
    ----------
    positions
        People x items.
    weights
        One for each person; equal where None.

    Returns
    -------
    FloatArray
        Items; 0 for an item without answers.
    """
    own = np.ones(len(positions)) if weights is None else weights
    answered = (positions > 0).astype(np.float64)
    sums, squares = own @ answered, own**2 @ answered
    return np.asarray(sums**2 / np.where(squares > 0, squares, 1.0))


def wilson_interval(
    share: FloatArray, n: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's score interval of a share.

    Source: Wilson, "Probable inference, the law of succession, and statistical
    inference" (JASA 1927). For weighted answers `n` is their effective number.

    Parameters
    ----------
    share
        The share, from 0 to 1.
    n
        Of how many answers; a fraction is allowed.
    confidence
        How often the interval is to hold the true share.

    Returns
    -------
    tuple of FloatArray
        Both ends, NaN where there is no answer.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    counted = np.where(n > 0, n, np.nan)
    shrink = 1 + z**2 / counted
    centre = (share + z**2 / (2 * counted)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / counted + z**2 / (4 * counted**2))
    # Rounding would put the end of a share of 0 or 1 a hair outside.
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def effective_number(uses: FloatArray) -> float:
    """Return the effective number of categories in use (inverse Simpson index).

    That is 1 / sum of the squared shares, the inverse of Simpson's index and Hill's
    number of order 2.

    Source: Simpson, "Measurement of diversity" (Nature, 1949); Hill, "Diversity and
    evenness: a unifying notation and its consequences" (Ecology, 1973).

    Parameters
    ----------
    uses
        How often each is used; NaN is returned for none.
    """
    return float(uses.sum() ** 2 / (uses**2).sum()) if len(uses) else nan
