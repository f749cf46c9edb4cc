"""Sums over the people of many groups, as products of matrices that are taken in blocks.

A group is given by how often it has each person, and what is summed are features that each
person has alone. People are taken a few thousand at a time, whose features are made when
they are needed and then let go, and groups some hundreds at a time, in threads. So memory is
bounded by the sums, and the threads change no bit: each block's product is the same whoever
takes it, and blocks of people are added in their order.

Whole numbers are summed in single precision, which is twice as fast, as long as no sum can
reach the 2^24 up to which it is exact; so their sums are exact whatever the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from anthology.analysis.distances import FloatArray, IntArray

Numbers = npt.NDArray[Any]

_PEOPLE = 4096
"""People at a time."""
_GROUPS = 512
"""Groups at a time."""
_EXACT = 1 << 24
"""Up to here single precision holds every whole number."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of some people.

    Parameters
    ----------
    values
        Features x people.
    people
        Which of a block's people they are of, by their places in it; of all where None.
    largest
        The largest absolute value of whole numbers; None where they are not whole.
    """

    values: Numbers
    people: IntArray | None = None
    largest: float | None = None


class Source(Protocol):
    """Something that has features of people."""

    @property
    def heights(self) -> tuple[int, ...]:
        """How many features there are in each of its parts."""

    def features(self, people: slice) -> tuple[Features, ...]:
        """Return the features of some consecutive people, part by part."""


@dataclass(frozen=True, slots=True)
class Given:
    """Features that are there for all people.

    Parameters
    ----------
    values
        Features x people.
    largest
        As in `Features`.
    """

    values: Numbers
    largest: float | None = None

    @property
    def heights(self) -> tuple[int]:
        """How many features there are."""
        return (len(self.values),)

    def features(self, people: slice) -> tuple[Features]:
        """Return those of some people."""
        return (Features(self.values[:, people], None, self.largest),)


def totals(sources: Sequence[Source], counts: Numbers, jobs: int = 1) -> list[list[FloatArray]]:
    """Return the sums of features in each group.

    Parameters
    ----------
    sources
        What has features of the same people.
    counts
        Groups x people: how often each group has each person; not negative.
    jobs
        How many threads.

    Returns
    -------
    list of list of FloatArray
        For each source and each of its parts, features x groups.
    """
    groups, people = counts.shape
    sums = [[np.zeros((height, groups)) for height in source.heights] for source in sources]
    into = [part for parts in sums for part in parts]
    blocks = [slice(start, start + _GROUPS) for start in range(0, groups, _GROUPS)]
    with one_thread_each(), Parallel(jobs, prefer="threads") as pool:
        for start in range(0, people, _PEOPLE):
            some = slice(start, min(start + _PEOPLE, people))
            made = pool(delayed(source.features)(some) for source in sources)
            features = [part for parts in made for part in parts]
            pool(
                delayed(_add)(features, counts[block, some], [part[:, block] for part in into])
                for block in blocks
            )
    return sums


def one_thread_each() -> threadpool_limits:
    """Let a product take one thread: those that each take a block are all the threads there are."""
    return threadpool_limits(1, user_api="blas")


def _add(features: Sequence[Features], counts: Numbers, sums: Sequence[FloatArray]) -> None:
    """Add the features of a block of people to the sums of a block of groups."""
    turned = np.ascontiguousarray(counts.T)
    heaviest = float(counts.sum(axis=1, dtype=np.float64).max(initial=0.0))
    whole = not np.issubdtype(counts.dtype, np.floating)
    as_type: dict[Any, Numbers] = {}
    for part, into in zip(features, sums, strict=True):
        exact = whole and part.largest is not None and part.largest * heaviest < _EXACT
        wanted = np.float32 if exact else np.float64
        if wanted not in as_type:
            as_type[wanted] = turned.astype(wanted)
        drawn = as_type[wanted]
        if part.people is not None:
            drawn = drawn[part.people]
        np.add(into, part.values.astype(wanted, copy=False) @ drawn, out=into)
