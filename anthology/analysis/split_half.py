"""The split-half distance of the respondents: the noise floor of every distance.

No way of building personas can be expected to come nearer to the respondents than two
random halves of them come to each other.
"""

from collections.abc import Callable, Sequence

import numpy as np

from anthology.analysis.groups import (
    BoolArray,
    FloatArray,
    GroupStats,
    stats_from_sums,
    sum_answers,
)
from anthology.survey.respondents import Positions

Halves = tuple[GroupStats, GroupStats]
"""The first and the second half of every split."""


def draw_halves(people: int, count: int, rng: np.random.Generator) -> BoolArray:
    """Draw random splits of people into two equal halves.

    Returns
    -------
    BoolArray
        Splits x people: who is in the first half. Everyone is in one of the two;
        of an odd number, the second half has one more.
    """
    first = np.zeros((count, people), dtype=np.bool_)
    first[:, : people // 2] = True
    return rng.permuted(first, axis=1)


def half_stats(
    positions: Positions, sizes: Sequence[int], weights: FloatArray, first: BoolArray
) -> Halves:
    """Return the statistics of the first and the second half of every split.

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
    one, two = (
        stats_from_sums(sum_answers(positions, sizes, weights, members), sizes)
        for members in (first, ~first)
    )
    return one, two


def why_halves_undefined(halves: Halves, names: Sequence[str]) -> list[str]:
    """Return in how many splits a distance is undefined or an item does not vary.

    Parameters
    ----------
    halves
        As `half_stats` returns them.
    names
        The items' names, for the sentences.
    """

    def either(holds: Callable[[GroupStats], BoolArray]) -> BoolArray:
        return holds(halves[0]) | holds(halves[1])

    def count(sentence: str, splits: BoolArray) -> list[str]:
        return [
            f"{sentence.format(name)} in a half of {number} of {len(splits)} splits"
            for name, number in zip(names, splits.sum(axis=0), strict=False)
            if number
        ]

    reasons = count("no answer to {}", either(lambda half: np.isnan(half.shares[:, :, 0])))
    if len(names) < 2:
        return [*reasons, "one item has no correlations"]
    few = either(lambda half: half.rows[:, None] < 2)
    return [
        *reasons,
        *count("fewer than 2 rows complete on all items", few),
        *count("{} does not vary", either(lambda half: ~half.varies) & ~few),
    ]
