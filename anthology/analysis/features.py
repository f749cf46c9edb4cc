"""The answers of people, or of personas that stand for them, as what is summed over them.

Most have answered every item, and of these all sums follow from few: marks of the chosen
options, and products of the positions of two items. Only of who left items out it has to be
summed which two were answered, and how. All of it are whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from anthology.analysis.block_products import Features, Numbers, Source, totals
from anthology.analysis.distances import BoolArray, FloatArray, scale_midpoints
from anthology.analysis.sufficient_stats import Sums, distance_features

Places = npt.NDArray[np.int16]
"""People x items: the position 1..k, and 0 where there is no answer."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers that all count the same.

    Parameters
    ----------
    places
        People x items.
    sizes
        How many options each item has.
    """

    places: Places
    sizes: Sequence[int]

    @property
    def heights(self) -> tuple[int, int]:
        """How many features there are, of who answered every item and of who did not."""
        items = len(self.sizes)
        wide, pairs = items * max(self.sizes), items * (items - 1) // 2
        return wide + pairs, wide + 2 * pairs + items * (items - 1)

    def features(self, people: slice) -> tuple[Features, Features]:
        """Return the features of who answered every item, and of who answered some."""
        places = np.ascontiguousarray(self.places[people].T)
        whole = (places > 0).all(axis=0)
        others = np.flatnonzero((places > 0).any(axis=0) & ~whole)
        largest = float(max(1, np.square(scale_midpoints(self.sizes)).max()))
        return (
            Features(self._complete(np.where(whole, places, 0)), None, largest),
            Features(self._partial(places[:, others]), others, largest),
        )

    def sums(self, parts: Sequence[FloatArray]) -> Sums:
        """Return the sums that follow from those of the features."""
        items, options = len(self.sizes), max(self.sizes)
        complete, partial = parts
        groups = complete.shape[1]
        wide, pairs = items * options, items * (items - 1) // 2
        marks = complete[:wide].reshape(items, options, groups)
        others, together, beside, products = np.split(
            partial, [wide, wide + pairs, wide + pairs + items * (items - 1)]
        )
        others = others.reshape(items, options, groups)
        first, second = np.triu_indices(items)
        level = np.arange(1, options + 1) - scale_midpoints(self.sizes)[:, None]
        rows, own = marks[0].sum(axis=0), first == second
        # Of complete rows, and of the others item by item.
        values, squares = (np.einsum("iog,io->ig", marks, level**power) for power in (1, 2))
        more, larger = (np.einsum("iog,io->ig", others, level**power) for power in (1, 2))
        moments = np.empty((len(first), groups))
        moments[own], moments[~own] = squares, complete[wide:]
        both, spread = np.empty_like(moments), np.empty_like(moments)
        both[own], both[~own] = rows + others.sum(axis=1), rows + together
        spread[own], spread[~own] = squares + larger, moments[~own] + products
        seen = np.repeat(values[:, None], items, axis=1)
        diagonal = np.eye(items, dtype=np.bool_)
        seen[diagonal] += more
        seen[~diagonal] += beside
        return Sums(
            np.concatenate(
                [
                    *((marks + others).reshape(wide, groups), complete[:wide]),
                    *(rows[None], values, moments, rows[None]),
                ]
            ),
            np.concatenate([both, seen.reshape(items**2, groups), spread]),
        )

    def _marks(self, places: Places, out: Numbers) -> None:
        options = np.arange(1, max(self.sizes) + 1)
        shape = (len(self.sizes), len(options), places.shape[1])
        np.equal(places[:, None], options[:, None], out=out.reshape(shape), casting="unsafe")

    def _values(self, places: Places) -> Numbers:
        centred = places - scale_midpoints(self.sizes)[:, None]
        return np.where(places > 0, centred, 0).astype(np.float32)

    def _complete(self, places: Places) -> Numbers:
        wide = len(self.sizes) * max(self.sizes)
        made = np.empty((self.heights[0], places.shape[1]), dtype=np.float32)
        self._marks(places, made[:wide])
        values = self._values(places)
        first, second = np.triu_indices(len(self.sizes), 1)
        np.multiply(values[first], values[second], out=made[wide:])
        return made

    def _partial(self, places: Places) -> Numbers:
        items, wide = len(self.sizes), len(self.sizes) * max(self.sizes)
        made = np.empty((self.heights[1], places.shape[1]), dtype=np.float32)
        self._marks(places, made[:wide])
        values, answered = self._values(places), (places > 0).astype(np.float32)
        first, second = np.triu_indices(items, 1)
        seen, beside = np.nonzero(~np.eye(items, dtype=np.bool_))
        made[wide:] = np.concatenate(
            [
                answered[first] * answered[second],
                values[seen] * answered[beside],
                values[first] * values[second],
            ]
        )
        return made


@dataclass(frozen=True, slots=True)
class Weighted:
    """Answers that count as much as the people's weights say; for distances alone.

    Parameters
    ----------
    places
        People x items.
    sizes
        How many options each item has.
    weights
        One for each person.
    """

    places: Places
    sizes: Sequence[int]
    weights: FloatArray

    @property
    def heights(self) -> tuple[int]:
        """How many features there are."""
        items = len(self.sizes)
        return (2 * items * max(self.sizes) + 1 + items + items * (items + 1) // 2 + 1,)

    def features(self, people: slice) -> tuple[Features]:
        """Return what is summed for distances."""
        positions = positions_of(self.places[people])
        return (Features(distance_features(positions, self.sizes, self.weights[people])),)


@dataclass(frozen=True, slots=True)
class Side:
    """The answers of people, or of personas that stand for them.

    Parameters
    ----------
    answers
        The answers, from which alpha comes.
    weighted
        The same with weights, from which distances come; None where all count the same.
    present
        People: who has answers here.
    """

    answers: Answers
    weighted: Weighted | None
    present: BoolArray

    @property
    def sources(self) -> list[Source]:
        """What is summed."""
        return [self.answers] if self.weighted is None else [self.answers, self.weighted]

    def sums(self, parts: Sequence[Sequence[FloatArray]]) -> Sums:
        """Return the sums that follow from those of the features of all sources."""
        found = self.answers.sums(parts[0])
        return found if self.weighted is None else Sums(parts[1][0], found.alpha)

    def of(self, people: BoolArray) -> "Side":
        """Return the same of some people."""
        places, sizes = self.answers.places[people], self.answers.sizes
        heavy = self.weighted and Weighted(places, sizes, self.weighted.weights[people])
        return Side(Answers(places, sizes), heavy, self.present[people])


def side(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray, present: BoolArray
) -> Side:
    """Return what is summed of some answers, NaN where a person has none."""
    return placed(places_of(positions), sizes, weights, present)


def placed(places: Places, sizes: Sequence[int], weights: FloatArray, present: BoolArray) -> Side:
    """Return what is summed of some answers, 0 where a person has none."""
    weighted = None if (weights == 1).all() else Weighted(places, sizes, weights)
    return Side(Answers(places, sizes), weighted, present)


def sums_of(sides: Sequence[Side], counts: Numbers, jobs: int = 1) -> list[Sums]:
    """Return the sums of each side in each group of people.

    Parameters
    ----------
    sides
        The answers.
    counts
        Groups x people: how often each group has each person.
    jobs
        How many threads.
    """
    found = iter(totals([source for one in sides for source in one.sources], counts, jobs))
    return [one.sums([next(found) for _ in one.sources]) for one in sides]


def places_of(positions: FloatArray) -> Places:
    """Return positions with 0 where there is no answer."""
    return np.nan_to_num(positions).astype(np.int16)


def positions_of(places: Places) -> FloatArray:
    """Return places with NaN where there is no answer."""
    return np.where(places > 0, places.astype(np.float64), np.nan)
