"""What the metrics need to know of a group of respondents or personas, or of many groups at once.

Every metric follows from sums over the members of a group of features that each member has
alone: marks of the chosen options and products of two positions. So one product of matrices,
how often each group counts each person times the persons' features, gives all bootstrap
draws, random halves or sign flips at once, without copying any answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anthology.survey.respondents import Positions

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Counts = npt.NDArray[Any]
"""Groups x people: how often each group has each person."""

_PEOPLE = 4096
"""People whose features are in memory at a time."""


@dataclass(frozen=True, slots=True)
class GroupStats:
    """Statistics of one group, or of a stack of groups, from which every metric is computed.

    Parameters
    ----------
    sizes
        How many options each item has.
    shares
        ... x items x options: weighted, padded with zeros; NaN for an item without answers.
    correlations
        ... x items x items: weighted, over the people who answered every item. An item that
        does not vary correlates 0 with the others and 1 with itself. NaN throughout for fewer
        than two complete rows or a single item.
    covariances
        ... x items x items: unweighted, each over the people who answered both items; NaN
        for fewer than two of these.
    rows
        ...: how many people answered every item and have a weight above zero.
    varies
        ... x items: whether these people's answers to the item vary.
    """

    sizes: Sequence[int]
    shares: FloatArray
    correlations: FloatArray
    covariances: FloatArray
    rows: IntArray
    varies: BoolArray

    def __getitem__(self, some: slice | int) -> "GroupStats":
        """Return one group, or some, of a stack."""
        return GroupStats(
            self.sizes,
            self.shares[some],
            self.correlations[some],
            self.covariances[some],
            self.rows[some],
            self.varies[some],
        )


def group_stats(
    positions: Positions, sizes: Sequence[int], weights: FloatArray | None = None
) -> GroupStats:
    """Return the statistics of one group.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has. All keep their place, also those nobody chose.
    weights
        One for each person; equal where None.
    """
    once = np.ones((1, len(positions)))
    return stats_from_sums(sum_answers(positions, sizes, weights, once), sizes)[0]


def sum_answers(
    positions: Positions, sizes: Sequence[int], weights: FloatArray | None, counts: Counts
) -> FloatArray:
    """Return the sums of the answers' features in each group.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person; equal where None.
    counts
        Groups x people: how often each group has each person.

    Returns
    -------
    FloatArray
        Features x groups. Of two groups together they add up.
    """
    own = np.ones(len(positions)) if weights is None else weights
    return sum_features(lambda some: _features(positions[some], sizes, own[some]), counts)


def sum_features(features: Callable[[slice], FloatArray], counts: Counts) -> FloatArray:
    """Return features x groups: the sums of people's features in each group.

    Parameters
    ----------
    features
        Returns features x people of some consecutive people.
    counts
        Groups x people.
    """
    people = counts.shape[1]
    blocks = [slice(start, start + _PEOPLE) for start in range(0, max(people, 1), _PEOPLE)]
    products = [features(some) @ counts[:, some].T.astype(np.float64) for some in blocks]
    return np.asarray(np.sum(products, axis=0))


def scale_midpoints(sizes: Sequence[int]) -> IntArray:
    """Return an integer in the middle of each scale, from which positions are counted.

    The difference of two large sums then loses no digits; unweighted sums are whole and
    come out the same in whatever order; and sums over other people's other answers can
    be added, since all are counted from the same place.
    """
    return (np.array(sizes, dtype=np.int64) + 1) // 2


def _features(positions: Positions, sizes: Sequence[int], weights: FloatArray) -> FloatArray:
    """Return features x people, all 0 for a person without any answer.

    First, for shares, the marks of the chosen options times the weight. Then, of those who
    answered all items and have a weight above 0, what correlations need: 1, the weight, the
    values x, their squares, and times the weight the values and the products of every two.
    The unweighted ones are whole numbers, so it is known exactly whether an item varies.
    Last, for the covariances, unweighted and over all people: for every two items whether
    both were answered, the products, and for each ordered pair the value of the first where
    the second was answered too.
    """
    answers = positions.T
    items, people = answers.shape
    answered = answers > 0
    values = np.where(answered, answers - scale_midpoints(sizes)[:, None], 0)
    rows = answered.all(axis=0) & (weights > 0)
    mass = rows * weights
    first, second = np.triu_indices(items)
    products = values[first] * values[second]
    marks = answers[:, None] == np.arange(1, max(sizes) + 1)[:, None]
    return np.concatenate(
        [
            marks.reshape(items * max(sizes), people) * weights,
            [rows, mass],
            values * rows,
            values**2 * rows,
            values * mass,
            products * mass,
            answered[first] & answered[second],
            products,
            (values[:, None] * answered).reshape(items**2, people),
        ],
        dtype=np.float64,
    )


def stats_from_sums(sums: FloatArray, sizes: Sequence[int]) -> GroupStats:
    """Return the statistics of each group, from the sums of its people's features."""
    items, options, groups = len(sizes), max(sizes), sums.shape[1]
    pairs = items * (items + 1) // 2
    heights = [items * options, 1, 1, items, items, items, pairs, pairs, pairs]
    marks, rows, mass, values, squares, heavy, moments, both, products, beside = np.split(
        sums, np.cumsum(heights)
    )
    varies = rows * squares > values**2
    found = _symmetric(moments - _outer(heavy) / np.where(mass > 0, mass, np.nan), items)
    correlations = _scale_to_correlations(found, varies.T)
    correlations[(rows[0] < 2) | (items < 2)] = np.nan
    first, second = np.triu_indices(items)
    seen = beside.reshape(items, items, groups)
    together = np.where(both > 1, both, np.nan)
    spread = products - seen[first, second] * seen[second, first] / together
    # Groups come first for the metrics and last in memory, where long rows are quick.
    counts = np.moveaxis(marks.reshape(items, options, groups), -1, 0)
    totals = counts.sum(axis=-1, keepdims=True)
    return GroupStats(
        sizes,
        np.asarray(counts / np.where(totals > 0, totals, np.nan)),
        correlations,
        _symmetric(spread / (together - 1), items),
        rows[0].astype(np.int64),
        varies.T,
    )


def _outer(values: FloatArray) -> FloatArray:
    first, second = np.triu_indices(len(values))
    return np.asarray(values[first] * values[second])


def _symmetric(pairs: FloatArray, items: int) -> FloatArray:
    """Return groups x items x items from the pairs on and above the diagonal, pairs x groups."""
    first, second = np.triu_indices(items)
    found = np.empty((items, items, pairs.shape[1]))
    found[first, second] = found[second, first] = pairs
    return np.moveaxis(found, -1, 0)


def _scale_to_correlations(covariances: FloatArray, varies: BoolArray) -> FloatArray:
    """Scale covariances, or multiples of them; rounding leaves no zero to tell constants by."""
    variances = np.where(varies, np.diagonal(covariances, axis1=-2, axis2=-1), np.inf)
    deviations = np.sqrt(variances)
    matrix = np.asarray(covariances / (deviations[..., :, None] * deviations[..., None, :]))
    diagonal = np.arange(covariances.shape[-1])
    matrix[..., diagonal, diagonal] = 1.0
    return matrix


def pairwise_covariances(positions: Positions, weights: FloatArray | None = None) -> FloatArray:
    """Return one group's covariances, each over the people who answered both items.

    Weights count as in `numpy.cov`'s `aweights`, so equal weights change nothing.

    Returns
    -------
    FloatArray
        Items x items; NaN for two items that fewer than two people answered both.
    """
    heavy = np.ones(len(positions)) if weights is None else weights
    kept, heavy = positions[heavy > 0], heavy[heavy > 0][:, None]
    answered = (kept > 0).astype(np.float64)
    counted = np.maximum(answered.sum(axis=0), 1)
    # Near the mean, the difference of two large sums loses no digits.
    values = answered * (kept - kept.sum(axis=0) / counted)
    mass = (answered * heavy).T @ answered
    mass[answered.T @ answered < 2] = np.nan
    sums = (values * heavy).T @ answered
    products = (values * heavy).T @ values - sums * sums.T / mass
    return np.asarray(products / (mass - (answered * heavy).T @ (answered * heavy) / mass))


def is_complete(positions: Positions, weights: FloatArray | None = None) -> BoolArray:
    """Return who answered every item and has a weight above zero."""
    answered = (positions > 0).all(axis=1)
    return np.asarray(answered if weights is None else answered & (weights > 0))


def why_undefined(found: GroupStats, names: Sequence[str]) -> list[str]:
    """Return what leaves a group's distances undefined, and which items do not vary.

    Parameters
    ----------
    found
        One group.
    names
        The items' names, for the sentences.
    """
    reasons = [
        f"no answer to {name}"
        for name, share in zip(names, found.shares[:, 0], strict=True)
        if np.isnan(share)
    ]
    if len(names) < 2:
        return [*reasons, "one item has no correlations"]
    if found.rows < 2:
        return [*reasons, f"correlations need 2 rows complete on all items, not {found.rows}"]
    return reasons + [
        f"{name} does not vary: its correlations count as 0"
        for name, varies in zip(names, found.varies, strict=True)
        if not varies
    ]
