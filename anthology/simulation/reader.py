"""Reading who is speaking: evidence from paragraphs, and the person it adds up to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from anthology.models.options import Listed, listed
from anthology.simulation.chain import Categories, Chain
from anthology.simulation.cues import HINTS, STATED_EDUCATION, STATEMENTS
from anthology.simulation.prompt import turn
from anthology.simulation.society import DIMENSIONS, OPTIONS, SIGNAL, TIES, TRAITS
from anthology.simulation.society import Array, effects, scores, shares
from anthology.simulation.topics import is_yes_no, open_trait, sentence_trait, trait_of
from anthology.simulation.values import likelihood

_SENTENCE = re.compile(r"\n+|(?<=[.!?;])\s+")
_HINT_FLOOR = 0.08
"""How likely a hint is in the story of somebody whom it does not fit."""
_STATED_FLOOR = 0.004
_DECLARED_FLOOR = 1e-6
_DECLARED_SHARE = 0.6
"""Share of a paragraph's sentences that must state traits for it to be a description."""
_LONGEST_STATEMENT = 30
"""Words of the longest sentence that can state a trait and nothing else."""
_ROUNDS = 2
_STEREOTYPE = 1.35
"""How much more the reader makes of a person's traits than there is to them."""
_OWN = 0.62
"""How much of the attitudes' own part the reader gives a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one paragraph says about who is speaking.

    Parameters
    ----------
    hints
        Traits guessed at, with the log-probability of the words for each option.
    declared
        Traits told in so many words, likewise; they overrule hints.
    stated
        What a story states outright: trait, words, option.
    opinion
        Whether the paragraph is an answered opinion question.
    """

    hints: tuple[tuple[str, Array], ...] = ()
    declared: tuple[tuple[str, Array], ...] = ()
    stated: tuple[tuple[str, str, str], ...] = ()
    opinion: bool = False


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
        A name for the person, the same wherever the same things were said.
    """

    traits: dict[str, Array]
    attitudes: Array
    key: bytes


@lru_cache(maxsize=32_768)
def evidence(paragraph: str) -> Evidence:
    """Read one paragraph: an answered question, a description, or part of a story."""
    description = _description(paragraph)
    if description:
        return Evidence(declared=description)
    answered = turn(paragraph)
    if answered is None:
        return _story(paragraph)
    question, answer = answered
    asked = listed(question)
    if asked is None:
        trait = open_trait(question)
        fit = likelihood(trait, answer, sure=True) if trait else None
        if trait and fit is not None:
            return Evidence(declared=((trait, _log(fit, _DECLARED_FLOOR)),))
        description = _description(answer)
        return Evidence(declared=description) if description else _story(answer)
    return _choice(asked, answer)


def person(paragraphs: Iterable[str]) -> Person:
    """Read the person whom the paragraphs of a prompt speak of."""
    told = [p for p in paragraphs if (e := evidence(p)).hints or e.declared]
    return _person(tuple(told))


def statement(paragraphs: Iterable[str], trait: str) -> tuple[str, str] | None:
    """Return the words in which a story states a trait first, and the option they name."""
    for paragraph in paragraphs:
        for name, words, option in evidence(paragraph).stated:
            if name == trait:
                return words, option
    return None


def _choice(asked: Listed, answer: str) -> Evidence:
    """Read an answered multiple-choice question: only its answer counts."""
    trait = trait_of(asked.wording, asked.texts)
    if trait is None:
        return Evidence(opinion=not is_yes_no(asked.texts))
    first, _, rest = answer.partition(" ")
    label = asked.position(first)
    position = label if label is not None else asked.position(answer)
    text = rest.strip() or answer if position is None else asked.texts[position]
    fit = likelihood(trait, text, sure=True)
    return Evidence(declared=((trait, _log(fit, _DECLARED_FLOOR)),)) if fit is not None else _NONE


_NONE = Evidence()


def _description(paragraph: str) -> tuple[tuple[str, Array], ...]:
    """Read a paragraph that does little else than state traits; empty for any other."""
    sentences = [s for s in _SENTENCE.split(paragraph.strip()) if s]
    found = [
        (name_fit, sentence)
        for sentence in sentences
        if len(sentence.split()) <= _LONGEST_STATEMENT and (name_fit := sentence_trait(sentence))
    ]
    if len(found) < _DECLARED_SHARE * len(sentences):
        return ()
    if len({trait for (trait, _), _ in found}) < len(found):
        return ()
    return tuple((trait, _log(fit, _DECLARED_FLOOR)) for (trait, fit), _ in found)


def _story(paragraph: str) -> Evidence:
    lower = paragraph.lower()
    hints = [(trait, log) for words, trait, log in _hints() if words in lower]
    stated = []
    for trait, pattern in STATEMENTS.items():
        for match in pattern.finditer(paragraph):
            words = next(group for group in match.groups() if group)
            fit = _stated_fit(trait, words)
            if fit is not None:
                hints.append((trait, _log(fit, _STATED_FLOOR)))
                stated.append((trait, words, OPTIONS[trait][int(fit.argmax())]))
    return Evidence(hints=tuple(hints), stated=tuple(stated)) if hints else _NONE


def _stated_fit(trait: str, words: str) -> Array | None:
    if trait == "education":
        return scores(trait, {STATED_EDUCATION[words]: 1.0})
    return likelihood(trait, words, sure=True)


@lru_cache(maxsize=1)
def _hints() -> tuple[tuple[str, str, Array], ...]:
    return tuple(
        (words, trait, _log(scores(trait, fits), _HINT_FLOOR)) for words, trait, fits in HINTS
    )


def _log(fit: Array, floor: float) -> Array:
    logs: Array = np.log(fit / fit.max() + floor)
    return logs


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
    key = blake2b("\n\n".join(told).encode(), digest_size=8).digest()
    raw = np.sum([traits[trait] @ effects(trait) for trait in TRAITS], axis=0)
    own = np.random.Generator(np.random.PCG64(int.from_bytes(key, "big")))
    signal = np.sqrt([1 - SIGNAL[dimension] for dimension in DIMENSIONS])
    deviation = own.standard_normal(len(DIMENSIONS)) * signal * _OWN
    return Person(traits, _STEREOTYPE * society().attitudes(raw) + deviation * bool(told), key)


def _posterior(logs: dict[str, Array]) -> dict[str, Array]:
    """Combine what was read of each trait with how common it is and how traits go together."""
    beliefs = {trait: _softmax(_prior(trait) + logs.get(trait, 0.0)) for trait in TRAITS}
    for _ in range(_ROUNDS):
        for trait in TRAITS:
            pull = sum(
                (link @ beliefs[other] for other, link in _links()[trait]), np.zeros(1)
            )
            beliefs[trait] = _softmax(_prior(trait) + logs.get(trait, 0.0) + pull)
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
    odds = np.exp(logs - logs.max())
    return _normal(odds)
