"""Agreement and rank correlation of one person's answers and another's, over the items.

For ranks within a person, answers are taken as `levels`: how far up the item's options the
answer stands, from 0, the first, to 1, the last, so that items of different length can
be ranked together. What is undefined is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anthology.analysis import baselines
from anthology.analysis.groups import BoolArray, FloatArray, IntArray
from anthology.survey.respondents import Positions

FEWEST = 3
"""A rank correlation of fewer items is left undefined."""


@dataclass(frozen=True, slots=True)
class ItemScales:
    """The items' options.

    Parameters
    ----------
    sizes
        Items: how many options each has.
    ordered
        Items: whether they have an order.
    """

    sizes: Sequence[int]
    ordered: BoolArray

    def levels(self, positions: Positions) -> FloatArray:
        """Return each answer's level on its scale, for the items whose options have an order."""
        tops = np.asarray(self.sizes, dtype=np.float64) - 1
        return np.where(positions > 0, (positions - 1) / tops, np.nan)[:, self.ordered]


@dataclass(frozen=True, slots=True)
class PersonScores:
    """Each person's agreement and rank correlation with the answers they are compared with.

    Parameters
    ----------
    items
        On how many items both answered.
    agreement
        The share of them with the same answer.
    mae
        The mean over those with an order of how many positions the answers lie apart.
    spearman
        The rank correlation over those with an order.
    """

    items: IntArray
    agreement: FloatArray
    mae: FloatArray
    spearman: FloatArray


def score_persons(first: Positions, second: Positions, scales: ItemScales) -> PersonScores:
    """Compare each row of positions with the same row of others."""
    both = (first > 0) & (second > 0)
    distance = np.where(both, np.abs(first - second), np.nan)
    return PersonScores(
        items=both.sum(axis=1),
        agreement=_mean(np.where(both, distance == 0, np.nan)),
        mae=_mean(distance[:, scales.ordered]),
        spearman=spearman(scales.levels(first), scales.levels(second)),
    )


def expected_scores(positions: Positions, scales: ItemScales, cells: IntArray) -> PersonScores:
    """Return the mean scores of each person against all others in the same cell.

    Parameters
    ----------
    positions
        People x items.
    scales
        The items.
    cells
        People: which cell each is in.

    Returns
    -------
    Profiles
        Agreement and error are, for each item, the mean over the others who answered
        it, and then the mean over items; the correlation is the mean over others.
    """
    same, error = np.full(positions.shape, np.nan), np.full(positions.shape, np.nan)
    for item, size in enumerate(scales.sizes):
        answers = positions[:, item]
        shares = baselines.leave_one_out_shares(answers, size, cells)
        distance = np.abs(answers[:, None] - np.arange(1, size + 1))
        same[:, item] = (shares * (distance == 0)).sum(axis=1)
        error[:, item] = (shares * distance).sum(axis=1)
    return PersonScores(
        items=(~np.isnan(same)).sum(axis=1),
        agreement=_mean(same),
        mae=_mean(error[:, scales.ordered]),
        spearman=expected_spearman(scales.levels(positions), cells),
    )


def _mean(values: FloatArray) -> FloatArray:
    """Return each row's mean over what is defined."""
    given = ~np.isnan(values)
    number = given.sum(axis=1)
    sums = np.where(given, values, 0.0).sum(axis=1)
    return np.asarray(sums / np.where(number > 0, number, np.nan))


def spearman(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return each row's rank correlation over the items that both answered.

    Returns
    -------
    FloatArray
        One for each row; NaN for fewer than 3 such items, or where either's answers to
        them do not vary.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    ranks, defined = _standard_ranks(first, both)
    others, defined_too = _standard_ranks(second, both)
    return np.where(defined & defined_too, (ranks * others).sum(axis=1), np.nan)


def expected_spearman(levels: FloatArray, cells: IntArray) -> FloatArray:
    """Return each person's mean rank correlation with all others in the same cell.

    Parameters
    ----------
    levels
        People x items.
    cells
        People: which cell each is in.

    Returns
    -------
    FloatArray
        One for each person, the mean over those others with whom it is defined; NaN
        where there are none.

    Notes
    -----
    A correlation is the product of two standardised rows of ranks, so the mean over
    others is the product with their sum. Ranks depend on which items both answered:
    people are taken together by which items they answered.
    """
    answered = ~np.isnan(levels)
    patterns, pattern = np.unique(answered, axis=0, return_inverse=True)
    _, cell = np.unique(cells, return_inverse=True)
    members = [np.flatnonzero(pattern.reshape(-1) == i) for i in range(len(patterns))]
    total, number = np.zeros(len(levels)), np.zeros(len(levels))
    for own, people in zip(patterns, members, strict=True):
        for theirs, others in zip(patterns, members, strict=True):
            both = own & theirs
            if both.sum() < FEWEST:
                continue
            ranks, defined = _standard_ranks(levels[people], both)
            donors, usable = _standard_ranks(levels[others], both)
            sums = np.zeros((cell.max() + 1, levels.shape[1]))
            np.add.at(sums, cell[others], donors)
            available = np.bincount(cell[others], usable, len(sums))
            total[people] += (ranks * sums[cell[people]]).sum(axis=1)
            number[people] += defined * available[cell[people]]
            if people is others:
                # With oneself the correlation is 1, and is none with an other.
                total[people] -= defined
                number[people] -= defined
    return np.asarray(total / np.where(number > 0, number, np.nan))


def _standard_ranks(levels: FloatArray, chosen: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Rank each row's chosen items, equal ones alike, with mean 0 and length 1.

    Returns
    -------
    tuple
        The ranks, 0 where not chosen or undefined; and which rows are defined: those of
        3 items or more that vary.
    """
    chosen = np.broadcast_to(chosen, levels.shape)
    before = (levels[:, None, :] < levels[:, :, None]) & chosen[:, None, :]
    level = (levels[:, None, :] == levels[:, :, None]) & chosen[:, None, :]
    number = chosen.sum(axis=1)
    ranks = before.sum(axis=2) + level.sum(axis=2) / 2 - number[:, None] / 2
    ranks = np.where(chosen, ranks, 0.0)
    length = np.sqrt((ranks**2).sum(axis=1))
    defined = (number >= FEWEST) & (length > 0)
    return ranks * np.where(defined, 1 / np.where(defined, length, 1.0), 0.0)[:, None], defined
