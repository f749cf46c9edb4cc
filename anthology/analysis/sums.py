"""Distances and alphas of many groups drawn from the same people, from sums over these people.

All that the measures need of a group are sums over its people of things that each
person has alone: marks of the chosen options, and products of positions. So whoever
is drawn, halved or exchanged, one product of a matrix of counts (groups x people)
with these features (features x people) gives all groups at once. What comes out is
what `measures` gives for each group's people, a person repeated as often as counted.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anthology.analysis import measures
from anthology.analysis.measures import BoolArray, FloatArray, Group

BLOCK = 32
"""Groups at a time: a small block's memory is cheaper to get than its sums are to take."""


def distance_features(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray
) -> FloatArray:
    """Return what `groups` needs, summed over people.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person.

    Returns
    -------
    FloatArray
        Features x people: the marks of the chosen options, times the weight; the marks
        of those who answered all items; then, of those and times the weight, 1, the
        positions x from the middle of the scale, and the products x x' on and
        above the diagonal; last, of those, 1.
    """
    items, wide = len(sizes), len(sizes) * max(sizes)
    rows = measures.complete(positions, weights)
    values = np.where(rows, _centred(positions, sizes).T, 0.0)
    first, second = np.triu_indices(items)
    features = np.empty((2 * wide + 1 + items + len(first) + 1, len(positions)))
    marks = measures.one_hot(positions, sizes).reshape(-1, wide).T
    np.multiply(marks, weights, out=features[:wide])
    np.multiply(marks, rows, out=features[wide : 2 * wide])
    moments = features[2 * wide :]
    moments[0] = rows * weights
    np.multiply(values, moments[0], out=moments[1 : items + 1])
    np.multiply(moments[1 : items + 1][first], values[second], out=moments[items + 1 : -1])
    moments[-1] = rows
    return features


def alpha_features(positions: FloatArray, sizes: Sequence[int]) -> FloatArray:
    """Return what `alphas` needs, summed over people.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.

    Returns
    -------
    FloatArray
        Features x people: for each pair of items, on and above the diagonal, whether
        both were answered; then, for each ordered pair, the position x of the first
        where the second was answered too; last, for each pair, the product x x'.
    """
    answered = ~np.isnan(positions).T
    values = np.nan_to_num(_centred(positions, sizes)).T
    first, second = np.triu_indices(len(values))
    beside = (values[:, None] * answered).reshape(len(values) ** 2, -1)
    return np.concatenate(
        [answered[first] & answered[second], beside, values[first] * values[second]]
    )


def totals(counts: npt.NDArray[Any], features: FloatArray) -> FloatArray:
    """Return the features' sums in each group.

    Parameters
    ----------
    counts
        Groups x people: how often each group has each person.
    features
        Features x people.

    Returns
    -------
    FloatArray
        Groups x features.
    """
    sums = np.empty((len(counts), len(features)))
    for start in range(0, len(counts), BLOCK):
        block = slice(start, start + BLOCK)
        np.matmul(counts[block].astype(np.float64), features.T, out=sums[block])
    return sums


def groups(sums: FloatArray, sizes: Sequence[int]) -> Group:
    """Return what the distances need of each group, from the sums of `distance_features`."""
    items, options = len(sizes), max(sizes)
    wide = items * options
    chosen = sums[:, wide : 2 * wide].reshape(-1, items, options) > 0
    varies = chosen.sum(axis=2) > 1
    rows = sums[:, -1].astype(np.int64)
    found = _correlations(sums[:, 2 * wide : -1], varies)
    found[(rows < 2) | (items < 2)] = np.nan
    shares = measures.normalised(sums[:, :wide].reshape(-1, items, options))
    return Group(shares, found, rows, varies)


def alphas(sums: FloatArray, items: int) -> FloatArray:
    """Return each group's alpha, from the sums of `alpha_features`; NaN where it has none."""
    first, second = np.triu_indices(items)
    pairs = len(first)
    if items < 2:
        return np.full(len(sums), np.nan)
    together, beside, products = np.split(sums, [pairs, pairs + items**2], axis=1)
    beside = beside.reshape(-1, items, items)
    enough = (together > 1).all(axis=1)
    count = np.where(together > 1, together, np.nan)
    apart = products - beside[:, first, second] * beside[:, second, first] / count
    found = apart / (count - 1)
    variances = found[:, first == second].sum(axis=1)
    total = 2 * found.sum(axis=1) - variances
    defined = enough & (total >= measures.NO_VARIANCE)
    share = np.divide(variances, total, out=np.full(len(sums), np.nan), where=defined)
    return np.asarray(items / (items - 1) * (1 - share))


def _correlations(moments: FloatArray, varies: BoolArray) -> FloatArray:
    """Return each group's correlations from its sums of 1, x and x x'."""
    count, items = varies.shape
    mass = np.where(moments[:, :1] > 0, moments[:, :1], np.nan)
    first, second = np.triu_indices(items)
    sums = moments[:, 1 : items + 1]
    products = np.empty((count, items, items))
    products[:, first, second] = moments[:, items + 1 :] - sums[:, first] * sums[:, second] / mass
    products[:, second, first] = products[:, first, second]
    return measures.scaled(products, varies)


def _centred(positions: FloatArray, sizes: Sequence[int]) -> FloatArray:
    """Return positions counted from a whole number in the middle of each scale.

    The difference of two large sums then loses no digits; unweighted sums are whole and
    come out the same in whatever order; and sums over other people's other answers can
    be added, since all are counted from the same place.
    """
    return np.asarray(positions - (np.array(sizes) + 1) // 2)
