"""What every analysis looks at: the people of a survey and, in their order, their personas.

Answers are held as positions 1..k in the survey's order, one row a person and one
column an item, NaN where there is none. A persona stands in the row of the person
it stands for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from anthology.analysis.measures import BoolArray, FloatArray, IntArray
from anthology.artifacts import facts, read_table
from anthology.errors import DataError
from anthology.records import Record
from anthology.respondents import TRAIT, places
from anthology.stages import StageSettings


class Scale(Record):
    """An item and its options."""

    variable: str
    """The item's variable."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The options' codes in the survey's order; the first is position 1."""
    reversed: bool = False
    """Whether the item runs against the others, and is turned round for the keyed alpha."""


class ComparedSettings(StageSettings):
    """Which answers an analysis looks at."""

    survey: str
    """The survey's name."""
    items: Annotated[list[Scale], Field(min_length=1)]
    """The items, in order."""
    rows: list[tuple[str, str]]
    """Model and condition of each row of the tables, in order."""

    @property
    def names(self) -> list[str]:
        """The items' variables."""
        return [item.variable for item in self.items]

    @property
    def sizes(self) -> list[int]:
        """How many options each item has."""
        return [len(item.codes) for item in self.items]


@dataclass(frozen=True, slots=True)
class People:
    """The respondents of a survey, in the order of their ids.

    Parameters
    ----------
    ids
        Their ids.
    weights
        One for each, none negative.
    positions
        People x items.
    source
        Where they come from.
    path, table
        The artifact they were read from, and its rows in the same order.
    """

    ids: pa.Array
    weights: FloatArray
    positions: FloatArray
    source: str
    path: Path
    table: pa.Table

    def of(self, chosen: BoolArray) -> "People":
        """Return some of the people, in the same order."""
        mask = pa.array(chosen)
        return People(
            self.ids.filter(mask),
            self.weights[chosen],
            self.positions[chosen],
            self.source,
            self.path,
            self.table.filter(mask),
        )

    def trait(self, name: str, codes: Sequence[int]) -> IntArray:
        """Return each person's place among a trait's codes, from 0, and -1 for none.

        Raises
        ------
        DataError
            If the trait is not there, or a code is none of its codes.
        """
        column = f"{TRAIT}{name}"
        if column not in self.table.column_names:
            raise DataError(f"there is no column for the trait {name}", where=str(self.path))
        return places(self.table[column], codes, column, self.path)


@dataclass(frozen=True, slots=True)
class Personas:
    """What the personas of one model and condition answered.

    Parameters
    ----------
    model, condition
        Which they are.
    positions
        People x items, in the order of the people; NaN throughout where a person has
        no persona.
    present
        People: who has a persona.
    cells
        For each row of `table`, person x items + item.
    path, facts, table
        The artifact, what made it, and its rows as they stand in it.
    """

    model: str
    condition: str
    positions: FloatArray
    present: BoolArray
    cells: IntArray
    path: Path
    facts: Mapping[str, Any]
    table: pa.Table

    def of(self, chosen: BoolArray) -> "Personas":
        """Return the personas of some of the people, in the same order."""
        items = self.positions.shape[1]
        kept = chosen[self.cells // items]
        place = np.cumsum(chosen) - 1
        cells = self.cells[kept]
        return Personas(
            self.model,
            self.condition,
            self.positions[chosen],
            self.present[chosen],
            place[cells // items] * items + cells % items,
            self.path,
            self.facts,
            self.table.filter(pa.array(kept)),
        )


def people(settings: ComparedSettings, path: Path) -> People:
    """Read the respondents of a survey.

    Raises
    ------
    DataError
        If an id is missing or repeated, a weight is missing or negative, an item's
        column is missing, or a code is none of its item's.
    """
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
    return People(ids, weights, np.stack(columns, axis=1), facts(path)["source"], path, table)


def personas(settings: ComparedSettings, found: People, paths: Sequence[Path]) -> list[Personas]:
    """Read the responses of every model and condition, in the order of the settings' rows.

    Parameters
    ----------
    settings
        Which are wanted.
    found
        The people they stand for.
    paths
        One file for each model and condition, in any order; each says itself which.

    Raises
    ------
    DataError
        If a condition's file is missing, there twice, or not wanted; if it names a
        respondent, item or code that is not there, or repeats a row.
    """
    by_key: dict[tuple[str, str], Path] = {}
    for path in paths:
        made = facts(path)
        key = (made["model"], made["condition"])
        if made["survey"] != settings.survey or key not in settings.rows:
            raise DataError(
                f"holds {_name(key)} of the survey {made['survey']}, which is not in the table "
                f"of {settings.survey}",
                where=str(path),
            )
        if key in by_key:
            raise DataError(f"holds {_name(key)}, and so does {by_key[key]}", where=str(path))
        by_key[key] = path
    for key in settings.rows:
        if key not in by_key:
            raise DataError(f"the responses of {_name(key)} are missing for {settings.survey}")
    return [_answered(settings, found, by_key[key]) for key in settings.rows]


def _name(key: tuple[str, str]) -> str:
    return f"the condition {key[1]} of the model {key[0]}"


def _answered(settings: ComparedSettings, found: People, path: Path) -> Personas:
    table, names = read_table(path), settings.names
    person = _places(table["respondent"], found.ids, "the respondent", path)
    item = _places(table["item"], pa.array(names), "the item", path)
    cells = person * len(names) + item
    if len(np.unique(cells)) < len(cells):
        raise DataError("a respondent has two rows for one item", where=str(path))
    positions = np.full(found.positions.shape, np.nan)
    for i, scale in enumerate(settings.items):
        rows = item == i
        codes = table["code"].filter(pa.array(rows))
        positions[person[rows], i] = _positions(codes, scale, path)
    present = np.zeros(len(found.ids), dtype=np.bool_)
    present[person] = True
    made = facts(path)
    return Personas(made["model"], made["condition"], positions, present, cells, path, made, table)


def _positions(codes: pa.ChunkedArray, item: Scale, path: Path) -> FloatArray:
    """Return the positions 1..k that codes stand for, NaN where there is none."""
    found = places(codes, item.codes, item.variable, path)
    return np.where(found < 0, np.nan, found + 1.0)


def _places(values: pa.ChunkedArray, known: pa.Array, what: str, path: Path) -> IntArray:
    found = pc.index_in(values, value_set=known.cast(values.type))
    if found.null_count:
        wrong = values.filter(pc.is_null(found))[0]
        raise DataError(f"{what} {wrong} is not known to the survey", where=str(path))
    return np.asarray(found.to_numpy(), dtype=np.int64)
