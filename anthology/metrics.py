"""The metrics stage: one survey's table, the people's row and one for each condition.

`metrics.csv` has one row for the people and then one for each model and condition:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` in the people's row
n_respondents      people, or the people whom personas stand for
n_stories          different backstories among the personas; 0 where they have none
valid_share        answers that are an option, of all that were asked for
wasserstein, ...   distances to the people; in the people's row between their halves
cronbach_alpha     how well the answers hang together; always unweighted
humans             where the people come from
stories, traits    where the backstories come from, and what they say of who they are
answers            where the personas' answers come from
notes              why a number is missing, and which items do not vary
=================  =============================================================

`answers.csv` accounts for every answer, one row for each model, condition and item.
Asking `asked` personas took `replies`: those that were `valid` named an option, those
that were `refused`, `unreadable` or `contradictory` did not and were asked again. The
personas that were `out_of_tries` never gave a valid one. So valid and out_of_tries add
up to asked, and the four kinds of reply to replies.
"""

import csv
import io
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import isnan, nan
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pyarrow.compute as pc
from pydantic import Field

from anthology import halves
from anthology.artifacts import write_text
from anthology.errors import DataError
from anthology.gathering import ComparedSettings, People, Personas, people, personas
from anthology.measures import (
    Distances,
    FloatArray,
    Group,
    alpha_shortfalls,
    cronbach_alpha,
    distances,
    group,
    shortfalls,
)
from anthology.randomness import generator

METRICS = (
    *("survey", "model", "condition", "n_respondents", "n_stories", "valid_share"),
    *("wasserstein", "total_variation", "frobenius", "l1", "cbs", "cronbach_alpha"),
    *("humans", "stories", "traits", "answers", "notes"),
)
"""The columns of `metrics.csv`."""

OUTCOMES = ("valid", "refused", "unreadable", "contradictory")
"""What can become of a reply; the columns of responses that count them."""

ANSWERS = (
    *("survey", "model", "condition", "item", "asked", "replies"),
    *(*OUTCOMES, "out_of_tries"),
)
"""The columns of `answers.csv`."""

Row = Mapping[str, str | int | float]


class Settings(ComparedSettings):
    """What the metrics of one survey depend on."""

    seed: int
    """The experiment's seed."""
    splits: Annotated[int, Field(ge=1)]
    """How often the people are split into halves for their own row."""
    persona_weights: Literal["none", "respondent"]
    """Whether each persona counts the same, or as much as its respondent."""


@dataclass(frozen=True, slots=True)
class _Humans:
    """The respondents, and what the distances need of them."""

    people: People
    group: Group
    notes: list[str]


def run(
    settings: Settings, *, humans: Path, responses: list[Path], metrics: Path, answers: Path
) -> None:
    """Compare the personas of every condition with the people.

    Parameters
    ----------
    settings
        What to compare, and how.
    humans
        The respondents, their weights and their answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    metrics
        Where the table goes.
    answers
        Where the account of all answers goes.

    Raises
    ------
    DataError
        If a condition's file is missing, there twice, or not in the table; if an
        artifact names a respondent, item or code that is not there, repeats a row,
        or accounts for answers in a way that does not add up.
    """
    found = people(settings, humans)
    compared = group(found.positions, settings.sizes, found.weights)
    known = _Humans(found, compared, shortfalls(compared, settings.names))
    answered = personas(settings, found, responses)
    rows = [_human_row(settings, known)]
    account: list[Row] = []
    for one in answered:
        rows.append(_persona_row(settings, known, one))
        account.extend(_account(settings, one))
    write_text(metrics, as_csv(METRICS, rows))
    write_text(answers, as_csv(ANSWERS, account))
    print(f"{settings.survey}: people and {len(answered)} conditions compared", file=sys.stderr)


def as_csv(columns: Iterable[str], rows: Iterable[Row]) -> str:
    """Write rows as CSV, fractions with six decimals and NaN as nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: str | int | float) -> str:
    if not isinstance(value, float):
        return str(value)
    # Adding zero turns the -0 of a rounded negative number into 0.
    return "" if isnan(value) else f"{round(value, 6) + 0.0:.6f}"


def _human_row(settings: Settings, humans: _Humans) -> Row:
    found = humans.people
    rng = generator(settings.seed, "metrics", settings.survey, "splits")
    first = halves.splits(len(found.ids), settings.splits, rng)
    parts = halves.groups(found.positions, settings.sizes, found.weights, first)
    notes = humans.notes + halves.shortfalls(parts, settings.names)
    answered = int((~np.isnan(found.positions)).sum())
    return {
        "survey": settings.survey,
        "condition": "human",
        "n_respondents": len(found.ids),
        "valid_share": _ratio(answered, found.positions.size),
        **_measured(settings, distances(*parts), found.positions, notes),
        "humans": found.source,
    }


def _persona_row(settings: Settings, humans: _Humans, found: Personas) -> Row:
    positions, weights = found.positions[found.present], None
    if settings.persona_weights == "respondent":
        weights = humans.people.weights[found.present]
    compared = group(positions, settings.sizes, weights)
    notes = shortfalls(compared, settings.names) + [f"humans: {note}" for note in humans.notes]
    stories = found.table["backstory"]
    return {
        "survey": settings.survey,
        "model": found.model,
        "condition": found.condition,
        "n_respondents": len(positions),
        "n_stories": pc.count_distinct(stories, mode="only_valid").as_py(),
        "valid_share": _ratio(int((~np.isnan(positions)).sum()), len(found.table)),
        **_measured(settings, distances(humans.group, compared), positions, notes),
        "humans": humans.people.source,
        "stories": found.facts["stories"],
        "traits": found.facts["traits"],
        "answers": found.facts["answers"],
    }


def _measured(settings: Settings, apart: Distances, positions: FloatArray, notes: list[str]) -> Row:
    said = [*notes, *alpha_shortfalls(positions, settings.names)]
    return {
        **asdict(apart),
        "cronbach_alpha": cronbach_alpha(positions),
        "notes": "; ".join(dict.fromkeys(said)),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan


def _account(settings: Settings, found: Personas) -> list[Row]:
    """Count what became of every question asked and of every reply to it."""
    table = found.table
    given = table["code"].is_valid().to_numpy()
    out = table["out_of_tries"].fill_null(False).to_numpy()
    # An empty count is as wrong as a negative one.
    counts = np.stack([table[outcome].fill_null(-1).to_numpy() for outcome in OUTCOMES])
    wrong = (given == out) | (counts[0] != given) | (counts < 0).any(axis=0)
    if wrong.any():
        raise DataError(
            f"row {int(np.argmax(wrong)) + 1} does not add up: an answer comes with one valid "
            "reply and is not out of tries, no answer with none and is",
            where=str(found.path),
            hint="Remove the file; the workflow makes it again.",
        )
    account: list[Row] = []
    for name in settings.names:
        rows = pc.equal(table["item"], name).to_numpy()
        replies = counts[:, rows].sum(axis=1, dtype=np.int64)
        account.append(
            {
                "survey": settings.survey,
                "model": found.model,
                "condition": found.condition,
                "item": name,
                "asked": int(rows.sum()),
                "replies": int(replies.sum()),
                **dict(zip(OUTCOMES, replies.tolist(), strict=True)),
                "out_of_tries": int(out[rows].sum()),
            }
        )
    return account
