"""How close a person is to a party, and how they call their views: what surveys ask next."""

import re
from functools import lru_cache

import numpy as np

from anthology.config.population import DIMENSIONS
from anthology.simulation.person import Person
from anthology.simulation.sampler import Lot
from anthology.simulation.society import Array

_REPUBLICAN = re.compile(r"\brepublican", re.IGNORECASE)
_DEMOCRAT = re.compile(r"\bdemocrat", re.IGNORECASE)
_CLOSER = re.compile(r"\bcloser\b|\bleans?\b", re.IGNORECASE)
_STRONG = re.compile(r"\bstrong", re.IGNORECASE)
_VIEWS = re.compile(r"\b(?:(conservative)|(liberal)|moderate)\b", re.IGNORECASE)
_POLITICAL = re.compile(r"\bpolitic", re.IGNORECASE)
_WEAK = re.compile(r"\bnot\b|\bweak", re.IGNORECASE)

_CONSERVATISM = DIMENSIONS.index("conservatism")
_NEITHER = 0.25
"""How often one is closer to neither party."""
_WIDTH = 0.8
"""How far from their views people still call themselves something, in steps of a scale of five."""
_SCALE = ("Very conservative", "Conservative", "Moderate", "Liberal", "Very liberal")
_FORMS = ("{}.", "{}", "I'd say {lower}.", "{}, I suppose.")


@lru_cache(maxsize=4096)
def step_of(wording: str, options: tuple[str, ...]) -> str | None:
    """Name what a question about politics asks more closely; None for any other question.

    Parameters
    ----------
    wording
        The question.
    options
        Its options; none where it is put without any.
    """
    every = " ".join((wording, *options))
    if _CLOSER.search(wording) and _REPUBLICAN.search(every) and _DEMOCRAT.search(every):
        return "leaning"
    if _STRONG.search(wording) and re.search(r"\bparty\b", wording):
        return "strength" if all(map(_STRONG.search, options)) else None
    if _POLITICAL.search(wording) and re.search(r"\bviews\b", wording):
        return "views" if all(map(_VIEWS.search, options)) else None
    return None


def step_odds(step: str, options: tuple[str, ...], who: Person) -> Array:
    """Return the probability of each option of such a question. Shape: options."""
    right = float(who.attitudes[_CONSERVATISM])
    if step == "views":
        places = np.array([_place(option) for option in options])
        return _normal(np.exp(-(((places - 1.2 * right) / _WIDTH) ** 2) / 2))
    if step == "strength":
        strong = _sigmoid(1.5 * abs(right) - 0.5)
        return _normal(np.array([1 - strong if _WEAK.search(o) else strong for o in options]))
    republican = _sigmoid(2.5 * right) * (1 - _NEITHER)
    odds = [
        republican
        if _REPUBLICAN.search(option)
        else 1 - _NEITHER - republican
        if _DEMOCRAT.search(option)
        else _NEITHER
        for option in options
    ]
    return _normal(np.array(odds))


def step_answer(step: str, who: Person, lot: Lot) -> str:
    """Answer such a question freely."""
    options = {
        "views": _SCALE,
        "strength": ("Strongly", "Not very strongly"),
        "leaning": ("The Republican Party", "The Democratic Party", "Neither of them"),
    }[step]
    said = options[lot.weighted(step_odds(step, options, who).tolist())]
    return lot.one(_FORMS).format(said, lower=said[0].lower() + said[1:])


def _place(option: str) -> float:
    """Return where an option stands, from -2, very liberal, to 2, very conservative."""
    found = _VIEWS.search(option)
    sign = 0 if found is None else bool(found[1]) - bool(found[2])
    return sign * (2.0 if re.search(r"\bvery\b", option, re.IGNORECASE) else 1.0)


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def _normal(odds: Array) -> Array:
    scaled: Array = odds / odds.sum()
    return scaled
