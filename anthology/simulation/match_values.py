"""What a trait's value says, in whichever words a survey or a person puts it."""

import math
import re
from functools import lru_cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.society import Array

_BOUNDS: dict[str, tuple[float, ...]] = {
    "age": (18, 30, 50, 65, 100),
    "income": (*(i * 10_000.0 for i in range(11)), 150_000, 200_000, 400_000),
}
"""Where the options of traits that are numbers begin, and where the last one ends."""

NUMERIC = frozenset(_BOUNDS)
"""The traits that are numbers."""

_NUMBER = re.compile(r"(\$?)\s?(\d[\d,]*(?:\.\d+)?)\s*(k\b|thousand\b)?", re.IGNORECASE)
_BELOW = re.compile(r"\b(?:less than|under|below|up to)\b", re.IGNORECASE)
_ABOVE = re.compile(r"\+|\b(?:or (?:more|older|over|above)|more than|over|above)\b", re.IGNORECASE)
_NON_HISPANIC = re.compile(r"\b(?:non|not)[- ](?:hispanic|latin\w*)", re.IGNORECASE)

_ANY_OTHER_RACE = {"native": 1.0, "asian": 0.5, "mideast": 1.0, "pacific": 1.0, "other": 1.0}
_ADVANCED = {"master": 1.0, "professional": 1.0, "doctorate": 1.0}
_WORDS: dict[str, tuple[tuple[str, dict[str, float]], ...]] = {
    "gender": (
        (r"wom[ae]n|female|girl", {"woman": 1}),
        (r"m[ae]n|male|boy", {"man": 1}),
        (r"other|non-?binary|another way|something else", {"other": 1}),
    ),
    "race": (
        (r"native hawaiian\w*|pacific islander|samoan", {"pacific": 1}),
        (r"american indian|native american|alaska native|navajo|cherokee", {"native": 1}),
        (r"middle east\w*|north african|arab\w*", {"mideast": 1}),
        (r"black|african[- ]american", {"black": 1}),
        (r"hispanic|latin[oax]|latin american|mexican|puerto rican", {"hispanic": 1}),
        (r"asian|chinese|korean|japanese|filipino|vietnamese", {"asian": 1}),
        (r"white|caucasian|european", {"white": 1}),
        (r"multiracial|mixed|two or more", {"other": 1}),
        (r"other|something else", _ANY_OTHER_RACE),
    ),
    "education": (
        (r"(?:less than|did not finish|never finished|no) high school|no diploma", {"none": 1}),
        (r"some college|no degree|without a degree|some schooling after", {"some-college": 1}),
        (r"associate'?s?|two-year", {"associate": 1}),
        (r"professional|law degree|medical degree|j\.?d|m\.?d", {"professional": 1}),
        (r"doctora\w+|doctor|ph\.?d", {"doctorate": 1}),
        (r"masters?|master's|m\.?b\.?a", {"master": 1}),
        (r"post-?graduate|graduate degree|advanced degree", _ADVANCED),
        (r"college graduate|bachelor'?s?|four-year|college degree|university", {"bachelor": 1}),
        (r"high school|ged|diploma", {"highschool": 1}),
    ),
    "region": (
        (r"north-?east\w*|new england", {"northeast": 1}),
        (r"mid-?west\w*", {"midwest": 1}),
        (r"south(?:ern)?", {"south": 1}),
        (r"west(?:ern)?", {"west": 1}),
    ),
    "religion": (
        (r"protestant|baptist|methodist|lutheran|evangelical|pentecostal", {"protestant": 1}),
        (r"catholic", {"catholic": 1}),
        (r"mormon|latter-day saints?", {"mormon": 1}),
        (r"jew(?:ish)?|judaism", {"jewish": 1}),
        (r"orthodox", {"orthodox": 1}),
        (r"muslim|islam", {"muslim": 1}),
        (r"buddhis[tm]", {"buddhist": 1}),
        (r"hindu\w*", {"hindu": 1}),
        (r"atheis[tm]", {"atheist": 1}),
        (r"agnostic\w*", {"agnostic": 1}),
        (r"nothing in particular|no religion|none", {"nothing": 1}),
        (r"something else|other|another", {"else": 1}),
    ),
    "party": (
        (r"republican|gop", {"republican": 1}),
        (r"democrat(?:ic)?", {"democrat": 1}),
        (r"independent", {"independent": 1}),
        (r"something else|other|another|no preference|neither", {"other": 1}),
    ),
}
"""For each trait of words what names its options, the first that is found counting."""

_COMPILED = {
    trait: tuple(
        (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), options) for words, options in table
    )
    for trait, table in _WORDS.items()
}


@lru_cache(maxsize=8192)
def likelihood(trait: str, text: str, *, sure: bool = False) -> Array | None:
    """Say how well each option of a trait fits a value in words or numbers.

    Parameters
    ----------
    trait
        The trait.
    text
        The value, such as "$30,000 to less than $40,000" or "A woman".
    sure
        Whether it is known that the text speaks of this trait; if not, bare
        numbers such as "10 to 20" are no incomes.

    Returns
    -------
    array or None
        The probability of the text given each option, up to a factor; None
        where the text names none. Shape: options.
    """
    if trait in _BOUNDS:
        span = _span(trait, text, sure=sure)
        return None if span is None else _overlap(_BOUNDS[trait], *span)
    text = _NON_HISPANIC.sub("", text.replace("\u2019", "'"))
    for pattern, options in _COMPILED[trait]:
        if pattern.search(text):
            return np.array([float(options.get(option, 0)) for option in OPTIONS[trait]])
    return None


def _span(trait: str, text: str, *, sure: bool) -> tuple[float, float] | None:
    """Read a number or a range of numbers as lowest and first beyond."""
    found = _NUMBER.findall(text)
    numbers = [float(digits.replace(",", "")) for _, digits, _ in found]
    money = any(sign or unit for sign, _, unit in found) or any(n >= 1000 for n in numbers)
    wanted = trait == "income"
    if not numbers or (money != wanted and not (sure and wanted)):
        return None
    if wanted:
        numbers = [n * 1000 if n < 1000 else n for n in numbers]
    elif not all(1 <= n <= 120 for n in numbers):
        return None
    if len(numbers) > 1:
        low, high = numbers[:2]
        # "18 to 29" and "$10,000 to $19,999" take in their last number, "30 to under 40" does not.
        return low, high + 1 if trait == "age" or high % 1000 else high
    if _BELOW.search(text):
        return 0.0, numbers[0]
    return numbers[0], math.inf if _ABOVE.search(text) else numbers[0] + 1


def _overlap(bounds: tuple[float, ...], low: float, high: float) -> Array | None:
    edges = np.array(bounds, dtype=float)
    inside = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    if low >= edges[-1]:
        inside[-1] = 1.0
    part: Array = np.maximum(inside, 0) / np.diff(edges)
    return part if part.any() else None
