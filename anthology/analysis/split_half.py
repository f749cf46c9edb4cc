"""How far the people are from themselves: the distance between two random halves of them.

No way of building personas can be expected to come nearer to the people than that.
"""

from collections.abc import Callable, Sequence

import numpy as np

from anthology.analysis import sufficient_stats as sums
from anthology.analysis.block_products import totals
from anthology.analysis.distances import BoolArray, FloatArray, GroupStats
from anthology.analysis.features import Weighted, places_of


def draw_halves(people: int, count: int, rng: np.random.Generator) -> BoolArray:
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


def half_stats(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray, first: BoolArray
) -> tuple[GroupStats, GroupStats]:
    """Return what the distances need of the first and the second half of every split.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person.
    first
        Splits x people, as `draw_halves` returns it.
    """
    answers = Weighted(places_of(positions), sizes, weights)
    halves = (totals([answers], members)[0][0] for members in (first, ~first))
    one, two = (sums.groups(half, sizes) for half in halves)
    return one, two


def why_halves_undefined(halves: tuple[GroupStats, GroupStats], names: Sequence[str]) -> list[str]:
    """Say in how many splits a distance is undefined or an item does not vary.

    Parameters
    ----------
    halves
        The first and the second halves, as `half_stats` returns them.
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


def _either(
    halves: tuple[GroupStats, GroupStats], holds: Callable[[GroupStats], BoolArray]
) -> BoolArray:
    return holds(halves[0]) | holds(halves[1])


def _counted(sentence: str, names: Sequence[str], splits: BoolArray) -> list[str]:
    return [
        f"{sentence.format(name)} in a half of {count} of {len(splits)} splits"
        for name, count in zip(names, splits.sum(axis=0), strict=True)
        if count
    ]
