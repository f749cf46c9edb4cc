"""Telling what a question is about: a trait, an opinion, or a whole life."""

import re
from functools import lru_cache

import numpy as np

from anthology.simulation.names import OPTIONS
from anthology.simulation.society import TRAITS, Array
from anthology.simulation.values import NUMERIC, likelihood

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
_SHORT = 20
"""Words of the longest open question that can ask for one trait only."""
_YES_NO = {"yes", "no"}


@lru_cache(maxsize=4096)
def trait_of(wording: str, options: tuple[str, ...]) -> str | None:
    """Name the trait that a multiple-choice question asks for; None for anything else."""
    named = [option for option in options if not _DECLINES.search(option)]
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
    if len(wording.split()) > _SHORT or _LIFE.search(wording):
        return None
    return next((trait for trait in TRAITS if CUES[trait].search(wording)), None)


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
        if _DECLINES.search(option):
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
