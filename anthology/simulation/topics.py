"""What a question asks for: a trait, a step in politics, a part of a life."""

import re
from functools import cache, lru_cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.society import TRAITS, Array, words
from anthology.simulation.values import BOUNDS, read_value

_DECLINES = re.compile(
    r"prefer not|rather not|no answer|refuse|don.?t know|not sure|decline", re.IGNORECASE
)
_WHOLE = re.compile(
    r"\byour(?:self| life story)\b|\babout your life\b|\bstory of your|\bmade you who",
    re.IGNORECASE,
)
"""How a question asks for all of a life."""
_CHAPTER = re.compile(
    r"(?:please )?(?:tell me|describe|walk me|what (?:was|were|do you do|did)\b"
    r"|how (?:did|was|were|do you (?:spend|live|get))\b|who (?:was|were|raised)\b)",
    re.IGNORECASE,
)
"""How a question begins that asks for a part of a life."""
_SHORT = 20
"""Words of the longest open question that can ask for one trait only."""
_LEAST, _DECLINED = 0.0005, 0.02
"""How likely anybody is to choose an option that does not fit, or one to decline."""
_CLOSER = re.compile(r"\bcloser\b|\bleans?\b", re.IGNORECASE)
_STRONG = re.compile(r"\bstrong", re.IGNORECASE)
_POLITICAL_VIEWS = re.compile(r"\bpolitic.*\bviews\b|\bviews\b.*\bpolitic", re.IGNORECASE)
_VIEWS = re.compile(r"\b(?:conservative|liberal|moderate)\b", re.IGNORECASE)


@cache
def _cue(trait: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words('words')['cues'][trait]})", re.IGNORECASE)


def declines(option: str) -> bool:
    """Say whether an option offers to decline."""
    return bool(_DECLINES.search(option))


@lru_cache(maxsize=4096)
def trait_of(wording: str, options: tuple[str, ...]) -> str | None:
    """Name the trait that a multiple-choice question asks for; None for anything else."""
    named = [option for option in options if not declines(option)]
    best, best_score = None, 0.0
    for trait in TRAITS:
        cued = bool(_cue(trait).search(wording))
        fits = [read_value(trait, option, sure=cued) for option in named]
        values = [fit for fit in fits if fit is not None]
        share = len(values) / max(len(named), 1)
        score = share + (0.5 if cued else 0.0)
        if share >= 0.6 and len({int(fit.argmax()) for fit in values}) >= 2 and score > best_score:
            best, best_score = trait, score
    return best


@lru_cache(maxsize=1024)
def open_trait(wording: str) -> str | None:
    """Name the trait that a short open question asks for; None for anything else."""
    if len(wording.split()) > _SHORT or _WHOLE.search(wording) or chapter_of(wording) is not None:
        return None
    return next((trait for trait in TRAITS if _cue(trait).search(wording)), None)


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
    chapters = words("words")["chapters"]
    places = (i for i, of in enumerate(chapters) if re.search(rf"\b(?:{of})", wording.lower()))
    return next(places, len(chapters))


@lru_cache(maxsize=4096)
def party_step(wording: str, options: tuple[str, ...] = ()) -> str | None:
    """Name what a question about politics asks more closely; None for any other question."""
    every = " ".join((wording, *options)).lower()
    if _CLOSER.search(wording) and "republican" in every and "democrat" in every:
        return "leaning"
    if _STRONG.search(wording) and re.search(r"\bparty\b", wording):
        return "strength" if all(map(_STRONG.search, options)) else None
    if _POLITICAL_VIEWS.search(wording):
        return "views" if all(map(_VIEWS.search, options)) else None
    return None


@lru_cache(maxsize=4096)
def membership(trait: str, options: tuple[str, ...]) -> Array:
    """Say which option of a question each option of a trait falls into.

    Returns
    -------
    array
        Columns add up to 1. Shape: options of the question, options of the trait.
    """
    rows = np.full((len(options), len(OPTIONS[trait])), _LEAST)
    for j, option in enumerate(options):
        if declines(option):
            rows[j] = _DECLINED
            continue
        fit = read_value(trait, option, sure=True)
        if fit is not None:
            # "Some other race" takes only those whom no option of their own takes in.
            rows[j] += fit if trait in BOUNDS else fit / fit.sum() ** 3
    columns: Array = rows / rows.sum(axis=0)
    return columns


def read_trait(sentence: str) -> tuple[str, Array] | None:
    """Read a short sentence or line as the statement of one trait.

    The words before a value tell which trait it is of; without such words the
    value itself has to.
    """
    cued = tuple(trait for trait in TRAITS if _cue(trait).search(sentence))
    for sure, traits in ((True, cued), (False, TRAITS)):
        for trait in traits:
            fit = read_value(trait, sentence, sure=sure)
            if fit is not None:
                return trait, fit
    return None
