"""Divides respondents into groups by traits, and crosses such divisions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from anthology.analysis.groups import BoolArray
from anthology.analysis.load import Respondents
from anthology.records import Record
from anthology.survey.codebook import Codebook

CROSSED = " x "
"""What stands between the names of a crossing."""


class Division(Record):
    """One way of dividing people by a trait."""

    name: str
    """What tables call it: the trait, or the grouping."""
    trait: str
    """The trait."""
    codes: list[int]
    """All codes of the trait."""
    labels: dict[int, str]
    """Our own words for codes, in place of the survey file's."""
    groups: dict[str, list[int]] | None
    """The codes of each group by its name; None for a group of each code."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """A named group of respondents."""

    subgroup: str
    name: str
    members: BoolArray


def divide_respondents(
    crossings: Sequence[Sequence[Division]], respondents: Respondents, words: Codebook
) -> Iterator[Subgroup]:
    """Yield the groups of every division and crossing, in order.

    Who did not answer a trait is in none of its groups.
    """
    for divisions in crossings:
        parts = [_parts(division, respondents, words) for division in divisions]
        for crossing in product(*parts):
            yield Subgroup(
                CROSSED.join(division.name for division in divisions),
                CROSSED.join(name for name, _ in crossing),
                np.logical_and.reduce([members for _, members in crossing]),
            )


def _parts(
    division: Division, respondents: Respondents, words: Codebook
) -> list[tuple[str, BoolArray]]:
    """Return the name and the members of each group of one division."""
    position = respondents.trait(division.trait, division.codes)
    texts = words.traits[division.trait].texts | division.labels
    named: dict[str, list[int]] = {} if division.groups is None else division.groups
    if division.groups is None:
        for code in division.codes:
            # Codes that the survey calls the same are one group.
            named.setdefault(texts[code], []).append(code)
    return [
        (name, np.isin(position, [division.codes.index(code) + 1 for code in codes]))
        for name, codes in named.items()
    ]
