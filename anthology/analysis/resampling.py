"""Every metric of every row of a survey's table, in each draw, and in each exchange of a pair.

Draws of people are shared by all rows, and exchanges by all pairs, so that sums over those
drawn, or exchanged, are taken once for each row. What becomes of a pair after an exchange
is then the sum of two such sums. Draws come in blocks, which bounds what is in memory, and
neither the blocks nor how many threads there are changes a result.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from anthology.analysis import sufficient_stats as sums
from anthology.analysis.block_products import one_thread_each, totals
from anthology.analysis.bootstrap import ALPHA, Counts
from anthology.analysis.distances import BoolArray, FloatArray, GroupStats, all_distances
from anthology.analysis.features import Side, sums_of
from anthology.analysis.permutation import count_extreme
from anthology.analysis.sufficient_stats import Sums

_BLOCK = 256
"""Draws whose metrics are computed at a time: their sums fit into a processor's own memory."""

Draws = dict[str, FloatArray]
"""By metric, one value for each draw."""


def bootstrap_metrics(
    humans: Side, rows: Sequence[Side], sizes: Sequence[int], counts: Iterable[Counts], jobs: int
) -> tuple[FloatArray, list[Draws]]:
    """Return every metric in every draw of people.

    Parameters
    ----------
    humans, rows
        The people, and each row's personas.
    sizes
        How many options each item has.
    counts
        Draws x people, block by block: how often each was drawn.
    jobs
        How many threads.

    Returns
    -------
    tuple
        The people's alphas; for each row its metrics.
    """
    everybody = [humans, *rows]
    alphas: list[FloatArray] = []
    found: list[list[Draws]] = [[] for _ in rows]
    with one_thread_each(), Parallel(jobs, prefer="threads") as pool:
        for block in counts:
            own, *others = sums_of(everybody, block, jobs)
            people = sums.groups(own.distances, sizes)
            alphas.append(sums.alphas(own.alpha, len(sizes)))
            measured = pool(delayed(_all_metrics)(people, other, sizes) for other in others)
            for draws, more in zip(found, measured, strict=True):
                draws.append(more)
    joined = [
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for parts in found
    ]
    return np.concatenate(alphas), joined


@dataclass(slots=True)
class PermutationCount:
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

    def add(self, observed: float, differences: FloatArray) -> None:
        """Count some more of them."""
        self.far += count_extreme(observed, differences)
        self.defined += int((~np.isnan(differences)).sum())


Pair = tuple[int, int]
"""Two rows, by their places."""


def permute_pairs(
    humans: GroupStats,
    rows: Sequence[Side],
    sizes: Sequence[int],
    differences: Mapping[Pair, Mapping[str, float]],
    swaps: Iterable[BoolArray],
    jobs: int,
) -> dict[Pair, dict[str, PermutationCount]]:
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
        For every two rows each metric's difference as it is.
    swaps
        Draws x people, block by block: whether the two answers of a person are exchanged.
    jobs
        How many threads.
    """
    total = {pair: {name: PermutationCount() for name in own} for pair, own in differences.items()}

    def exchange(pair: Pair, parted: Sequence[_Parted], swapped: BoolArray) -> None:
        one, two = (
            parted[place].among(rows[place], rows[other].present, swapped)
            for place, other in (pair, pair[::-1])
        )
        for some in _blocks(len(swapped)):
            first = _metrics(humans, one.kept.of(some) + two.swapped.of(some), sizes)
            second = _metrics(humans, two.kept.of(some) + one.swapped.of(some), sizes)
            for name, observed in differences[pair].items():
                total[pair][name].add(observed, first[name] - second[name])

    with one_thread_each(), Parallel(jobs, prefer="threads") as pool:
        for swapped in swaps if differences else ():
            parted = _part(rows, swapped, jobs)
            pool(delayed(exchange)(pair, parted, swapped) for pair in differences)
    return total


@dataclass(frozen=True, slots=True)
class _Parted:
    """A row's sums over those who keep their answers, and over those who give them away."""

    kept: Sums
    swapped: Sums

    def among(self, row: Side, present: BoolArray, swapped: BoolArray) -> "_Parted":
        """Return the same where only those who are present in another row are exchanged."""
        alone = row.present & ~present
        if not alone.any():
            return self
        if row.weighted is not None:
            (found,) = _part([row], swapped & present, 1)
            return found
        (others,) = sums_of([row.of(alone)], swapped[:, alone])
        return _Parted(self.kept + others, self.swapped - others)


def _part(rows: Sequence[Side], swapped: BoolArray, jobs: int) -> list[_Parted]:
    """Part each row's people into those who keep their answers and those who do not."""
    given = sums_of(rows, swapped, jobs)
    whole = sums_of(rows, np.ones((1, swapped.shape[1]), dtype=np.bool_))
    kept = [all_of - some for all_of, some in zip(whole, given, strict=True)]
    # A difference of whole numbers is exact. Of others it would leave a rest where nothing is left.
    heavy = [place for place, row in enumerate(rows) if row.weighted is not None]
    weighted = [source for row in rows if (source := row.weighted) is not None]
    stayed = totals(weighted, ~swapped, jobs) if weighted else []
    for place, (distances,) in zip(heavy, stayed, strict=True):
        kept[place] = Sums(distances, kept[place].alpha)
    return [_Parted(*both) for both in zip(kept, given, strict=True)]


def _all_metrics(humans: GroupStats, found: Sums, sizes: Sequence[int]) -> Draws:
    """Return the metrics in every draw, of people who were drawn as often."""
    parts = [
        _metrics(humans.of(some), found.of(some), sizes)
        for some in _blocks(found.distances.shape[1])
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _metrics(humans: GroupStats, found: Sums, sizes: Sequence[int]) -> Draws:
    measured = all_distances(humans, sums.groups(found.distances, sizes), sizes)
    return {**measured, ALPHA: sums.alphas(found.alpha, len(sizes))}


def _blocks(draws: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, draws, _BLOCK))
