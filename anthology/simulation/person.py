"""The person that everything said in a prompt adds up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from anthology.config.population import DIMENSIONS
from anthology.simulation.draw_people import Categories, Chain
from anthology.simulation.read_story import evidence
from anthology.simulation.society import SIGNAL, TIES, TRAITS, Array, effects, scores, shares

_ROUNDS = 2
"""How often beliefs about the traits pull at each other before they are taken for settled."""
_STEREOTYPE = 1.35
"""How much more the reader makes of a person's traits than there is to them."""
_OWN = 0.62
"""How much of the attitudes' own part the reader gives a person."""
_NOISE = np.sqrt([1 - SIGNAL[dimension] for dimension in DIMENSIONS])
"""Standard deviation of that part."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Whom a reader takes the speaker to be.

    Parameters
    ----------
    traits
        For each trait the probability of each option.
    attitudes
        The attitudes, in the order of `DIMENSIONS`.
    key
        A name for the person, the same wherever the same things were said; empty
        where nothing was.
    """

    traits: dict[str, Array]
    attitudes: Array
    key: bytes


def read_person(paragraphs: Iterable[str]) -> Person:
    """Read the person whom the paragraphs of a prompt speak of."""
    told = [p for p in paragraphs if (e := evidence(p)).hints or e.declared]
    return _person(tuple(told))


@lru_cache(maxsize=4096)
def _person(told: tuple[str, ...]) -> Person:
    hints: dict[str, Array] = {}
    declared: dict[str, Array] = {}
    for paragraph in told:
        found = evidence(paragraph)
        for trait, log in found.hints:
            hints[trait] = hints.get(trait, 0.0) + log
        declared.update(found.declared)
    traits = _posterior(hints | declared)
    key = blake2b("\n\n".join(told).encode(), digest_size=8).digest() if told else b""
    raw = np.sum([traits[trait] @ effects(trait) for trait in TRAITS], axis=0)
    own = np.random.Generator(np.random.PCG64(int.from_bytes(key, "big")))
    deviation = own.standard_normal(len(DIMENSIONS)) * _NOISE * _OWN
    # Of a person about whom nothing was said nothing more can be made up.
    return Person(traits, _STEREOTYPE * society().attitudes(raw) + deviation * bool(told), key)


def _posterior(logs: dict[str, Array]) -> dict[str, Array]:
    """Combine what was read of each trait with how common it is and how traits go together."""
    read = {trait: _prior(trait) + logs.get(trait, 0.0) for trait in TRAITS}
    beliefs = {trait: _softmax(own) for trait, own in read.items()}
    for _ in range(_ROUNDS):
        for trait, links in _links().items():
            pull = sum([link.dot(beliefs[other]) for other, link in links])
            beliefs[trait] = _softmax(read[trait] + pull)
    return beliefs


@lru_cache(maxsize=1)
def society() -> Chain:
    """Return the society at large, ready to be drawn from."""
    return Chain({trait: Categories.of_society(trait) for trait in TRAITS}, reference=4000)


@lru_cache(maxsize=1)
def _links() -> dict[str, list[tuple[str, Array]]]:
    """Return, for each trait, what belief in the options of others adds to its log-odds."""
    links: dict[str, list[tuple[str, Array]]] = {trait: [] for trait in TRAITS}
    for tie in TIES:
        link = np.outer(scores(tie.child, tie.of_child), scores(tie.parent, tie.of_parent))
        below, above = _normal(shares(tie.child)), _normal(shares(tie.parent))
        # Centred, so that knowing nothing about one trait says nothing about the other.
        link = link - below @ link
        link = link - (link @ above)[:, None]
        links[tie.child].append((tie.parent, link))
        links[tie.parent].append((tie.child, link.T))
    return links


def _normal(values: Array) -> Array:
    scaled: Array = values / values.sum()
    return scaled


@lru_cache(maxsize=len(TRAITS))
def _prior(trait: str) -> Array:
    logs: Array = np.log(_normal(shares(trait)))
    return logs


def _softmax(logs: Array) -> Array:
    odds = np.exp(logs - max(logs.tolist()))
    return _normal(odds)
