"""Drawing people trait by trait, each given those before, with the shares asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anthology.randomness import generator
from anthology.simulation.names import DIMENSIONS
from anthology.simulation.society import SIGNAL, TIES, TRAITS, Array, effects, scores, shares

Positions = NDArray[np.int64]

REFERENCE = 20_000
"""People drawn to fit a chain: enough that no share is off by more than half a point."""
_ROUNDS = 40


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
        uniforms = generator(0, "reference").random((reference, len(self.traits)))
        drawn: dict[str, Positions] = {}
        for column, trait in enumerate(self.traits):
            ties = self._ties(trait, drawn, reference)
            self._odds[trait] = _fitted(ties, self._categories[trait].shares)
            drawn[trait] = _pick(_normal(ties * self._odds[trait]), uniforms[:, column])
        raw = self._raw(drawn)
        self._mean, self._scale = raw.mean(axis=0), raw.std(axis=0)
        self.covariance: Array = np.cov(self.attitudes(raw), rowvar=False)
        """How the traits' parts of the attitudes vary together. Shape: dimensions twice."""

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

    def attitudes(self, raw: Array) -> Array:
        """Standardise sums of trait effects to the variance that traits account for."""
        signal = np.sqrt([SIGNAL[dimension] for dimension in DIMENSIONS])
        standard: Array = (raw - self._mean) / self._scale * signal
        return standard

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
    for _ in range(_ROUNDS):
        odds *= wanted / np.maximum(_normal(ties * odds).mean(axis=0), 1e-12)
    return odds
