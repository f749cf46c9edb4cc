"""The table of respondents and personas side by side, as statistics packages read it.

One row per respondent: id, weight and traits, the respondent's answers under the survey's own
variable names, and each persona's answers beside them, in variables called
``<item>__<condition>``, or ``<item>__<model>__<condition>`` where several models are compared.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyreadstat

from anthology import __version__
from anthology.analysis.groups import FloatArray, IntArray
from anthology.analysis.load import (
    AnswerSettings,
    PersonaAnswers,
    Respondents,
)
from anthology.config.stage import From
from anthology.io.parquet import write_atomically
from anthology.records import Record
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import Positions
from anthology.survey.spss import strip_creation_date

CODEBOOK = ("variable", "role", "label", "item", "model", "condition", "source", "code", "option")
"""The columns of `codebook.csv`: a row for each variable, or for each of its options."""

_LONGEST = 64
"""Bytes of the longest variable name that SPSS takes."""
_WRAPPED = 60
"""Characters of a line of notes, which may have 80 bytes."""
_LONGEST_OPTION = 120
"""Bytes of the longest value label that a `.sav` holds; what is longer would be cut anywhere."""
_LONGEST_LABEL = 255
"""Bytes of the longest variable label that SPSS shows whole."""


class LabelledVariable(Record):
    """A variable of the survey, and replacements for wording in the file that is hard to read."""

    variable: str
    """The variable's name in the survey file."""
    codes: list[int]
    """Its codes, in order."""
    labels: dict[int, str] = {}
    """Replacements for options, by code."""
    wording: str | None = None
    """Replaces the question."""
    scale: Literal["ordinal", "nominal"] = "nominal"
    """Whether its options have an order; of a trait's categories nothing is known of it."""


class Settings(AnswerSettings):
    """What the exports of one survey depend on."""

    id: Annotated[str, From("surveys/{survey}.id")]
    """The variable that identifies a respondent."""
    weight: Annotated[str, From("surveys/{survey}.weight")]
    """The variable that holds a respondent's weight."""
    traits: Annotated[
        dict[str, LabelledVariable], From("surveys/{survey}.traits", "variable codes labels")
    ]
    """The survey's traits, by name."""
    asked: Annotated[
        list[LabelledVariable],
        From("surveys/{survey}.items", "variable codes labels wording scale"),
    ]
    """The items as they were asked."""


@dataclass(frozen=True, slots=True)
class Column:
    """One variable of the export.

    Parameters
    ----------
    name, label, role
        Its name, its meaning in words, and what it is for.
    values
        One for each respondent, NaN for none.
    options
        The label of each code; none for the id and the weight.
    measure
        Its level of measurement: nominal, ordinal or scale.
    item, model, condition, source
        For an answer: to which item, by whom, and where it comes from.
    """

    name: str
    label: str
    role: str
    values: Sequence[str] | npt.NDArray[Any]
    options: dict[int, str]
    measure: str = "nominal"
    item: str = ""
    model: str = ""
    condition: str = ""
    source: str = ""


def export_columns(
    settings: Settings, found: Respondents, answered: Sequence[PersonaAnswers], words: Codebook
) -> Iterator[Column]:
    """List the variables in order: the respondents' first, then each condition's personas'."""
    names = _VariableNames()
    ids = _numeric_ids(found.ids.to_pylist())
    yield Column(names.keep(settings.id), "Respondent", "id", ids, {})
    weight = names.keep(settings.weight)
    yield Column(weight, "Weight", "weight", found.weights, {}, "scale")
    for name, trait in settings.traits.items():
        entry = words.traits[name]
        options = _options(trait, entry.texts)
        values = _coded(found.trait(name, trait.codes), trait.codes)
        called, label = names.keep(trait.variable), trait.wording or entry.wording or name
        yield Column(called, label, "trait", values, options)
    models = {persona.model for persona in answered}
    for persona in (None, *answered):
        for i, item in enumerate(settings.asked):
            wording, name = _wording(item, words), item.variable
            if persona is None:
                positions, model, condition, source = found.positions, "", "human", found.source
                called, label, role = names.keep(name), wording, "answer"
            else:
                positions, source = persona.positions, persona.metadata["answers"]
                model, condition = persona.model, persona.condition
                whose = [model, condition] if len(models) > 1 else [condition]
                called, role = names.derive("__".join([name, *whose])), "persona answer"
                label = f"[{', '.join(whose)}] {wording}"
            options = _options(item, words.items[name].texts)
            values = _coded(positions[:, i], item.codes)
            yield Column(
                called, label, role, values, options, item.scale, name, model, condition, source
            )


def _numeric_ids(names: Sequence[str]) -> Sequence[str] | IntArray:
    """Return ids as numbers where all are, as in the survey file, so that the two can be merged."""
    numbers = all(re.fullmatch(r"0|[1-9]\d{0,14}", name) for name in names)
    return np.array(names, dtype=np.int64) if numbers else names


class _VariableNames:
    """Gives out variable names that SPSS accepts, each once; SPSS ignores case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def keep(self, variable: str) -> str:
        """Return a survey variable's own name; a new one where another column has it.

        Two traits, or a trait and an item, may be read from one variable with other codes.
        """
        if variable.lower() in self._taken:
            return self.derive(variable)
        self._taken.add(variable.lower())
        return variable

    def derive(self, wanted: str) -> str:
        """Return the nearest free name to the wanted one."""
        plain = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        ends = chain([""], (f"_{number}" for number in count(2)))
        names = (plain[: _LONGEST - len(end)].rstrip("_") + end for end in ends)
        name = next(name for name in names if name.lower() not in self._taken)
        self._taken.add(name.lower())
        return name


def _wording(item: LabelledVariable, words: Codebook) -> str:
    return item.wording or words.items[item.variable].wording or item.variable


def _options(variable: LabelledVariable, texts: dict[int, str]) -> dict[int, str]:
    known = texts | variable.labels
    return {code: known[code] for code in variable.codes}


def _coded(positions: Positions, codes: Sequence[int]) -> FloatArray:
    """Return the codes at positions, NaN for no answer."""
    known = np.array([np.nan, *codes], dtype=np.float64)
    found: FloatArray = known[positions]
    return found


def to_arrow(column: Column) -> pa.Array:
    """Return a variable's values for Parquet, codes as whole numbers."""
    if isinstance(column.values, np.ndarray) and column.role not in ("id", "weight"):
        missing = np.isnan(column.values)
        return pa.array(np.where(missing, 0, column.values).astype(np.int16), mask=missing)
    return pa.array(column.values)


def with_integer_codes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which codes are whole numbers, and empty where there is none."""
    codes = frame.columns[2:]
    return frame.astype(dict.fromkeys(codes, "Int16"))


def write_sav(
    path: Path, frame: pd.DataFrame, columns: Sequence[Column], title: str, sources: Sequence[str]
) -> None:
    """Write the table as an SPSS file with labels, and notes that say where its data come from."""
    notes = [f"Anthology {__version__}. Weight cases by {columns[1].name}.", *sources]
    options: dict[str, dict[int | float, str]] = {
        column.name: {code: _cut(text, _LONGEST_OPTION) for code, text in column.options.items()}
        for column in columns
        if column.options
    }
    with write_atomically(path) as temporary:
        pyreadstat.write_sav(
            frame,
            temporary,
            file_label=_cut(title, 64),
            column_labels=[_cut(column.label, _LONGEST_LABEL) for column in columns],
            note=[_cut(line, 80) for text in notes for line in textwrap.wrap(text, _WRAPPED)],
            variable_value_labels=options,
            variable_measure={column.name: column.measure for column in columns},
            variable_format=_formats(columns),
        )
        strip_creation_date(temporary)


def _formats(columns: Sequence[Column]) -> dict[str, str]:
    """Return the formats in which SPSS shows numbers."""
    known = {"id": "F15.0", "weight": "F12.6"}
    numbers = [column for column in columns if isinstance(column.values, np.ndarray)]
    return {column.name: known.get(column.role, "F5.0") for column in numbers}


def _cut(text: str, longest: int) -> str:
    """Shorten a text to some bytes, between characters."""
    return text.encode()[:longest].decode(errors="ignore")


def codebook_rows(columns: Sequence[Column]) -> list[dict[str, str | int | float]]:
    """Return the rows of `codebook.csv`: one per variable, or per option of a variable."""
    rows: list[dict[str, str | int | float]] = []
    for column in columns:
        known = {key: getattr(column, key if key != "variable" else "name") for key in CODEBOOK[:7]}
        options: list[dict[str, str | int | float]] = [
            {"code": code, "option": text} for code, text in column.options.items()
        ]
        rows += [{**known, **option} for option in options or [{}]]
    return rows
