"""Every metric of every row of a survey's table, in each draw, and in each exchange of a pair.

Draws are taken in blocks, in threads, and put together in their order: how many
threads there are changes nothing, and a block bounds what is in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from anthology.analysis import sums
from anthology.analysis.bootstrap import ALPHA, Counts
from anthology.analysis.measures import BoolArray, FloatArray, Group, apart
from anthology.analysis.paired import as_far
from anthology.meter import Meter
from anthology.progress import Progress

_BLOCK = 256
"""Draws at a time."""

Found = TypeVar("Found")

Draws = dict[str, FloatArray]
"""By metric, one value for each draw."""


@dataclass(frozen=True, slots=True)
class Side:
    """The answers of people, or of personas that stand for them, as what is summed.

    Parameters
    ----------
    distances
        What the distances need, features x people.
    alpha
        What alpha needs, features x people.
    present
        People: who has answers here.
    """

    distances: FloatArray
    alpha: FloatArray
    present: BoolArray


def side(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray, present: BoolArray
) -> Side:
    """Return what is summed of some answers, NaN where a person has none."""
    features = sums.distance_features(positions, sizes, weights)
    return Side(features, sums.alpha_features(positions, sizes), present)


def redrawn_metrics(
    humans: Side, rows: Sequence[Side], sizes: Sequence[int], counts: Counts, jobs: int
) -> tuple[FloatArray, list[Draws]]:
    """Return every metric in every draw of people.

    Parameters
    ----------
    humans, rows
        The people, and each row's personas.
    sizes
        How many options each item has.
    counts
        Draws x people: how often each was drawn.
    jobs
        How many threads.

    Returns
    -------
    tuple
        The people's alphas; for each row its metrics.
    """

    def block(part: slice) -> tuple[FloatArray, list[Draws]]:
        drawn = counts[part]
        people = sums.groups(sums.totals(drawn, humans.distances), sizes)
        alphas = sums.alphas(sums.totals(drawn, humans.alpha), len(sizes))
        return alphas, [
            _metrics(
                people, sums.totals(drawn, row.distances), sums.totals(drawn, row.alpha), sizes
            )
            for row in rows
        ]

    found = list(_in_blocks(block, len(counts), "draws", jobs))
    joined = [
        {name: np.concatenate([rows[i][name] for _, rows in found]) for name in found[0][1][i]}
        for i in range(len(rows))
    ]
    return np.concatenate([alphas for alphas, _ in found]), joined


@dataclass(slots=True)
class Exchanged:
    """What became of one metric's difference between two rows in all exchanges.

    Parameters
    ----------
    far
        After how many the two were apart at least as far.
    defined
        After how many the difference was defined.
    """

    far: int = 0
    defined: int = 0


def exchanged_metrics(
    humans: Group,
    rows: Sequence[Side],
    sizes: Sequence[int],
    differences: Mapping[tuple[int, int], Mapping[str, float]],
    swaps: BoolArray,
    jobs: int,
) -> dict[tuple[int, int], dict[str, Exchanged]]:
    """Exchange the answers of every two rows, person by person, and count.

    Parameters
    ----------
    humans
        What the distances need of the people.
    rows
        Each row's personas. Who is missing in one of the two is not exchanged.
    sizes
        How many options each item has.
    differences
        For every two rows, by their places, each metric's difference as it is.
    swaps
        Draws x people: whether the two answers of a person are exchanged.
    jobs
        How many threads.
    """

    def block(part: slice) -> dict[tuple[int, int], dict[str, Exchanged]]:
        swapped = swaps[part]
        everybody = [_Parted.of(row, swapped) for row in rows]
        found = {}
        for (one, two), observed in differences.items():
            both = everybody[one], everybody[two]
            common = rows[one].present & rows[two].present
            if not (rows[one].present == rows[two].present).all():
                both = (
                    _Parted.of(rows[one], swapped & common),
                    _Parted.of(rows[two], swapped & common),
                )
            first, second = (
                _metrics(
                    humans,
                    own.distances[0] + other.distances[1],
                    own.alpha[0] + other.alpha[1],
                    sizes,
                )
                for own, other in (both, both[::-1])
            )
            found[one, two] = {
                name: _counted(value, first[name] - second[name])
                for name, value in observed.items()
            }
        return found

    total = {pair: {name: Exchanged() for name in own} for pair, own in differences.items()}
    for found in _in_blocks(block, len(swaps), "exchanges", jobs):
        for pair, own in found.items():
            for name, counted in own.items():
                total[pair][name].far += counted.far
                total[pair][name].defined += counted.defined
    return total


@dataclass(frozen=True, slots=True)
class _Parted:
    """A row's sums over those who keep their answers, and over those who give them away."""

    distances: tuple[FloatArray, FloatArray]
    alpha: tuple[FloatArray, FloatArray]

    @classmethod
    def of(cls, row: Side, swapped: BoolArray) -> "_Parted":
        # The difference to the sum over all would leave a rest where nothing is left.
        kept = ~swapped
        return cls(
            (sums.totals(kept, row.distances), sums.totals(swapped, row.distances)),
            (sums.totals(kept, row.alpha), sums.totals(swapped, row.alpha)),
        )


def _counted(observed: float, differences: FloatArray) -> Exchanged:
    return Exchanged(as_far(observed, differences), int((~np.isnan(differences)).sum()))


def _metrics(
    humans: Group, distances: FloatArray, alpha: FloatArray, sizes: Sequence[int]
) -> Draws:
    found = apart(humans, sums.groups(distances, sizes), sizes)
    return {**found, ALPHA: sums.alphas(alpha, len(sizes))}


def _in_blocks(do: Callable[[slice], Found], count: int, label: str, jobs: int) -> Iterator[Found]:
    blocks = [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]
    progress = Progress(label, len(blocks), Meter())
    try:
        # Threads of the products inside of threads that each take a block get in each other's way.
        with threadpool_limits(1, user_api="blas"):
            for found in Parallel(jobs, prefer="threads", return_as="generator")(
                delayed(do)(part) for part in blocks
            ):
                progress.step()
                yield found
    finally:
        progress.close()
