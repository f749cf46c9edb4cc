"""Baselines for individual agreement: another respondent in a persona's place.

Each person is compared with all others in the same cell: those of the same survey, or
those with the same traits. Every other counts alike, so nothing is drawn by lot.
"""

from dataclasses import dataclass

import numpy as np

from anthology.analysis.groups import Counts, FloatArray, IntArray
from anthology.survey.respondents import Positions

RANDOM, SAME = "random_respondent", "same_traits"
"""What tables call the two: anyone else of the survey, and anyone else with the same traits."""

_BLOCK = 64
"""Draws at a time: a small block's memory is cheaper to get than its sums are to take."""
_HELD = 1 << 22
"""People times draws at a time, at most."""


def group_by_traits(traits: Positions) -> IntArray:
    """Return cells of respondents with equal traits: a number for each combination.

    Parameters
    ----------
    traits
        People x traits. That a person did not answer a trait, 0, is a value like any other.

    Returns
    -------
    IntArray
        People: the same number for the same combination.
    """
    _, cells = np.unique(traits, axis=0, return_inverse=True)
    return np.asarray(cells.reshape(-1), dtype=np.int64)


def leave_one_out_shares(answers: Positions, size: int, cells: IntArray) -> FloatArray:
    """Return the answer shares of the others in each person's cell, leaving that person out.

    Parameters
    ----------
    answers
        People: the position of the answer to one item.
    size
        How many options there are.
    cells
        People: which cell each is in.

    Returns
    -------
    FloatArray
        People x size: shares among the others; NaN where the person did not answer, or
        where no other did.
    """
    own = np.equal(answers[:, None], np.arange(1, size + 1)).astype(np.float64)
    _, cell = np.unique(cells, return_inverse=True)
    counts = np.zeros((cell.max(initial=-1) + 1, size))
    np.add.at(counts, cell, own)
    left = counts[cell] - own
    total = np.where(answers > 0, left.sum(axis=1), 0.0)
    return np.asarray(left / np.where(total > 0, total, np.nan)[:, None])


def expected_tables(answers: Positions, size: int, cells: IntArray, counts: Counts) -> FloatArray:
    """Return the expected joint table of each person and a random other of the same cell.

    Each person's row is spread over the options as the others in the cell chose them.
    In a draw of people with repetition, a person's further copies are no others: they
    would agree with it by being the same.

    Parameters
    ----------
    answers
        People x items.
    size
        How many options an item has at most.
    cells
        People: which cell each is in.
    counts
        Draws x people: how often each person is in each draw.

    Returns
    -------
    FloatArray
        Draws x items x size (of the person) x size (of the other). People without
        others are in no table.
    """
    draws, people = counts.shape
    tables = np.zeros((draws, answers.shape[1], size, size))
    items = [_Grouped.build(chosen, cells) for chosen in answers.T]
    height = min(_BLOCK, max(1, _HELD // max(1, people)))
    for start in range(0, draws, height):
        block = slice(start, start + height)
        drawn = np.ascontiguousarray(counts[block].T)
        for item, grouped in enumerate(items):
            if len(grouped.order):
                tables[block, item] = grouped.expected(drawn[grouped.order], size)
    return tables


@dataclass(frozen=True, slots=True)
class _Grouped:
    """The people who answered an item and are not alone in their cell, those of a cell together.

    Parameters
    ----------
    order
        Who they are, by cell and answer.
    answer
        Which option each answered, from 0.
    cell
        Which cell each is in, numbered from 0 in this order.
    begins
        Where each cell begins.
    groups
        Where each answer of each cell begins.
    """

    order: IntArray
    answer: IntArray
    cell: IntArray
    begins: IntArray
    groups: IntArray

    @classmethod
    def build(cls, answers: Positions, cells: IntArray) -> "_Grouped":
        order = np.lexsort((answers, cells))
        order = order[answers[order] > 0]
        if len(order):
            order = order[np.bincount(cells[order])[cells[order]] > 1]
        answer = answers[order].astype(np.int64) - 1
        new_cell = np.diff(cells[order], prepend=-1) != 0
        new_group = new_cell | (np.diff(answer, prepend=-1) != 0)
        begins, groups = np.flatnonzero(new_cell), np.flatnonzero(new_group)
        return cls(order, answer, np.cumsum(new_cell) - 1, begins, groups)

    def expected(self, counts: Counts, size: int) -> FloatArray:
        """Return the expected table in each draw; `counts` has a row for each of these people."""
        drawn = counts.astype(np.float64)
        rest = np.add.reduceat(drawn, self.begins, axis=0)[self.cell] - drawn
        # Each copy of a person is spread over all others drawn, each of which thus gets this much.
        each = np.divide(drawn, rest, out=np.zeros_like(drawn), where=rest > 0)
        given = np.zeros((len(self.begins), size, drawn.shape[1]))
        taken = np.zeros_like(given)
        cell, answer = self.cell[self.groups], self.answer[self.groups]
        given[cell, answer] = np.add.reduceat(each, self.groups, axis=0)
        taken[cell, answer] = np.add.reduceat(drawn, self.groups, axis=0)
        tables = np.einsum("cad,cbd->dab", given, taken)
        # Nobody is compared with their own copies.
        np.multiply(each, drawn, out=each)
        for one in range(size):
            tables[:, one, one] -= each[self.answer == one].sum(axis=0)
        return np.asarray(np.maximum(tables, 0.0))
