"""Distances and alphas of many groups drawn from the same people, from sums over these people.

All that the measures need of a group are sums over its people of things that each
person has alone: marks of the chosen options, and products of positions. So whoever
is drawn, halved or exchanged, products of matrices (`products`) give all groups at
once. What comes out is what `measures` gives for each group's people, a person
repeated as often as counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anthology.analysis import distances as measures
from anthology.analysis.distances import BoolArray, FloatArray, GroupStats, scale_midpoints


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the people of each group; those of two groups together are added up.

    Parameters
    ----------
    distances
        What the distances need, features x groups: the marks of the chosen options, times
        the weight; the marks of those who answered all items and have a weight above 0;
        then, of those and times the weight, 1, the positions x from the middle of the
        scale, and the products x x' on and above the diagonal; last, of those, 1.
    alpha
        What alpha needs, features x groups: for each pair of items, on and above the
        diagonal, whether both were answered; then, for each ordered pair, the position x
        of the first where the second was answered too; last, for each pair, the product
        x x'.
    """

    distances: FloatArray
    alpha: FloatArray

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.distances + other.distances, self.alpha + other.alpha)

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(self.distances - other.distances, self.alpha - other.alpha)

    def of(self, some: slice) -> "Sums":
        """Return the sums of some groups."""
        return Sums(self.distances[:, some], self.alpha[:, some])


def distance_features(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray
) -> FloatArray:
    """Return what the distances need, as `Sums.distances` has it, of each person.

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
        Features x people.
    """
    items, wide = len(sizes), len(sizes) * max(sizes)
    rows = measures.is_complete(positions, weights)
    values = np.where(rows, (positions - scale_midpoints(sizes)).T, 0.0)
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


def groups(sums: FloatArray, sizes: Sequence[int]) -> GroupStats:
    """Return what the distances need of each group, from `Sums.distances`."""
    items, options = len(sizes), max(sizes)
    wide = items * options
    chosen = sums[wide : 2 * wide].reshape(items, options, -1) > 0
    varies = (chosen.sum(axis=1) > 1).T
    rows = sums[-1].astype(np.int64)
    found = _correlations(sums[2 * wide : -1], varies)
    found[(rows < 2) | (items < 2)] = np.nan
    # Groups come first for the measures and last in memory, where long rows are quick.
    marks = np.moveaxis(sums[:wide].reshape(items, options, -1), -1, 0)
    return GroupStats(measures.normalize_counts(marks), found, rows, varies)


def alphas(sums: FloatArray, items: int) -> FloatArray:
    """Return each group's alpha, from `Sums.alpha`; NaN where it has none."""
    first, second = np.triu_indices(items)
    pairs = len(first)
    if items < 2:
        return np.full(sums.shape[1], np.nan)
    together, beside, products = np.split(sums, [pairs, pairs + items**2])
    beside = beside.reshape(items, items, -1)
    enough = (together > 1).all(axis=0)
    count = np.where(together > 1, together, np.nan)
    apart = products - beside[first, second] * beside[second, first] / count
    found = apart / (count - 1)
    variances = found[first == second].sum(axis=0)
    total = 2 * found.sum(axis=0) - variances
    defined = enough & (total >= measures.NO_VARIANCE)
    share = np.divide(variances, total, out=np.full(sums.shape[1], np.nan), where=defined)
    return np.asarray(items / (items - 1) * (1 - share))


def _correlations(moments: FloatArray, varies: BoolArray) -> FloatArray:
    """Return each group's correlations from its sums of 1, x and x x'."""
    count, items = varies.shape
    mass = np.where(moments[:1] > 0, moments[:1], np.nan)
    first, second = np.triu_indices(items)
    sums = moments[1 : items + 1]
    products = np.empty((items, items, count))
    products[first, second] = moments[items + 1 :] - sums[first] * sums[second] / mass
    products[second, first] = products[first, second]
    return measures.correlations_from_covariances(np.moveaxis(products, -1, 0), varies)
