"""Sorting a free answer into one of a question's options."""

import re

from anthology.config.population import OPTIONS
from anthology.simulation.classify_topic import membership, trait_of
from anthology.simulation.match_values import likelihood
from anthology.simulation.parse_options import Listed, listed
from anthology.simulation.parse_prompt import Heard
from anthology.simulation.person import read_person
from anthology.simulation.read_story import evidence, statement
from anthology.simulation.sampler import Lot

_ANSWER = re.compile(r"^[^\n]*?\b(?:own words|answer\w*)\b[^:\n]*:\s*(.+)$", re.MULTILINE)
_ABSENT = re.compile(
    r"\b(?:reply|answer|respond|write|say)(?: only| just)?(?: with)?:? ?[\"'\u201c]?"
    r"([A-Z][\w ]{2,30})[\"'\u201d]?\.?\s*$"
)
_SURE = 0.8
"""How likely an option must be for an answer that only hints at it to count."""
_NOT = re.compile(r"\bnot\b|n't\b|\bneither\b", re.IGNORECASE)
_MISSED = 0.6
"""What a word of an option that an answer lacks takes away, against 1 for one that it has."""


def coded(heard: Heard, lot: Lot) -> str:
    """Name the option that an answer comes to, or say with the words wanted that there is none."""
    asked = listed(heard.ask)
    absent = _ABSENT.search(heard.ask)
    none = absent[1] if absent else "None"
    answer = _ANSWER.search(asked.wording) if asked else None
    if asked is None or answer is None:
        return none
    place = _place(asked.wording[: answer.start()], answer[1].strip(), asked)
    if place is None:
        return none
    label, text = asked.labels[place], asked.texts[place]
    return lot.one((f"{label} {text}", text, label))


def _place(question: str, answer: str, asked: Listed) -> int | None:
    trait = trait_of(question, asked.texts)
    if trait is None:
        return _alike(answer, asked.texts)
    option = _option(trait, answer)
    if option is None:
        return None
    return int(membership(trait, asked.texts)[:, OPTIONS[trait].index(option)].argmax())


def _option(trait: str, answer: str) -> str | None:
    """Return the option of a trait that an answer states or hints at."""
    found = statement((answer,), trait)
    if found is not None:
        return found[1]
    fit = likelihood(trait, answer, sure=True)
    if fit is not None:
        return OPTIONS[trait][int(fit.argmax())]
    if trait not in {name for name, _ in evidence(answer).hints}:
        return None
    believed = read_person((answer,)).traits[trait]
    return OPTIONS[trait][int(believed.argmax())] if believed.max() > _SURE else None


def _alike(answer: str, options: tuple[str, ...]) -> int | None:
    """Return the option that shares most words with an answer."""
    words, denied = _words(answer), bool(_NOT.search(answer))
    scores = []
    for option in options:
        own = _words(option)
        shared = len(own & words) - _MISSED * len(own - words)
        scores.append(shared if bool(_NOT.search(option)) == denied else 0.0)
    return max(range(len(options)), key=scores.__getitem__) if max(scores) > 0 else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))
