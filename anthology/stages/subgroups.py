"""The subgroups stage: the table of metrics again, for groups of people on their own.

`subgroups.csv` has the columns of `metrics.csv` behind two more: `subgroup`, the
trait, grouping or crossing that divides the people, and `group`, which part of them.
Each group's row `human` is its own bound, from halves of that group. A group of fewer
people than `metrics.min_group_size` is named, with nothing measured and its number
left out: so few people could be told apart, and a number about them means little.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from anthology.analysis.distances import BoolArray
from anthology.analysis.load import Respondents, load_personas, load_respondents
from anthology.analysis.metric_rows import MetricSettings, metric_rows
from anthology.config.stage import Derived, From
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.records import Record
from anthology.stages.metrics import COLUMNS
from anthology.survey.codebook import Codebook

SUBGROUPS = (COLUMNS[0], "subgroup", "group", *COLUMNS[1:])
"""The columns of `subgroups.csv`."""

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


class Settings(MetricSettings):
    """What the subgroups of one survey depend on."""

    subgroups: Annotated[list[Annotated[list[Division], Field(min_length=1)]], Derived("subgroups")]
    """What divides the people; several divisions are crossed."""
    min_group_size: Annotated[int, Field(ge=2), From("metrics.min_group_size")]
    """Groups of fewer people are not measured."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the people: which division made them, what they are called, who they are."""

    subgroup: str
    name: str
    members: BoolArray


def run(
    settings: Settings, *, humans: Path, codebook: Path, responses: list[Path], output: Path
) -> None:
    """Compare the personas of every condition with the people, group by group.

    Parameters
    ----------
    settings
        Which groups, and how to compare.
    humans, codebook
        The respondents, and the survey's words for their traits.
    responses
        One file for each model and condition.
    output
        Where the table goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents` and `anthology.analysis.load.load_personas`.
    """
    found = load_respondents(settings, humans)
    answered = list(load_personas(settings, found, responses, stories=True))
    words = Codebook.load(codebook)
    rows: list[Row] = []
    small = 0
    for group in groups(settings, found, words):
        where = {"survey": settings.survey, "subgroup": group.subgroup, "group": group.name}
        if group.members.sum() < settings.min_group_size:
            small += 1
            rows += [_suppressed(settings, where, *key) for key in (("", "human"), *settings.rows)]
            continue
        path = ("subgroups", settings.survey, group.subgroup, group.name)
        kept = [one.of(group.members) for one in answered]
        measured = metric_rows(settings, found.of(group.members), kept, *path)
        rows += [{**row, **where} for row in measured]
    write_text(output, format_csv(SUBGROUPS, rows))
    print(
        f"{settings.survey}: {len(rows) // (len(settings.rows) + 1)} groups compared, "
        f"{small} of them too small to measure",
        file=sys.stderr,
    )


def groups(settings: Settings, found: Respondents, words: Codebook) -> Iterator[Group]:
    """List the groups of every division and crossing, in order.

    Who did not tell a trait is in none of its groups.
    """
    for divisions in settings.subgroups:
        parts = [_parts(division, found, words) for division in divisions]
        for crossing in product(*parts):
            yield Group(
                CROSSED.join(division.name for division in divisions),
                CROSSED.join(name for name, _ in crossing),
                np.logical_and.reduce([members for _, members in crossing]),
            )


def _parts(division: Division, found: Respondents, words: Codebook) -> list[tuple[str, BoolArray]]:
    """Return the name and the members of each group of one division."""
    place = found.trait(division.trait, division.codes)
    texts = words.traits[division.trait].texts | division.labels
    named: dict[str, list[int]] = {} if division.groups is None else division.groups
    if division.groups is None:
        for code in division.codes:
            # Codes that the survey calls the same are one group.
            named.setdefault(texts[code], []).append(code)
    return [
        (name, np.isin(place, [division.codes.index(code) for code in codes]))
        for name, codes in named.items()
    ]


def _suppressed(settings: Settings, where: Row, model: str, condition: str) -> Row:
    """Return the row of a group that is too small."""
    note = f"fewer than {settings.min_group_size} people"
    return {**where, "model": model, "condition": condition, "notes": note}
