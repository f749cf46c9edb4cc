"""What is to be expected of another respondent in a persona's place.

Each person is compared with all others in the same cell: those of the same survey, or
those with the same traits. Every other counts alike, so nothing is drawn by lot.
"""

from collections.abc import Iterator

import numpy as np

from anthology.analysis.measures import FloatArray, IntArray

RANDOM, SAME = "random_respondent", "same_traits"
"""What tables call the two: anyone else of the survey, and anyone else with the same traits."""

_BLOCK = 64
"""Draws at a time: a small block's memory is cheaper to get than its sums are to take."""


def same(traits: IntArray) -> IntArray:
    """Return a cell for each combination of traits that occurs, by its number.

    Parameters
    ----------
    traits
        People x traits: the place among a trait's categories. That a person did not
        tell a trait, -1, is a value like any other.

    Returns
    -------
    IntArray
        People: the same number for the same combination.
    """
    _, cells = np.unique(traits, axis=0, return_inverse=True)
    return np.asarray(cells.reshape(-1), dtype=np.int64)


def others(answers: IntArray, size: int, cells: IntArray) -> FloatArray:
    """Return how the others in each person's cell answered an item.

    Parameters
    ----------
    answers
        People: the place of the option, from 0; -1 for no answer.
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
    own = np.equal(answers[:, None], np.arange(size)).astype(np.float64)
    _, cell = np.unique(cells, return_inverse=True)
    counts = np.zeros((cell.max(initial=-1) + 1, size))
    np.add.at(counts, cell, own)
    left = counts[cell] - own
    total = np.where(answers >= 0, left.sum(axis=1), 0.0)
    return np.asarray(left / np.where(total > 0, total, np.nan)[:, None])


def joint(answers: IntArray, size: int, cells: IntArray, counts: FloatArray) -> FloatArray:
    """Return the joint table to be expected of people and others in their cells.

    Each person's row is spread over the options as the others in the cell chose them.
    In a draw of people with repetition, a person's further copies are no others: they
    would agree with it by being the same.

    Parameters
    ----------
    answers
        People x items: the places of options, from 0; -1 for no answer.
    size
        How many options an item has at most.
    cells
        People: which cell each is in.
    counts
        People x draws: how often each person is in each draw.

    Returns
    -------
    FloatArray
        Draws x items x size (of the person) x size (of the other). People without
        others are in no table.
    """
    items, draws = answers.shape[1], counts.shape[1]
    tables = np.zeros((draws, items, size, size))
    for item in range(items):
        chosen = answers[:, item]
        for block in _blocks(draws):
            tables[block, item] = _expected(chosen, size, cells, counts[:, block])
    return tables


def _blocks(draws: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, draws, _BLOCK))


def _expected(answers: IntArray, size: int, cells: IntArray, counts: FloatArray) -> FloatArray:
    """Return one item's table in each draw."""
    order = np.lexsort((answers, cells))
    order = order[answers[order] >= 0]
    order = order[np.bincount(cells[order])[cells[order]] > 1]
    if not len(order):
        return np.zeros((counts.shape[1], size, size))
    answer, drawn = answers[order], counts[order]
    new_cell = np.diff(cells[order], prepend=-1) != 0
    new_group = new_cell | (np.diff(answer, prepend=-1) != 0)
    cell, groups = np.cumsum(new_cell) - 1, np.flatnonzero(new_group)
    rest = np.add.reduceat(drawn, np.flatnonzero(new_cell), axis=0)[cell] - drawn
    # Each copy of a person is spread over all others drawn, each of which thus gets this much.
    each = np.divide(drawn, rest, out=np.zeros_like(drawn), where=rest > 0)
    given = np.zeros((cell[-1] + 1, size, counts.shape[1]))
    taken = np.zeros_like(given)
    given[cell[groups], answer[groups]] = np.add.reduceat(each, groups, axis=0)
    taken[cell[groups], answer[groups]] = np.add.reduceat(drawn, groups, axis=0)
    tables = np.empty((counts.shape[1], size, size))
    for one in range(size):
        for other in range(size):
            tables[:, one, other] = (given[:, one] * taken[:, other]).sum(axis=0)
        tables[:, one, one] -= (each * drawn)[answer == one].sum(axis=0)
    return np.maximum(tables, 0.0)
