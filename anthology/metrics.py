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
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from anthology import halves
from anthology.artifacts import facts, read_table, write_text
from anthology.errors import DataError
from anthology.measures import (
    Distances,
    FloatArray,
    Group,
    IntArray,
    alpha_shortfalls,
    cronbach_alpha,
    distances,
    group,
    shortfalls,
)
from anthology.randomness import generator
from anthology.records import Record
from anthology.respondents import places
from anthology.stages import StageSettings

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


class Scale(Record):
    """An item and its options."""

    variable: str
    """The item's variable."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The options' codes in the survey's order; the first is position 1."""


class Settings(StageSettings):
    """What the metrics of one survey depend on."""

    seed: int
    """The experiment's seed."""
    survey: str
    """The survey's name."""
    items: Annotated[list[Scale], Field(min_length=1)]
    """The items, in order."""
    splits: Annotated[int, Field(ge=1)]
    """How often the people are split into halves for their own row."""
    persona_weights: Literal["none", "respondent"]
    """Whether each persona counts the same, or as much as its respondent."""
    rows: list[tuple[str, str]]
    """Model and condition of each row of the table, in order."""


@dataclass(frozen=True, slots=True)
class _People:
    """The respondents, in the order of their ids, and what the distances need of them."""

    ids: pa.Array
    weights: FloatArray
    positions: FloatArray
    group: Group
    notes: list[str]
    source: str


@dataclass(frozen=True, slots=True)
class _Responses:
    """What the personas of one condition answered."""

    path: Path
    facts: Mapping[str, Any]
    table: pa.Table


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
    found = _identified(settings, responses)
    people = _people(settings, humans)
    rows = [_human_row(settings, people)]
    account: list[Row] = []
    for key in settings.rows:
        rows.append(_persona_row(settings, people, found[key]))
        account.extend(_account(settings, found[key]))
    write_text(metrics, as_csv(METRICS, rows))
    write_text(answers, as_csv(ANSWERS, account))
    print(f"{settings.survey}: people and {len(found)} conditions compared", file=sys.stderr)


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


def _identified(settings: Settings, paths: list[Path]) -> dict[tuple[str, str], _Responses]:
    """Return each condition's responses, by model and condition."""
    found: dict[tuple[str, str], _Responses] = {}
    for path in paths:
        made = facts(path)
        key = (made["model"], made["condition"])
        if made["survey"] != settings.survey or key not in settings.rows:
            raise DataError(
                f"holds {_name(key)} of the survey {made['survey']}, which is not in the table "
                f"of {settings.survey}",
                where=str(path),
            )
        if key in found:
            raise DataError(f"holds {_name(key)}, and so does {found[key].path}", where=str(path))
        found[key] = _Responses(path, made, read_table(path))
    for key in settings.rows:
        if key not in found:
            raise DataError(f"the responses of {_name(key)} are missing for {settings.survey}")
    return found


def _name(key: tuple[str, str]) -> str:
    return f"the condition {key[1]} of the model {key[0]}"


def _people(settings: Settings, path: Path) -> _People:
    table = read_table(path)
    table = table.sort_by("respondent")
    ids = table["respondent"].combine_chunks()
    if ids.null_count or len(ids.unique()) < len(ids):
        raise DataError("respondent is empty somewhere or repeats an id", where=str(path))
    weights = table["weight"].to_numpy().astype(np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise DataError("weight is empty or negative somewhere", where=str(path))
    columns = []
    for item in settings.items:
        if item.variable not in table.column_names:
            raise DataError(f"there is no column for the item {item.variable}", where=str(path))
        columns.append(_positions(table[item.variable], item, path))
    positions = np.stack(columns, axis=1)
    compared = group(positions, _sizes(settings), weights)
    notes = shortfalls(compared, _names(settings))
    return _People(ids, weights, positions, compared, notes, facts(path)["source"])


def _names(settings: Settings) -> list[str]:
    return [item.variable for item in settings.items]


def _sizes(settings: Settings) -> list[int]:
    return [len(item.codes) for item in settings.items]


def _positions(codes: pa.ChunkedArray, item: Scale, path: Path) -> FloatArray:
    """Return the positions 1..k that codes stand for, NaN where there is none."""
    found = places(codes, item.codes, item.variable, path)
    return np.where(found < 0, np.nan, found + 1.0)


def _human_row(settings: Settings, people: _People) -> Row:
    rng = generator(settings.seed, "metrics", settings.survey, "splits")
    first = halves.splits(len(people.ids), settings.splits, rng)
    parts = halves.groups(people.positions, _sizes(settings), people.weights, first)
    notes = people.notes + halves.shortfalls(parts, _names(settings))
    answered = int((~np.isnan(people.positions)).sum())
    return {
        "survey": settings.survey,
        "condition": "human",
        "n_respondents": len(people.ids),
        "valid_share": _ratio(answered, people.positions.size),
        **_measured(settings, distances(*parts), people.positions, notes),
        "humans": people.source,
    }


def _persona_row(settings: Settings, people: _People, found: _Responses) -> Row:
    positions, present = _answers(settings, people, found)
    weights = people.weights[present] if settings.persona_weights == "respondent" else None
    personas = group(positions, _sizes(settings), weights)
    notes = shortfalls(personas, _names(settings)) + [f"humans: {note}" for note in people.notes]
    stories = found.table["backstory"]
    return {
        "survey": settings.survey,
        "model": found.facts["model"],
        "condition": found.facts["condition"],
        "n_respondents": len(present),
        "n_stories": pc.count_distinct(stories, mode="only_valid").as_py(),
        "valid_share": _ratio(int((~np.isnan(positions)).sum()), len(found.table)),
        **_measured(settings, distances(people.group, personas), positions, notes),
        "humans": people.source,
        "stories": found.facts["stories"],
        "traits": found.facts["traits"],
        "answers": found.facts["answers"],
    }


def _measured(settings: Settings, apart: Distances, positions: FloatArray, notes: list[str]) -> Row:
    said = [*notes, *alpha_shortfalls(positions, _names(settings))]
    return {
        **asdict(apart),
        "cronbach_alpha": cronbach_alpha(positions),
        "notes": "; ".join(dict.fromkeys(said)),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan


def _answers(settings: Settings, people: _People, found: _Responses) -> tuple[FloatArray, IntArray]:
    """Return the personas' positions and which respondents they stand for."""
    table, names = found.table, _names(settings)
    person = _places(table["respondent"], people.ids, "the respondent", found.path)
    item = _places(table["item"], pa.array(names), "the item", found.path)
    cells = person * len(names) + item
    if len(np.unique(cells)) < len(cells):
        raise DataError("a respondent has two rows for one item", where=str(found.path))
    positions = np.full((len(people.ids), len(names)), np.nan)
    for i, scale in enumerate(settings.items):
        rows = item == i
        codes = table["code"].filter(pa.array(rows))
        positions[person[rows], i] = _positions(codes, scale, found.path)
    present = np.unique(person)
    return positions[present], present


def _places(values: pa.ChunkedArray, known: pa.Array, what: str, path: Path) -> IntArray:
    places = pc.index_in(values, value_set=known.cast(values.type))
    if places.null_count:
        wrong = values.filter(pc.is_null(places))[0]
        raise DataError(f"{what} {wrong} is not known to the survey", where=str(path))
    return np.asarray(places.to_numpy(), dtype=np.int64)


def _account(settings: Settings, found: _Responses) -> list[Row]:
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
    for name in _names(settings):
        rows = pc.equal(table["item"], name).to_numpy()
        replies = counts[:, rows].sum(axis=1, dtype=np.int64)
        account.append(
            {
                "survey": settings.survey,
                "model": found.facts["model"],
                "condition": found.facts["condition"],
                "item": name,
                "asked": int(rows.sum()),
                "replies": int(replies.sum()),
                **dict(zip(OUTCOMES, replies.tolist(), strict=True)),
                "out_of_tries": int(out[rows].sum()),
            }
        )
    return account
