"""Agreement of two answers to each item, from tables of how often options come together.

The first answer is a person's, the second that of the one compared with them. A
joint table counts, for each pair of options, the people with the one and the other;
all measures here are functions of such tables, so a stack of tables, one for each
draw of people, is measured at once: leading axes are kept. Tables may be padded with
options that nobody chose, and their entries need not be whole numbers. What cannot be
measured is NaN.
"""

from collections.abc import Callable, Mapping

import numpy as np

from anthology.analysis.groups import Counts, FloatArray, sum_features
from anthology.survey.respondents import Positions


def joint_tables(first: Positions, second: Positions, size: int, counts: Counts) -> FloatArray:
    """Count how often each two options come together.

    Parameters
    ----------
    first, second
        People x items. Without an answer on either side, a person is not in the item's table.
    size
        How many options an item has at most.
    counts
        Draws x people: how often each person is in each draw.

    Returns
    -------
    FloatArray
        Draws x items x size (of the first) x size (of the second).
    """
    options = np.arange(1, size + 1)[:, None]

    def features(people: slice) -> FloatArray:
        one, two = (side[people].T[:, None] == options for side in (first, second))
        both = one[:, :, None] & two[:, None]
        return np.asarray(both.reshape(first.shape[1] * size**2, both.shape[-1]), dtype=np.float64)

    tables = sum_features(features, counts)
    return np.moveaxis(tables.reshape(first.shape[1], size, size, len(counts)), -1, 0)


def agreement(tables: FloatArray) -> FloatArray:
    """Return the share of people for whom both answers are the same; NaN for an empty table."""
    return _ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-2, -1)))


def mean_absolute_error(tables: FloatArray) -> FloatArray:
    """Return the mean absolute difference of positions; NaN for an empty table."""
    return _ratio((tables * _apart(tables)).sum(axis=(-2, -1)), tables.sum(axis=(-2, -1)))


def kappa(tables: FloatArray, disagreement: FloatArray) -> FloatArray:
    """Return Cohen's kappa: 1 - observed disagreement / disagreement expected by chance.

    Source: Cohen, "Weighted kappa" (Psychological Bulletin 70, 1968). By chance is
    with the same answers on either side, paired at random.

    Parameters
    ----------
    tables
        ... x size x size.
    disagreement
        Size x size: how much each two options disagree; none on the diagonal.

    Returns
    -------
    FloatArray
        NaN where no disagreement can be expected: where one and the same option is
        all that either side ever answers, or for an empty table.
    """
    expected = tables.sum(axis=-1)[..., :, None] * tables.sum(axis=-2)[..., None, :]
    found = (tables * disagreement).sum(axis=(-2, -1)) * tables.sum(axis=(-2, -1))
    return np.asarray(1 - _ratio(found, (expected * disagreement).sum(axis=(-2, -1))))


def quadratic_kappa(tables: FloatArray) -> FloatArray:
    """Return kappa with quadratic weights: the squared distance of positions."""
    return kappa(tables, _apart(tables) ** 2)


def linear_kappa(tables: FloatArray) -> FloatArray:
    """Return kappa with linear weights: the distance of positions."""
    return kappa(tables, _apart(tables))


def plain_kappa(tables: FloatArray) -> FloatArray:
    """Return unweighted kappa: all different options disagree alike."""
    return kappa(tables, (_apart(tables) > 0).astype(np.float64))


def spearman(tables: FloatArray) -> FloatArray:
    """Return Spearman's rank correlation, with mean ranks for ties.

    Returns
    -------
    FloatArray
        NaN where either side's answers do not vary.
    """
    first, second = _midranks(tables.sum(axis=-1)), _midranks(tables.sum(axis=-2))
    together = (tables * first[..., :, None] * second[..., None, :]).sum(axis=(-2, -1))
    spread = (tables.sum(axis=-1) * first**2).sum(axis=-1)
    spread = spread * (tables.sum(axis=-2) * second**2).sum(axis=-1)
    return _ratio(together, np.sqrt(spread))


ORDERED: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "agreement": agreement,
    "kappa": quadratic_kappa,
    "kappa_linear": linear_kappa,
    "spearman": spearman,
    "mae": mean_absolute_error,
}
"""The measures of an item whose options have an order."""

UNORDERED: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "agreement": agreement,
    "kappa": plain_kappa,
}
"""The measures of an item whose options have none."""


def _apart(tables: FloatArray) -> FloatArray:
    """Return the distance in positions of every two options."""
    place = np.arange(tables.shape[-1], dtype=np.float64)
    return np.asarray(np.abs(place[:, None] - place))


def _midranks(totals: FloatArray) -> FloatArray:
    """Return each option's mean rank, from the mean of all ranks."""
    before = np.cumsum(totals, axis=-1) - totals
    # Exactly 0 where all gave one answer: the only total is halved on either side.
    return np.asarray(before + totals / 2 - totals.sum(axis=-1, keepdims=True) / 2)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(part / np.where(whole > 0, whole, np.nan))
