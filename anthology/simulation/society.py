"""The toy society: its traits, its people, and the attitudes that go with their traits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anthology.config.population import DIMENSIONS, OPTIONS
from anthology.io.yaml import read_yaml
from anthology.seeds import rng_for

Array = NDArray[np.float64]
Positions = NDArray[np.int64]

TRAITS: tuple[str, ...] = tuple(OPTIONS)
"""The traits in the order in which a person gets them: each may depend on those before."""

_REFERENCE = 20_000
"""People drawn to fit a society: enough that no share is off by more than half a point."""
_ROUNDS = 40


@cache
def words(name: str) -> dict[str, Any]:
    """Return one of the files of words and numbers in `assets/`."""
    content: dict[str, Any] = read_yaml(Path(__file__).parent / "assets" / f"{name}.yaml")
    return content


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
        return cls(np.eye(len(common)), common, np.ones(len(common)))


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
        What each person's traits make of the attitudes, standardised to the share of
        variance that traits account for. Shape: people, dimensions.
    """

    categories: dict[str, Positions]
    weights: Array
    attitudes: Array


class Society:
    """A population whose traits hang together, ready to be drawn from.

    Parameters
    ----------
    categories
        For each trait the categories; traits left out do not exist.
    reference
        How many people the fit looks at.
    """

    def __init__(self, categories: Mapping[str, Categories], reference: int = _REFERENCE) -> None:
        self.traits = tuple(trait for trait in TRAITS if trait in categories)
        self._categories = dict(categories)
        self._links = {trait: self._links_of(trait) for trait in self.traits}
        self._odds: dict[str, Array] = {}
        uniforms = rng_for(0, "reference").random((reference, len(self.traits)))
        drawn: dict[str, Positions] = {}
        for column, trait in enumerate(self.traits):
            ties = self._ties(trait, drawn, reference)
            self._odds[trait] = _fit_odds(ties, self._categories[trait].shares)
            drawn[trait] = _pick(_normal(ties * self._odds[trait]), uniforms[:, column])
        raw = self._raw(drawn)
        self._mean, self._scale = raw.mean(axis=0), raw.std(axis=0)
        self.reference = People(drawn, np.ones(reference), self.attitudes(raw))
        """The people that the fit looked at, who stand for the population."""

    def draw(self, uniforms: Array) -> People:
        """Make people of uniform numbers, one row a person, one column a trait."""
        drawn: dict[str, Positions] = {}
        weights = np.ones(len(uniforms))
        rows = np.arange(len(uniforms))
        for column, trait in enumerate(self.traits):
            true = _normal(self._ties(trait, drawn, len(uniforms)) * self._odds[trait])
            held = _normal(true * self._categories[trait].reach)
            drawn[trait] = _pick(held, uniforms[:, column])
            weights *= true[rows, drawn[trait]] / held[rows, drawn[trait]]
        return People(drawn, weights, self.attitudes(self._raw(drawn)))

    def attitudes(self, raw: Array) -> Array:
        """Standardise sums of trait effects to the variance that traits account for."""
        standard: Array = (raw - self._mean) / self._scale * np.sqrt(signal())
        return standard

    def _links_of(self, child: str) -> dict[str, Array]:
        """Return, for each trait before, the log-odds of each category given each of its own."""
        links: dict[str, Array] = {}
        for tie in words("society")["ties"]:
            parent = tie["parent"]
            if tie["child"] == child and parent in self.traits:
                above = self._categories[parent].members @ _scores(parent, tie["of_parent"])
                below = self._categories[child].members @ _scores(child, tie["of_child"])
                links[parent] = links.get(parent, 0.0) + np.outer(above, below)
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


@cache
def society() -> Society:
    """Return the society at large, of which a model's life stories tell."""
    return Society({trait: Categories.of_society(trait) for trait in TRAITS}, reference=4000)


@cache
def shares(trait: str) -> Array:
    """Return how common the options of a trait are, adding up to 1. Shape: options."""
    common = words("society")["shares"][trait]
    odds = np.array([common[option] for option in OPTIONS[trait]])
    scaled: Array = odds / odds.sum()
    return scaled


@cache
def effects(trait: str) -> Array:
    """Return what a trait does to the attitudes. Shape: options, dimensions."""
    added: dict[str, list[float]] = words("society")["effects"][trait]
    count = len(OPTIONS[trait])
    columns = [added[dimension] for dimension in DIMENSIONS]
    return np.column_stack(
        [np.linspace(ends[0], ends[1], count) if len(ends) == 2 else ends for ends in columns]
    )


@cache
def signal() -> Array:
    """Return the share of each attitude's variance that traits account for. Shape: dimensions."""
    return np.array([words("society")["signal"][dimension] for dimension in DIMENSIONS])


def _scores(trait: str, of: float | dict[str, float]) -> Array:
    """Lay out scores by option, as a ladder or one by one, 0 where none is given."""
    if isinstance(of, dict):
        return np.array([of.get(option, 0.0) for option in OPTIONS[trait]])
    return np.linspace(-of, of, len(OPTIONS[trait]))


def _normal(odds: Array) -> Array:
    scaled: Array = odds / odds.sum(axis=1, keepdims=True)
    return scaled


def _pick(probabilities: Array, uniforms: Array) -> Positions:
    below = np.cumsum(probabilities, axis=1)[:, :-1] <= uniforms[:, None]
    position: Positions = below.sum(axis=1)
    return position


def _fit_odds(ties: Array, wanted: Array) -> Array:
    """Find the odds of each category that make the shares come out as wanted."""
    odds = wanted.copy()
    scaled = np.empty_like(ties)
    for _ in range(_ROUNDS):
        np.multiply(ties, odds, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        odds *= wanted / np.maximum(scaled.mean(axis=0), 1e-12)
    return odds
