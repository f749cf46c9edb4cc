"""How far the people are from themselves: the distance between two random halves of them.

No way of building personas can be expected to come nearer to the people than that.
"""

from collections.abc import Callable, Sequence

import numpy as np

from anthology import measures
from anthology.measures import BoolArray, FloatArray, Group

_BLOCK = 32


def splits(people: int, count: int, rng: np.random.Generator) -> BoolArray:
    """Split people at random into two equal halves, again and again.

    Returns
    -------
    BoolArray
        Splits x people: who is in the first half. Everybody is in one of the two;
        of an odd number, the second half has one more.
    """
    first = np.zeros((count, people), dtype=np.bool_)
    first[:, : people // 2] = True
    return rng.permuted(first, axis=1)


def groups(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray, first: BoolArray
) -> tuple[Group, Group]:
    """Return what the distances need of the first and the second half of every split.

    All that they need are sums over people, of weighted marks and of weighted
    products of positions, so one product with the matrix of splits gives them all.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person.
    first
        Splits x people, as `splits` returns it.
    """
    features = _features(positions, sizes, weights)
    sums = np.empty((2, len(first), len(features)))
    # A block at a time stays small, whose memory is cheaper to get than its sums are to take.
    for start in range(0, len(first), _BLOCK):
        block = slice(start, start + _BLOCK)
        sums[0, block] = first[block].astype(np.float64) @ features.T
        sums[1, block] = (~first[block]).astype(np.float64) @ features.T
    return _group(sums[0], sizes), _group(sums[1], sizes)


def _features(positions: FloatArray, sizes: Sequence[int], weights: FloatArray) -> FloatArray:
    """Return what is summed over people, features x people, each times the weight.

    Marks of the chosen options; the same of those who answered all items; then, of
    those, 1, the positions x from their mean, and the products x x' on and above the
    diagonal; last, without the weight, 1.
    """
    items, wide = len(sizes), len(sizes) * max(sizes)
    rows = measures.complete(positions, weights)
    # Near the mean, the difference of two large sums loses no digits.
    centre = positions[rows].mean(axis=0) if rows.any() else 0.0
    values = np.where(rows, (positions - centre).T, 0.0)
    first, second = np.triu_indices(items)
    features = np.empty((2 * wide + 1 + items + len(first) + 1, len(positions)))
    marks = measures.one_hot(positions, sizes).reshape(-1, wide).T
    np.multiply(marks, weights, out=features[:wide])
    np.multiply(features[:wide], rows, out=features[wide : 2 * wide])
    moments = features[2 * wide :]
    moments[0] = rows * weights
    np.multiply(values, moments[0], out=moments[1 : items + 1])
    np.multiply(moments[1 : items + 1][first], values[second], out=moments[items + 1 : -1])
    moments[-1] = rows
    return features


def _group(sums: FloatArray, sizes: Sequence[int]) -> Group:
    """Return what the distances need from the sums of `_features`, one row a half."""
    items, options = len(sizes), max(sizes)
    wide = items * options
    chosen = sums[:, wide : 2 * wide].reshape(-1, items, options) > 0
    varies = chosen.sum(axis=2) > 1
    rows = sums[:, -1].astype(np.int64)
    found = _correlations(sums[:, 2 * wide : -1], varies)
    found[(rows < 2) | (items < 2)] = np.nan
    shares = measures.normalised(sums[:, :wide].reshape(-1, items, options))
    return Group(shares, found, rows, varies)


def _correlations(moments: FloatArray, varies: BoolArray) -> FloatArray:
    """Return each half's correlations from its sums of 1, x and x x'."""
    halves, items = varies.shape
    mass = np.where(moments[:, :1] > 0, moments[:, :1], np.nan)
    first, second = np.triu_indices(items)
    sums = moments[:, 1 : items + 1]
    products = np.empty((halves, items, items))
    products[:, first, second] = moments[:, items + 1 :] - sums[:, first] * sums[:, second] / mass
    products[:, second, first] = products[:, first, second]
    return measures.scaled(products, varies)


def shortfalls(halves: tuple[Group, Group], names: Sequence[str]) -> list[str]:
    """Say in how many splits a distance is undefined or an item does not vary.

    Parameters
    ----------
    halves
        The first and the second halves, as `groups` returns them.
    names
        The items' names, for the sentences.
    """
    unanswered = _either(halves, lambda half: np.isnan(half.shares[:, :, 0]))
    said = _counted("no answer to {}", names, unanswered)
    if len(names) < 2:
        return [*said, "one item has no correlations"]
    few = _either(halves, lambda half: half.rows[:, None] < 2)
    constant = _either(halves, lambda half: ~half.varies) & ~few
    return [
        *said,
        *_counted("fewer than 2 rows complete on all items", [""], few),
        *_counted("{} does not vary", names, constant),
    ]


def _either(halves: tuple[Group, Group], holds: Callable[[Group], BoolArray]) -> BoolArray:
    return holds(halves[0]) | holds(halves[1])


def _counted(sentence: str, names: Sequence[str], splits: BoolArray) -> list[str]:
    return [
        f"{sentence.format(name)} in a half of {count} of {len(splits)} splits"
        for name, count in zip(names, splits.sum(axis=0), strict=True)
        if count
    ]
