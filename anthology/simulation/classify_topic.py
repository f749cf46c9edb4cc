"""Telling what a question is about: a trait, an opinion, or a whole life."""

import re
from functools import lru_cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.match_values import NUMERIC, likelihood
from anthology.simulation.society import TRAITS, Array

CUES: dict[str, re.Pattern[str]] = {
    trait: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for trait, words in {
        "age": r"how old|age\b|years old|aged\b|birthday|born\b",
        "gender": r"gender|sex\b|man or a? ?woman|male or female",
        "race": r"race\b|racial|ethnic",
        "education": r"school|educat|degree|diploma|studied",
        "income": r"income|earn|household|salary|takes? in\b|money|makes? (?:a|per) year",
        "region": r"region\b|part of the|live in\b|united states|home is|census",
        "religion": r"religio|faith|denomination|belie[fv]",
        "party": r"politic|part(?:y|ies)\b|vote",
    }.items()
}
"""Words that a question about a trait, or a sentence stating it, is likely to hold."""

_DECLINES = re.compile(
    r"prefer not|rather not|no answer|refuse|don.?t know|not sure|decline", re.IGNORECASE
)
_LIFE = re.compile(r"\byour(?:self| life| story)|\blife story|\bmade you who", re.IGNORECASE)
_WHOLE = re.compile(
    r"\byourself\b|\babout your life\b|\blife story|\bstory of your|\bmade you who", re.IGNORECASE
)
"""How a question asks for all of a life."""
_CHAPTER = re.compile(
    r"(?:please )?(?:tell me|describe|walk me|what (?:was|were|do you do|did)\b"
    r"|how (?:did|was|were|do you (?:spend|live|get))\b|who (?:was|were|raised)\b)",
    re.IGNORECASE,
)
"""How a question begins that asks for a part of a life."""
_CHAPTERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for words in (
        r"grew up|grow up|raised|born\b|child|parents|family|hometown",
        r"school|studi|learn|teacher|educat",
        r"for a living|work|job|money|earn|get by",
        r"belie[fv]|faith|church|relig|country|politic|vote",
        r"your days|these days|hope|future|old age|still to come",
    )
)
"""Words of a question that asks for each chapter of a life; of any other part where none fits."""
_SHORT = 20
"""Words of the longest open question that can ask for one trait only."""
_YES_NO = {"yes", "no"}


def offers_to_decline(option: str) -> bool:
    """Say whether an option is no answer, but leave to give none."""
    return bool(_DECLINES.search(option))


@lru_cache(maxsize=4096)
def trait_of(wording: str, options: tuple[str, ...]) -> str | None:
    """Name the trait that a multiple-choice question asks for; None for anything else."""
    named = [option for option in options if not offers_to_decline(option)]
    best, best_score = None, 0.0
    for trait in TRAITS:
        cued = bool(CUES[trait].search(wording))
        fits = [likelihood(trait, option, sure=cued) for option in named]
        found = [fit for fit in fits if fit is not None]
        kinds = {int(fit.argmax()) for fit in found}
        share = len(found) / max(len(named), 1)
        score = share + (0.5 if cued else 0.0)
        if share >= 0.6 and len(kinds) >= 2 and score > best_score:
            best, best_score = trait, score
    return best


@lru_cache(maxsize=1024)
def open_trait(wording: str) -> str | None:
    """Name the trait that a short open question asks for; None for anything else."""
    if len(wording.split()) > _SHORT or _LIFE.search(wording) or chapter_of(wording) is not None:
        return None
    return next((trait for trait in TRAITS if CUES[trait].search(wording)), None)


@lru_cache(maxsize=1024)
def chapter_of(wording: str) -> int | None:
    """Tell which chapter of a life an open question asks for; None for all of it, or for none.

    Returns
    -------
    int or None
        The place of the chapter, or one past the last for what belongs to no chapter.
    """
    if not _CHAPTER.match(wording) or _WHOLE.search(wording):
        return None
    places = (i for i, words in enumerate(_CHAPTERS) if words.search(wording))
    return next(places, len(_CHAPTERS))


def is_yes_no(options: tuple[str, ...]) -> bool:
    """Say whether a question can only be answered yes or no."""
    return len(options) == 2 and {o.lower().strip(" .")[:3].rstrip(",") for o in options} == _YES_NO


@lru_cache(maxsize=4096)
def membership(trait: str, options: tuple[str, ...]) -> Array:
    """Say which option of a question each option of a trait falls into.

    Returns
    -------
    array
        Columns add up to 1. Shape: options of the question, options of the trait.
    """
    rows = np.full((len(options), len(OPTIONS[trait])), 0.0005)
    for j, option in enumerate(options):
        if offers_to_decline(option):
            rows[j] = 0.02
            continue
        fit = likelihood(trait, option, sure=True)
        if fit is not None:
            # "Some other race" takes only those whom no option of their own takes in.
            rows[j] += fit if trait in NUMERIC else fit / fit.sum() ** 3
    columns: Array = rows / rows.sum(axis=0)
    return columns


def sentence_trait(sentence: str) -> tuple[str, Array] | None:
    """Read a short sentence or line as the statement of one trait.

    The words before a value tell which trait it is of; without such words the
    value itself has to.
    """
    cued = tuple(trait for trait in TRAITS if CUES[trait].search(sentence))
    for sure, traits in ((True, cued), (False, TRAITS)):
        for trait in traits:
            fit = likelihood(trait, sentence, sure=sure)
            if fit is not None:
                return trait, fit
    return None
