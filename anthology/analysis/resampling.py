"""Every metric of every row of a survey's table in each bootstrap draw, and in each sign flip.

All rows share the draws of people, and all pairs of rows the sign flips. The sums of a row's
features are taken once for each block of these, and what becomes of a pair after an exchange
is the sum of two such sums. Neither the blocks nor how many threads there are changes a result.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from anthology.analysis.groups import (
    BoolArray,
    Counts,
    FloatArray,
    GroupStats,
    stats_from_sums,
    sum_answers,
)
from anthology.analysis.metrics import measure
from anthology.analysis.permutation import count_extreme
from anthology.survey.respondents import Positions

_BLOCK = 256
"""Draws whose metrics are computed at a time: their sums fit into a processor's own memory."""

Draws = Mapping[str, FloatArray]
"""By metric, one value for each draw."""
Pair = tuple[int, int]
"""Two rows, by their numbers."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one row, in the order of the respondents.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person; None where all count the same.
    present
        People: who was asked here. Others have no answer.
    """

    positions: Positions
    sizes: Sequence[int]
    weights: FloatArray | None
    present: BoolArray

    def sums(self, counts: Counts) -> FloatArray:
        """Return features x groups."""
        return sum_answers(self.positions, self.sizes, self.weights, counts)


def bootstrap_metrics(
    humans: Answers, rows: Sequence[Answers], counts: Iterable[Counts], jobs: int
) -> list[Draws]:
    """Return every metric in every draw of people, of the respondents and of each row.

    Parameters
    ----------
    humans, rows
        The respondents, and each row's personas.
    counts
        Draws x people, block by block: how often each was drawn.
    jobs
        How many threads.

    Returns
    -------
    list
        Of the respondents, compared with themselves, and then of each row.
    """
    found: list[list[Draws]] = [[] for _ in (humans, *rows)]
    with _one_thread_each(), Parallel(jobs, prefer="threads") as pool:
        for block in counts:
            sums = pool(delayed(one.sums)(block) for one in (humans, *rows))
            measured = pool(delayed(_measure)(sums[0], own, humans.sizes) for own in sums)
            for draws, more in zip(found, measured, strict=True):
                draws.append(more)
    return [_concatenate(parts) for parts in found]


@dataclass(slots=True)
class PermutationCount:
    """How many sign flips gave at least the observed difference between two rows.

    Parameters
    ----------
    extreme
        After how many the two were at least as far apart.
    defined
        After how many the difference was defined.
    """

    extreme: int = 0
    defined: int = 0


def permute_pairs(
    humans: GroupStats,
    rows: Sequence[Answers],
    differences: Mapping[Pair, Mapping[str, float]],
    flips: Iterable[BoolArray],
    jobs: int,
) -> dict[Pair, dict[str, PermutationCount]]:
    """Exchange the answers of every two rows, person by person, and count.

    Parameters
    ----------
    humans
        The respondents.
    rows
        Each row's personas. Who is missing in one of the two is not exchanged.
    differences
        For every two rows each metric's observed difference.
    flips
        Draws x people, block by block: whether the two answers of a person are exchanged.
    jobs
        How many threads.
    """
    total = {pair: {name: PermutationCount() for name in own} for pair, own in differences.items()}
    # Which rows have the same people is found once: most often all do, and one mask is enough.
    masks, mask_of = np.unique([row.present for row in rows], axis=0, return_inverse=True)
    wanted = sorted({(i, int(mask_of[j])) for pair in differences for i, j in (pair, pair[::-1])})

    def split(row: int, mask: int, flipped: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Return a row's sums over those who keep their answers, and over those who do not."""
        given = flipped & masks[mask]
        return rows[row].sums(~given), rows[row].sums(given)

    def exchange(pair: Pair, sums: Mapping[Pair, tuple[FloatArray, FloatArray]]) -> None:
        one, two = (sums[i, int(mask_of[j])] for i, j in (pair, pair[::-1]))
        sizes = humans.sizes
        first, second = (
            _measure(humans, kept + given, sizes)
            for kept, given in ((one[0], two[1]), (two[0], one[1]))
        )
        for name, observed in differences[pair].items():
            values = first[name] - second[name]
            total[pair][name].extreme += count_extreme(observed, values)
            total[pair][name].defined += int((~np.isnan(values)).sum())

    with _one_thread_each(), Parallel(jobs, prefer="threads") as pool:
        for flipped in flips if differences else ():
            halves = pool(delayed(split)(row, mask, flipped) for row, mask in wanted)
            sums = dict(zip(wanted, halves, strict=True))
            pool(delayed(exchange)(pair, sums) for pair in differences)
    return total


def _one_thread_each() -> threadpool_limits:
    """Keep each product in the thread of its job: dividing it up would change its last bits."""
    return threadpool_limits(1, user_api="blas")


def _measure(humans: FloatArray | GroupStats, sums: FloatArray, sizes: Sequence[int]) -> Draws:
    """Return the metrics in every draw, of the same respondents or of those drawn as often."""
    parts = []
    for start in range(0, sums.shape[1], _BLOCK):
        some = slice(start, start + _BLOCK)
        own = humans if isinstance(humans, GroupStats) else stats_from_sums(humans[:, some], sizes)
        parts.append(measure(own, stats_from_sums(sums[:, some], sizes)))
    return _concatenate(parts)


def _concatenate(parts: Sequence[Draws]) -> Draws:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
