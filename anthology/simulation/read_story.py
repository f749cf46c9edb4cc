"""What a paragraph says about who is speaking."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.classify_topic import open_trait, sentence_trait, trait_of
from anthology.simulation.cues import HINTS, STATED_EDUCATION, STATEMENTS
from anthology.simulation.match_values import likelihood
from anthology.simulation.parse_options import Listed, listed
from anthology.simulation.parse_prompt import turn
from anthology.simulation.society import Array, scores

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
_STATED_ORDER = {trait: place for place, trait in enumerate(STATEMENTS)}


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


@dataclass(frozen=True, slots=True, eq=False)
class _Sentence:
    """What one sentence of a paragraph says.

    Parameters
    ----------
    hints
        The places of the hints in it.
    stated
        What it states outright: trait, words, option, log-probability for each option.
    told
        The trait that it states and nothing else, with its log-probability for each option.
    """

    hints: tuple[int, ...]
    stated: tuple[tuple[str, str, str, Array], ...]
    told: tuple[str, Array] | None


@lru_cache(maxsize=4096)
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
    # No hint and no statement reaches over the end of a sentence.
    texts = _SENTENCE.split(paragraph)
    sentences = [_sentence(text) for text in texts]
    found = sorted({place for sentence in sentences for place in sentence.hints})
    stated = [one for sentence in sentences for one in sentence.stated]
    stated.sort(key=lambda one: _STATED_ORDER[one[0]])
    hints = [_hints()[place] for place in found]
    stripped = paragraph.strip()
    return Evidence(
        (*hints, *((trait, log) for trait, _, _, log in stated)),
        _description(texts if paragraph == stripped else _SENTENCE.split(stripped)),
        tuple((trait, words, option) for trait, words, option, _ in stated),
    )


def _description(texts: list[str]) -> tuple[tuple[str, Array], ...]:
    """Read sentences that do little else than state traits; empty for any others."""
    sentences = [s for s in texts if s and not s.endswith(":")]
    found = [told for s in sentences if (told := _sentence(s).told)]
    return tuple(found) if len(found) >= _DECLARED_SHARE * len(sentences) else ()


@lru_cache(maxsize=16_384)
def _sentence(text: str) -> _Sentence:
    """Read one sentence; those of stories come again in others."""
    lower = text.lower()
    hints = tuple(place for place, (words, _, _) in enumerate(HINTS) if words in lower)
    stated = []
    for trait, pattern in STATEMENTS.items():
        for match in pattern.finditer(text):
            words = next(group for group in match.groups() if group)
            fit = _stated_fit(trait, words)
            if fit is not None:
                option = OPTIONS[trait][int(fit.argmax())]
                stated.append((trait, words, option, _log(fit, _STATED_FLOOR)))
    short = len(text.split()) <= _LONGEST_STATEMENT
    found = sentence_trait(text) if short else None
    told = found and (found[0], _log(found[1], _DECLARED_FLOOR))
    return _Sentence(hints, tuple(stated), told)


def _stated_fit(trait: str, words: str) -> Array | None:
    if trait == "education":
        return scores(trait, {STATED_EDUCATION[words]: 1.0})
    return likelihood(trait, words, sure=True)


@lru_cache(maxsize=1)
def _hints() -> tuple[tuple[str, Array], ...]:
    return tuple((trait, _log(scores(trait, fits), _HINT_FLOOR)) for _, trait, fits in HINTS)


def _log(fit: Array, floor: float) -> Array:
    logs: Array = np.log(fit / fit.max() + floor)
    return logs
