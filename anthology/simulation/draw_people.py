"""Drawing people trait by trait, each given those before, with the shares asked for."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from anthology.config.population import DIMENSIONS
from anthology.seeds import rng_for
from anthology.simulation.society import SIGNAL, TIES, TRAITS, Array, effects, scores, shares

Positions = NDArray[np.int64]

REFERENCE = 20_000
"""People drawn to fit a chain: enough that no share is off by more than half a point."""
_ROUNDS = 40
_KNOWN = 4096
"""Circumstances, such as an age, a race and a degree, whose odds for a trait are kept."""
_SIGNAL = np.sqrt([SIGNAL[dimension] for dimension in DIMENSIONS])


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A trait cut into the categories that one survey knows.

    Parameters
    ----------
    members
        Which options each category stands for, rows adding up to 1. Shape:
        categories, options.
    shares
        How common each category is in the population, adding up to 1.
    reach
        How much more often than that the panel holds it.
    """

    members: Array
    shares: Array
    reach: Array

    @classmethod
    def of_society(cls, trait: str) -> "Categories":
        """Take the society's own options, with its own shares."""
        common = shares(trait)
        return cls(np.eye(len(common)), common / common.sum(), np.ones(len(common)))


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Drawn people.

    Parameters
    ----------
    categories
        For each trait the position of each person's category.
    weights
        What makes the people stand for the population; 1 on average.
    attitudes
        What each person's traits make of the attitudes, standardised to the
        variance `SIGNAL` in the population. Shape: people, dimensions.
    """

    categories: dict[str, Positions]
    weights: Array
    attitudes: Array


class Chain:
    """The traits of a population, ready to be drawn from.

    Parameters
    ----------
    categories
        For each trait the categories; traits left out do not exist.
    reference
        How many people the fit looks at.
    """

    def __init__(self, categories: Mapping[str, Categories], reference: int = REFERENCE) -> None:
        self.traits = tuple(trait for trait in TRAITS if trait in categories)
        self._categories = dict(categories)
        self._links = {trait: self._links_of(trait) for trait in self.traits}
        self._odds: dict[str, Array] = {}
        uniforms = rng_for(0, "reference").random((reference, len(self.traits)))
        drawn: dict[str, Positions] = {}
        for column, trait in enumerate(self.traits):
            ties = self._ties(trait, drawn, reference)
            self._odds[trait] = _fitted(ties, self._categories[trait].shares)
            drawn[trait] = _pick(_normal(ties * self._odds[trait]), uniforms[:, column])
        raw = self._raw(drawn)
        self._mean, self._scale = raw.mean(axis=0), raw.std(axis=0)
        self.covariance: Array = np.cov(self.attitudes(raw), rowvar=False)
        """How the traits' parts of the attitudes vary together. Shape: dimensions twice."""
        self._bounds = lru_cache(maxsize=_KNOWN)(self._bounds_of)

    def draw(self, uniforms: Array) -> People:
        """Make people of uniform numbers, one row a person, one column a trait."""
        drawn: dict[str, Positions] = {}
        weights = np.ones(len(uniforms))
        for column, trait in enumerate(self.traits):
            true = _normal(self._ties(trait, drawn, len(uniforms)) * self._odds[trait])
            held = _normal(true * self._categories[trait].reach)
            drawn[trait] = _pick(held, uniforms[:, column])
            rows = np.arange(len(uniforms))
            weights *= true[rows, drawn[trait]] / held[rows, drawn[trait]]
        return People(drawn, weights, self.attitudes(self._raw(drawn)))

    def one(self, uniforms: Sequence[float]) -> dict[str, int]:
        """Draw what `draw` makes of one row, without weight and attitudes, and faster."""
        drawn: dict[str, int] = {}
        for trait, number in zip(self.traits, uniforms, strict=True):
            above = tuple(drawn[parent] for parent in self._links[trait])
            drawn[trait] = bisect_right(self._bounds(trait, above), number)
        return drawn

    def attitudes(self, raw: Array) -> Array:
        """Standardise sums of trait effects to the variance that traits account for."""
        standard: Array = (raw - self._mean) / self._scale * _SIGNAL
        return standard

    def _bounds_of(self, trait: str, above: tuple[int, ...]) -> list[float]:
        """Return where each category of a trait ends, but for the last, among uniform numbers."""
        drawn = dict(
            zip(self._links[trait], np.array(above, dtype=int).reshape(-1, 1), strict=True)
        )
        true = _normal(self._ties(trait, drawn, 1) * self._odds[trait])
        held = _normal(true * self._categories[trait].reach)
        bounds: list[float] = np.cumsum(held[0])[:-1].tolist()
        return bounds

    def _links_of(self, child: str) -> dict[str, Array]:
        """Return, for each trait before, the log-odds of each category given each of its own."""
        links: dict[str, Array] = {}
        for tie in TIES:
            if tie.child != child or tie.parent not in self.traits:
                continue
            above = self._categories[tie.parent].members @ scores(tie.parent, tie.of_parent)
            below = self._categories[child].members @ scores(child, tie.of_child)
            links[tie.parent] = links.get(tie.parent, 0.0) + np.outer(above, below)
        return links

    def _ties(self, trait: str, drawn: dict[str, Positions], count: int) -> Array:
        total = np.zeros((count, len(self._categories[trait].shares)))
        for parent, link in self._links[trait].items():
            total += link[drawn[parent]]
        return np.exp(total)

    def _raw(self, drawn: dict[str, Positions]) -> Array:
        parts = [
            (self._categories[trait].members @ effects(trait))[drawn[trait]]
            for trait in self.traits
        ]
        total: Array = np.sum(parts, axis=0)
        return total


def _normal(odds: Array) -> Array:
    scaled: Array = odds / odds.sum(axis=1, keepdims=True)
    return scaled


def _pick(probabilities: Array, uniforms: Array) -> Positions:
    below = np.cumsum(probabilities, axis=1)[:, :-1] <= uniforms[:, None]
    position: Positions = below.sum(axis=1)
    return position


def _fitted(ties: Array, wanted: Array) -> Array:
    """Find the odds of each category that make the shares come out as wanted."""
    odds = wanted.copy()
    scaled = np.empty_like(ties)
    for _ in range(_ROUNDS):
        np.multiply(ties, odds, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        odds *= wanted / np.maximum(scaled.mean(axis=0), 1e-12)
    return odds
