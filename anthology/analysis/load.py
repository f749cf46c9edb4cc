"""What every analysis looks at: the people of a survey and, in their order, their personas.

Answers are held as positions 1..k in the survey's order, one row a person and one
column an item, NaN where there is none. A persona stands in the row of the person
it stands for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from anthology.analysis.distances import BoolArray, FloatArray, IntArray
from anthology.analysis.features import Places, positions_of
from anthology.analysis.response_rows import ResponseRows, RowIndex, read_response_rows
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_table
from anthology.records import Record
from anthology.survey.respondents import TRAIT_PREFIX, index_codes, unknown_code_error


class Scale(Record):
    """An item and its options."""

    variable: str
    """The item's variable."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The options' codes in the survey's order; the first is position 1."""
    reverse_coded: bool = False
    """Whether the item runs against the others, and is turned round for the keyed alpha."""


class AnswerSettings(StageSettings):
    """Which answers an analysis looks at."""

    survey: Annotated[str, From("{survey}")]
    """The survey's name."""
    items: Annotated[
        list[Scale], Field(min_length=1), From("surveys/{survey}.items", "variable codes")
    ]
    """The items, in order."""
    rows: Annotated[list[tuple[str, str]], Derived("rows")]
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
class Respondents:
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

    def of(self, chosen: BoolArray) -> "Respondents":
        """Return some of the people, in the same order."""
        mask = pa.array(chosen)
        return Respondents(
            self.ids.filter(mask),
            self.weights[chosen],
            self.positions[chosen],
            self.source,
            self.path,
            self.table.filter(mask),
        )

    def roster(self, settings: AnswerSettings) -> RowIndex:
        """Return which row a respondent has, and which column an item."""
        return RowIndex.of(self.ids, settings.names)

    def trait(self, name: str, codes: Sequence[int]) -> IntArray:
        """Return each person's place among a trait's codes, from 0, and -1 for none.

        Raises
        ------
        DataError
            If the trait is not there, or a code is none of its codes.
        """
        column = f"{TRAIT_PREFIX}{name}"
        if column not in self.table.column_names:
            raise DataError(f"there is no column for the trait {name}", where=str(self.path))
        return index_codes(self.table[column], codes, column, self.path)


@dataclass(frozen=True, slots=True)
class PersonaAnswers:
    """What the personas of one model and condition answered.

    Parameters
    ----------
    model, condition
        Which they are.
    places
        People x items, in the order of the people: the position, 0 where there is no answer.
    asked
        People x items: whether there is a row, with an answer or without.
    stories
        People: the number of the story that stands for each, -1 where there is none; None
        where it was not asked for.
    path, metadata
        The artifact, and what made it.
    """

    model: str
    condition: str
    places: Places
    asked: BoolArray
    stories: IntArray | None
    path: Path
    metadata: Mapping[str, Any]

    @property
    def positions(self) -> FloatArray:
        """People x items; NaN where there is no answer."""
        return positions_of(self.places)

    @property
    def present(self) -> BoolArray:
        """People: who has a persona."""
        return np.asarray(self.asked.any(axis=1))

    @property
    def uses(self) -> IntArray:
        """How many personas have each of the stories, of those that any has."""
        if self.stories is None:
            raise ValueError("the stories were not asked for")
        told = self.stories[self.stories >= 0]
        return np.unique(told, return_counts=True)[1]

    def of(self, chosen: BoolArray) -> "PersonaAnswers":
        """Return the personas of some of the people, in the same order."""
        return PersonaAnswers(
            self.model,
            self.condition,
            self.places[chosen],
            self.asked[chosen],
            None if self.stories is None else self.stories[chosen],
            self.path,
            self.metadata,
        )


def load_respondents(settings: AnswerSettings, path: Path) -> Respondents:
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
    return Respondents(
        ids, weights, np.stack(columns, axis=1), read_metadata(path)["source"], path, table
    )


@dataclass(frozen=True, slots=True)
class ExtraColumns:
    """What else to look at while rows are read.

    Parameters
    ----------
    columns
        The columns.
    see
        Called with some rows after the others, and with the artifact that they are from.
    """

    columns: Sequence[str]
    see: Callable[[ResponseRows, Path], None]


def load_personas(
    settings: AnswerSettings,
    found: Respondents,
    paths: Sequence[Path],
    *,
    stories: bool = False,
    look: ExtraColumns | None = None,
) -> Iterator[PersonaAnswers]:
    """Read the responses of one model and condition after another, in the settings' order.

    Parameters
    ----------
    settings
        Which are wanted.
    found
        The people they stand for.
    paths
        One file for each model and condition, in any order; each says itself which. Their
        rows may stand in any order.
    stories
        Whether to tell which stories stand for the people.
    look
        What else of the rows to look at.

    Raises
    ------
    DataError
        At once if a condition's file is missing, there twice, or not wanted; when it is
        read, if it names a respondent, item or code that is not there, repeats a row, or
        has several stories for one respondent.
    """
    by_key: dict[tuple[str, str], Path] = {}
    for path in paths:
        made = read_metadata(path)
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
    roster = found.roster(settings)
    return (
        _answered(settings, roster, by_key[key], stories=stories, look=look)
        for key in settings.rows
    )


def _name(key: tuple[str, str]) -> str:
    return f"the condition {key[1]} of the model {key[0]}"


def _answered(
    settings: AnswerSettings,
    roster: RowIndex,
    path: Path,
    *,
    stories: bool,
    look: ExtraColumns | None,
) -> PersonaAnswers:
    shape = (len(roster.people), len(roster.items))
    answers, asked = np.zeros(shape, dtype=np.int16), np.zeros(shape, dtype=np.bool_)
    told = np.full(shape[0], -1, dtype=np.int64) if stories else None
    columns, count = ["code", "backstory"] if stories else ["code"], 0
    by_code = _by_code(settings.items)
    for part in read_response_rows(path, roster, [*columns, *(look.columns if look else ())]):
        positions = _coded(*by_code, part)
        if (positions < 0).any():
            raise _unknown(settings.items, part, positions, path)
        answers[part.person, part.item] = positions
        asked[part.person, part.item] = True
        count += len(part.person)
        if told is not None:
            _tell(told, part, path)
        if look:
            look.see(part, path)
    if asked.sum() < count:
        raise DataError("a respondent has two rows for one item", where=str(path))
    made = read_metadata(path)
    return PersonaAnswers(made["model"], made["condition"], answers, asked, told, path, made)


def _coded(known: Places, lowest: int, part: ResponseRows) -> Places:
    """Return the positions 1..k that codes stand for, 0 where there is none, and -1 for others.

    `known` has an item's positions by its codes, of which the lowest is the first.
    """
    codes = part.values["code"]
    number = codes.fill_null(lowest).to_numpy(zero_copy_only=False).astype(np.int64) - lowest
    inside = (number >= 0) & (number < known.shape[1])
    found = np.where(inside, known[part.item, np.where(inside, number, 0)], -1).astype(np.int16)
    found[codes.is_null().to_numpy(zero_copy_only=False)] = 0
    return found


def _by_code(items: Sequence[Scale]) -> tuple[Places, int]:
    """Return items x codes: the position of each code, -1 for none; and the lowest code."""
    codes = [code for item in items for code in item.codes]
    known = np.full((len(items), max(codes) - min(codes) + 1), -1, dtype=np.int16)
    for place, item in enumerate(items):
        known[place, np.array(item.codes) - min(codes)] = np.arange(1, len(item.codes) + 1)
    return known, min(codes)


def _unknown(
    items: Sequence[Scale], part: ResponseRows, positions: Places, path: Path
) -> DataError:
    """Say of the first code that is none of its item's."""
    row = int(np.argmax(positions < 0))
    item = items[part.item[row]]
    return unknown_code_error(item.variable, part.values["code"][row], item.codes, path)


def _tell(told: IntArray, part: ResponseRows, path: Path) -> None:
    """Note the story of each row's person."""
    number = part.values["backstory"].fill_null(-1).to_numpy(zero_copy_only=False)
    before = told[part.person]
    told[part.person] = number
    if ((told[part.person] != number) | ((before >= 0) & (before != number))).any():
        raise DataError("a respondent has several stories", where=str(path))


def _positions(codes: pa.ChunkedArray, item: Scale, path: Path) -> FloatArray:
    """Return the positions 1..k that codes stand for, NaN where there is none."""
    found = index_codes(codes, item.codes, item.variable, path)
    return np.where(found < 0, np.nan, found + 1.0)
