"""Loads the answers that an analysis compares: respondents and, in their order, their personas.

Answers are held as positions 1..k among an item's options, 0 for no answer, one row a
respondent and one column an item. A persona stands in the row of its respondent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from anthology.analysis.groups import BoolArray, FloatArray, IntArray
from anthology.analysis.response_rows import ResponseRows, RowIndex, read_response_rows
from anthology.analysis.sources import mark_simulated
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_table
from anthology.records import Record
from anthology.survey.respondents import TRAIT_PREFIX, Positions, read_positions, unknown_code_error

SOURCES = ("backstories", "traits", "answers")
"""What the metadata of responses say where each comes from."""


class Scale(Record):
    """An item and its options."""

    variable: str
    """The item's variable."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The options' codes in the survey's order; the first is position 1."""
    reverse_coded: bool = False
    """Whether the item runs against the others, and is reverse-coded for the keyed alpha."""


class AnswerSettings(StageSettings):
    """Which answers an analysis compares."""

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
        Respondents x items.
    source
        Where they come from.
    path, table
        The artifact they were read from, and its rows in the same order.
    """

    ids: pa.Array
    weights: FloatArray
    positions: Positions
    source: str
    path: Path
    table: pa.Table

    def select(self, chosen: BoolArray) -> "Respondents":
        """Return some of the respondents, in the same order."""
        mask = pa.array(chosen)
        return Respondents(
            self.ids.filter(mask),
            self.weights[chosen],
            self.positions[chosen],
            self.source,
            self.path,
            self.table.filter(mask),
        )

    def mark_simulated(self, personas: "PersonaAnswers | None" = None) -> str:
        """Return `yes` where these respondents, or anything of some personas, is simulated."""
        metadata = {} if personas is None else personas.metadata
        return mark_simulated(self.source, *(metadata.get(name) or "" for name in SOURCES))

    def row_index(self, settings: AnswerSettings) -> RowIndex:
        """Return the row of each respondent and the column of each item."""
        return RowIndex.build(self.ids, settings.names)

    def trait(self, name: str, codes: Sequence[int]) -> Positions:
        """Return each respondent's position among a trait's codes.

        Raises
        ------
        DataError
            If the trait is not there, or a code is none of its codes.
        """
        column = f"{TRAIT_PREFIX}{name}"
        if column not in self.table.column_names:
            raise DataError(f"there is no column for the trait {name}", where=str(self.path))
        return read_positions(self.table[column], codes, column, self.path)


@dataclass(frozen=True, slots=True)
class PersonaAnswers:
    """What the personas of one model and condition answered.

    Parameters
    ----------
    model, condition
        Which they are.
    positions
        Respondents x items, in the order of the respondents.
    asked
        Respondents x items: whether there is a row, with an answer or without.
    backstories
        Respondents: the number of the backstory that stands for each, -1 where there is none;
        None where it was not asked for.
    path, metadata
        The artifact, and its metadata.
    """

    model: str
    condition: str
    positions: Positions
    asked: BoolArray
    backstories: IntArray | None
    path: Path
    metadata: Mapping[str, Any]

    @property
    def present(self) -> BoolArray:
        """Respondents: who has a persona."""
        return np.asarray(self.asked.any(axis=1))

    @property
    def uses(self) -> IntArray:
        """How many personas use each backstory that is in use."""
        if self.backstories is None:
            raise ValueError("the backstories were not asked for")
        return np.unique(self.backstories[self.backstories >= 0], return_counts=True)[1]

    def select(self, chosen: BoolArray) -> "PersonaAnswers":
        """Return the personas of some of the respondents, in the same order."""
        return replace(
            self,
            positions=self.positions[chosen],
            asked=self.asked[chosen],
            backstories=None if self.backstories is None else self.backstories[chosen],
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
        columns.append(read_positions(table[item.variable], item.codes, item.variable, path))
    return Respondents(
        ids, weights, np.stack(columns, axis=1), read_metadata(path)["source"], path, table
    )


@dataclass(frozen=True, slots=True)
class ExtraColumns:
    """Further columns to read on the way, so that large files are read once.

    Parameters
    ----------
    columns
        The columns.
    on_rows
        Called with some consecutive rows at a time, and with the artifact they are from.
    """

    columns: Sequence[str]
    on_rows: Callable[[ResponseRows, Path], None]


def load_personas(
    settings: AnswerSettings,
    respondents: Respondents,
    paths: Sequence[Path],
    *,
    backstories: bool = False,
    extra: ExtraColumns | None = None,
) -> Iterator[PersonaAnswers]:
    """Read the responses of one model and condition after another, in the settings' order.

    Parameters
    ----------
    settings
        Which are wanted.
    respondents
        The respondents they stand for.
    paths
        One file for each model and condition, in any order; each says itself which. Their
        rows may stand in any order.
    backstories
        Whether to read which backstories stand for the respondents.
    extra
        Further columns to read.

    Raises
    ------
    DataError
        At once if a condition's file is missing, there twice, or not wanted; when it is
        read, if it names a respondent, item or code that is not there, repeats a row, or
        has several backstories for one respondent.
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
    index = respondents.row_index(settings)
    return (
        _load_condition(settings, index, by_key[key], backstories=backstories, extra=extra)
        for key in settings.rows
    )


def _name(key: tuple[str, str]) -> str:
    return f"the condition {key[1]} of the model {key[0]}"


def _load_condition(
    settings: AnswerSettings,
    index: RowIndex,
    path: Path,
    *,
    backstories: bool,
    extra: ExtraColumns | None,
) -> PersonaAnswers:
    shape = (len(index.people), len(index.items))
    answers, asked = np.zeros(shape, dtype=np.int16), np.zeros(shape, dtype=np.bool_)
    numbers = np.full(shape[0], -1, dtype=np.int64) if backstories else None
    columns, count = ["code", "backstory"] if backstories else ["code"], 0
    by_code = _positions_by_code(settings.items)
    for part in read_response_rows(path, index, [*columns, *(extra.columns if extra else ())]):
        positions = _decode(*by_code, part)
        if (positions < 0).any():
            row = int(np.argmax(positions < 0))
            item = settings.items[part.item[row]]
            raise unknown_code_error(item.variable, part.values["code"][row], item.codes, path)
        answers[part.person, part.item] = positions
        asked[part.person, part.item] = True
        count += len(part.person)
        if numbers is not None:
            _note_backstories(numbers, part, path)
        if extra:
            extra.on_rows(part, path)
    if asked.sum() < count:
        raise DataError("a respondent has two rows for one item", where=str(path))
    made = read_metadata(path)
    return PersonaAnswers(made["model"], made["condition"], answers, asked, numbers, path, made)


def _decode(by_code: Positions, lowest: int, part: ResponseRows) -> Positions:
    """Return the positions that codes stand for, 0 for no answer, and -1 for an unknown code.

    `by_code` has an item's positions by its codes, of which the lowest is the first.
    """
    codes = part.values["code"]
    number = codes.fill_null(lowest).to_numpy(zero_copy_only=False).astype(np.int64) - lowest
    inside = (number >= 0) & (number < by_code.shape[1])
    positions = np.where(inside, by_code[part.item, np.where(inside, number, 0)], -1)
    positions[codes.is_null().to_numpy(zero_copy_only=False)] = 0
    return positions.astype(np.int16)


def _positions_by_code(items: Sequence[Scale]) -> tuple[Positions, int]:
    """Return items x codes: the position of each code, -1 for none; and the lowest code."""
    codes = [code for item in items for code in item.codes]
    by_code = np.full((len(items), max(codes) - min(codes) + 1), -1, dtype=np.int16)
    for row, item in enumerate(items):
        by_code[row, np.array(item.codes) - min(codes)] = np.arange(1, len(item.codes) + 1)
    return by_code, min(codes)


def _note_backstories(numbers: IntArray, part: ResponseRows, path: Path) -> None:
    """Note the backstory of each row's person."""
    number = part.values["backstory"].fill_null(-1).to_numpy(zero_copy_only=False)
    before = numbers[part.person]
    numbers[part.person] = number
    if ((numbers[part.person] != number) | ((before >= 0) & (before != number))).any():
        raise DataError("a respondent has several backstories", where=str(path))
