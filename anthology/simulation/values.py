"""Which option of a trait a value names, in whichever words a survey or a person puts it."""

import math
import re
from functools import cache, lru_cache

import numpy as np

from anthology.config.population import OPTIONS
from anthology.simulation.society import Array, words

BOUNDS: dict[str, tuple[int, ...]] = {
    "age": (18, 30, 50, 65, 89),
    "income": (*range(0, 100_001, 10_000), 150_000, 200_000, 400_000),
}
"""The traits that are numbers: where each option begins, and where the last one ends."""

_NUMBER = re.compile(r"(\$?)\s?(\d[\d,]*(?:\.\d+)?)\s*(k\b|thousand\b)?", re.IGNORECASE)
_BELOW = re.compile(r"\b(?:less than|under|below|up to)\b", re.IGNORECASE)
_ABOVE = re.compile(r"\+|\b(?:or (?:more|older|over|above)|more than|over|above)\b", re.IGNORECASE)
_NON_HISPANIC = re.compile(r"\b(?:non|not)[- ](?:hispanic|latin\w*)", re.IGNORECASE)


@lru_cache(maxsize=8192)
def read_value(trait: str, text: str, *, sure: bool = False) -> Array | None:
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
    if trait in BOUNDS:
        span = _span(trait, text, sure=sure)
        return None if span is None else _overlap(BOUNDS[trait], *span)
    text = _NON_HISPANIC.sub("", text.replace("\u2019", "'"))
    for pattern, fit in _patterns(trait):
        if pattern.search(text):
            return fit
    return None


@cache
def _patterns(trait: str) -> list[tuple[re.Pattern[str], Array]]:
    return [
        (
            re.compile(rf"\b(?:{entry['words']})\b", re.IGNORECASE),
            np.array([float(option in entry["options"]) for option in OPTIONS[trait]]),
        )
        for entry in words("words")["values"][trait]
    ]


def _span(trait: str, text: str, *, sure: bool) -> tuple[float, float] | None:
    """Read a number or a range of numbers as lowest and first beyond."""
    matches = _NUMBER.findall(text)
    numbers = [float(digits.replace(",", "")) for _, digits, _ in matches]
    money = any(sign or unit for sign, _, unit in matches) or any(n >= 1000 for n in numbers)
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


def _overlap(bounds: tuple[int, ...], low: float, high: float) -> Array | None:
    edges = np.array(bounds, dtype=float)
    inside = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    if low >= edges[-1]:
        inside[-1] = 1.0
    part: Array = np.maximum(inside, 0) / np.diff(edges)
    return part if part.any() else None
