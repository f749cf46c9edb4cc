"""What a paragraph says about who is speaking."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from anthology.models.options import Listed, listed
from anthology.simulation.cues import HINTS, STATED_EDUCATION, STATEMENTS
from anthology.simulation.names import OPTIONS
from anthology.simulation.prompt import turn
from anthology.simulation.society import Array, scores
from anthology.simulation.topics import open_trait, sentence_trait, trait_of
from anthology.simulation.values import likelihood

_SENTENCE = re.compile(r"\n+|(?<=[.!?;])\s+")
_ASKS = re.compile(r"\?|\.$")
"""How a question ends, or at least a request such as "Please describe yourself."."""
_HINT_FLOOR = 0.08
"""How likely a hint is in the story of somebody whom it does not fit."""
_STATED_FLOOR = 0.004
_DECLARED_FLOOR = 1e-6
_DECLARED_SHARE = 0.6
"""Share of a paragraph's sentences that must state traits for it to be a description."""
_LONGEST_STATEMENT = 30
"""Words of the longest sentence that can state a trait and nothing else."""


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
    """

    hints: tuple[tuple[str, Array], ...] = ()
    declared: tuple[tuple[str, Array], ...] = ()
    stated: tuple[tuple[str, str, str], ...] = ()


_NONE = Evidence()


@lru_cache(maxsize=32_768)
def evidence(paragraph: str) -> Evidence:
    """Read one paragraph: an answered question, a description, or part of a story."""
    answered = turn(paragraph)
    # "Age: 34" over "Gender: a woman" has the shape of a turn, but asks nothing.
    if answered is None or not (_ASKS.search(answered[0]) or listed(answered[0])):
        return _prose(paragraph)
    question, answer = answered
    asked = listed(question)
    if asked is not None:
        return _choice(asked, answer)
    trait = open_trait(question)
    fit = likelihood(trait, answer, sure=True) if trait else None
    if trait and fit is not None:
        return Evidence(declared=((trait, _log(fit, _DECLARED_FLOOR)),))
    return _prose(answer)


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
        return _NONE
    first, _, rest = answer.partition(" ")
    label = asked.position(first)
    position = label if label is not None else asked.position(answer)
    text = rest.strip() or answer if position is None else asked.texts[position]
    fit = likelihood(trait, text, sure=True)
    return Evidence(declared=((trait, _log(fit, _DECLARED_FLOOR)),)) if fit is not None else _NONE


def _prose(paragraph: str) -> Evidence:
    told = _story(paragraph)
    return Evidence(told.hints, _description(paragraph), told.stated)


def _description(paragraph: str) -> tuple[tuple[str, Array], ...]:
    """Read a paragraph that does little else than state traits; empty for any other."""
    sentences = [s for s in _SENTENCE.split(paragraph.strip()) if s and not s.endswith(":")]
    short = [s for s in sentences if len(s.split()) <= _LONGEST_STATEMENT]
    found = [statement for s in short if (statement := sentence_trait(s))]
    if len(found) < _DECLARED_SHARE * len(sentences):
        return ()
    return tuple((trait, _log(fit, _DECLARED_FLOOR)) for trait, fit in found)


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
    return Evidence(hints=tuple(hints), stated=tuple(stated))


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
