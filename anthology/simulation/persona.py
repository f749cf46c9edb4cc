"""The person that everything said in a prompt adds up to.

A reader takes signs of traits and voiced views from whatever it is shown: answered questions, a
paragraph, a list, a story, or several of these. From them follow who is speaking, which attitudes
that person has, and how firmly they are held.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from anthology.config.population import DIMENSIONS, OPTIONS
from anthology.simulation.dice import hash_of
from anthology.simulation.parse_options import OptionList, parse_options
from anthology.simulation.parse_prompt import split_turn
from anthology.simulation.society import TRAITS, Array, effects, shares, society, words
from anthology.simulation.topics import open_trait, read_trait, trait_of
from anthology.simulation.values import read_value

LEVELS: dict[str, dict[str, tuple[str, ...]]] = {
    trait: dict(zip(("low", "middle", "high"), (of[:a], of[a:b], of[b:]), strict=True))
    for trait, (a, b) in {"income": (3, 9), "education": (2, 4)}.items()
    for of in (OPTIONS[trait],)
}
"""Of traits that are hinted at in steps, the options of each step."""

_SENTENCE = re.compile(r"\n+|(?<=[.!?;])\s+")
_ASKS = re.compile(r"\?|\.$")
"""How a question ends, or at least a request such as "Please describe yourself."."""
_NUMBERS: dict[str, re.Pattern[str]] = {
    "age": re.compile(
        r"\b(?:I(?:'m| am)|I turned|was I) (?:now |almost |about )?(\d\d)\b(?! ?(?:%|percent))"
        r"|\b(\d\d)[- ]years?[- ]old\b"
    ),
    "income": re.compile(
        r"(\$\d[\d,]*k?)(?: (?:a|per|each) year|,)"
        r"|\b(\d{2,3}(?:,000|k| thousand))(?: dollars)? (?:a|per|each) year"
    ),
}
"""How a story states the traits that are numbers."""
_HINTED, _STATED, _DESCRIBED = 0.08, 0.004, 1e-6
"""How likely a hint, a statement or a description is of somebody whom it does not fit."""
_DESCRIBES = 0.6
"""Share of a paragraph's sentences that must state traits for it to be a description."""
_LONGEST_STATEMENT = 30
"""Words of the longest sentence that can state a trait and nothing else."""

_NOBODY = 0.03
"""How firmly somebody of whom nothing is known holds his attitudes."""
_DESCRIPTION = {"options": 0.025, "list": 0.035, "answers": 0.045, "sentences": 0.07}
"""What a description by all traits adds, by the form that it has."""
_ALL_TRAITS = 5
_LIFE, _VIEW = 0.03, 0.09
"""What having a life adds, and each view that is voiced in it."""
_MOST_VIEWS = 4
_DOUBT = 1.0
"""Which part of that is lost by each trait in which the life contradicts the description."""
_VOICED = 0.8
"""How far a voiced view moves an attitude."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one paragraph says about who is speaking.

    Parameters
    ----------
    hints
        Traits guessed at, with the log-probability of the words for each option.
    description
        Traits described one by one, likewise; they overrule hints.
    statements
        What a story states outright: trait, words, option.
    views
        The attitudes that are voiced, with +1 for and -1 against.
    form
        The form of a description; a key of the table of what it adds to firmness.
    """

    hints: tuple[tuple[str, Array], ...] = ()
    description: tuple[tuple[str, Array], ...] = ()
    statements: tuple[tuple[str, str, str], ...] = ()
    views: tuple[tuple[int, int], ...] = ()
    form: str = "sentences"


@dataclass(frozen=True, slots=True, eq=False)
class Persona:
    """Whom a reader takes the speaker to be.

    Parameters
    ----------
    traits
        For each trait the probability of each option.
    attitudes
        The attitudes, in the order of `DIMENSIONS`.
    firmness
        How often the person answers from these attitudes; otherwise from habit.
    form
        The form in which the person is described; empty where there is no description.
    key
        A number that is the same wherever the same things were said; 0 where nothing was.
    """

    traits: dict[str, Array]
    attitudes: Array
    firmness: float
    form: str
    key: int


def read_persona(paragraphs: Iterable[str]) -> Persona:
    """Read the person whom the paragraphs of a prompt speak of."""
    return _persona(tuple(p for p in paragraphs if _says_something(evidence(p))))


def statement(paragraphs: Iterable[str], trait: str) -> tuple[str, str] | None:
    """Return the words in which a story states a trait first, and the option they name."""
    for paragraph in paragraphs:
        for name, wording, option in evidence(paragraph).statements:
            if name == trait:
                return wording, option
    return None


@lru_cache(maxsize=4096)
def evidence(paragraph: str) -> Evidence:
    """Read one paragraph: an answered question, a description, or part of a story."""
    parts = split_turn(paragraph)
    if parts is None or not (_ASKS.search(parts[0]) or parse_options(parts[0])):
        return _prose(paragraph)
    question, answer = parts
    options = parse_options(question)
    if options is not None:
        return _choice(options, answer)
    trait = open_trait(question)
    fit = read_value(trait, answer, sure=True) if trait else None
    if trait and fit is not None:
        return Evidence(description=((trait, _log(fit, _DESCRIBED)),), form="answers")
    return _prose(answer)


def _says_something(part: Evidence) -> bool:
    return bool(part.hints or part.description or part.views)


@lru_cache(maxsize=4096)
def _persona(paragraphs: tuple[str, ...]) -> Persona:
    hints: dict[str, Array] = {}
    described: dict[str, Array] = {}
    views: dict[int, int] = {}
    form = ""
    for part in map(evidence, paragraphs):
        for trait, log in part.hints:
            hints[trait] = hints.get(trait, 0.0) + log
        for trait, log in part.description:
            described[trait] = log
            form = part.form
        views.update(part.views)
    traits = {trait: shares(trait) for trait in TRAITS}
    for trait, log in (hints | described).items():
        traits[trait] = _believe(trait, log)
    attitudes = society().attitudes(np.sum([traits[t] @ effects(t) for t in TRAITS], axis=0))
    for dimension, sign in views.items():
        attitudes[dimension] += _VOICED * sign
    life = bool(hints or views) * _LIFE + _VIEW * min(len(views), _MOST_VIEWS)
    doubts = sum(_doubt(traits[t], hints[t]) for t in described if t in hints)
    life *= max(0.0, 1 - _DOUBT * doubts)
    firmness = _NOBODY + _DESCRIPTION.get(form, 0.0) * min(1.0, len(described) / _ALL_TRAITS) + life
    return Persona(traits, attitudes, firmness, form, hash_of(*paragraphs) if paragraphs else 0)


def _believe(trait: str, log: Array) -> Array:
    """Combine what was read of a trait with how common each option is."""
    odds = shares(trait) * np.exp(log - log.max())
    belief: Array = odds / odds.sum()
    return belief


def _doubt(belief: Array, log: Array) -> float:
    """Say how far a life speaks against a trait as it is described, from 0 to 1."""
    return 1 - float((belief / belief.max() * np.exp(log - log.max())).max())


def _choice(question: OptionList, answer: str) -> Evidence:
    """Read an answered multiple-choice question: only its answer counts."""
    trait = trait_of(question.wording, question.texts)
    if trait is None:
        return Evidence()
    first, _, rest = answer.partition(" ")
    label = question.position(first)
    position = label if label is not None else question.position(answer)
    text = rest.strip() or answer if position is None else question.texts[position]
    fit = read_value(trait, text, sure=True)
    if fit is None:
        return Evidence()
    return Evidence(description=((trait, _log(fit, _DESCRIBED)),), form="options")


def _prose(paragraph: str) -> Evidence:
    # No hint and no statement reaches over the end of a sentence.
    texts = [text for text in _SENTENCE.split(paragraph.strip()) if text]
    parts = [_sentence(text)[0] for text in texts]
    sentences = [text for text in texts if not text.endswith(":")]
    description = [trait for text in sentences if (trait := _sentence(text)[1])]
    if len(description) < _DESCRIBES * len(sentences):
        description = []
    return Evidence(
        tuple(hint for part in parts for hint in part.hints if not description),
        tuple(description),
        tuple(one for part in parts for one in part.statements),
        tuple(view for part in parts for view in part.views),
        "list" if sentences and sentences[-1].lstrip().startswith("-") else "sentences",
    )


@lru_cache(maxsize=16_384)
def _sentence(text: str) -> tuple[Evidence, tuple[str, Array] | None]:
    """Read one sentence, since those of stories come again, and which trait it is all about."""
    lower = text.lower()
    hints, statements = [], []
    for cue, trait, option, is_stated in _trait_cues():
        place = lower.find(cue)
        if place >= 0:
            options = LEVELS.get(trait, {}).get(option, (option,))
            fit = np.array([float(o in options) for o in OPTIONS[trait]])
            hints.append((trait, _log(fit, _STATED if is_stated else _HINTED)))
            if is_stated:
                statements.append((trait, text[place : place + len(cue)], option))
    for trait, pattern in _NUMBERS.items():
        for match in pattern.finditer(text):
            number = match[1] or match[2]
            value = read_value(trait, number, sure=True)
            if value is not None:
                hints.append((trait, _log(value, _STATED)))
                statements.append((trait, number, OPTIONS[trait][int(value.argmax())]))
    views = [(dimension, sign) for cue, dimension, sign in _view_cues() if cue in lower]
    about = read_trait(text) if len(text.split()) <= _LONGEST_STATEMENT else None
    whole = (about[0], _log(about[1], _DESCRIBED)) if about else None
    return Evidence(tuple(hints), (), tuple(statements), tuple(views)), whole


@cache
def _trait_cues() -> list[tuple[str, str, str, bool]]:
    """List what a reader looks for in a sentence: words, trait, option or step, if it states it."""
    stories = words("stories")
    cues = {
        (cue, trait, option, section == "stated"): None
        for section in ("stated", "hinted")
        for trait, options in stories[section].items()
        for option, sentences in options.items()
        for cue in _marked(sentences)
    }
    jobs = {
        (cue, "education", s, False): None
        for s, of in stories["jobs"].items()
        for cue in _marked(of)
    }
    return list(cues | jobs)


@cache
def _view_cues() -> list[tuple[str, int, int]]:
    """List the words of each view, the attitude, and whether they are for it or against."""
    return [
        (cue, DIMENSIONS.index(dimension), 1 if side == "for" else -1)
        for dimension, sides in words("stories")["views"].items()
        for side, sentences in sides.items()
        for cue in _marked(sentences)
    ]


def _marked(sentences: list[str]) -> list[str]:
    return [cue.lower() for sentence in sentences for cue in re.findall(r"\*([^*]+)\*", sentence)]


def _log(fit: Array, floor: float) -> Array:
    logs: Array = np.log(fit / fit.max() + floor)
    return logs
