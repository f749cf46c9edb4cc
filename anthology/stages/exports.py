"""The exports stage: people and personas side by side, for statistics packages.

One row a respondent: id, weight and traits, the person's answers under the survey's own
variable names, and each persona's answers beside them, in variables called
``<item>__<condition>``, or ``<item>__<model>__<condition>`` where several models are
compared. The same columns are written as `.sav` with labels, as CSV and as Parquet;
`codebook.csv` says what each is.
"""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
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
    load_personas,
    load_respondents,
)
from anthology.config.stage import From
from anthology.io.parquet import read_metadata, write_atomically, write_table, write_text
from anthology.io.tables import format_csv
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
    """A variable of the survey, and our own words where the file's are not fit to be read."""

    variable: str
    """The variable's name in the survey file."""
    codes: list[int]
    """Its codes, in order."""
    labels: dict[int, str] = {}
    """Our own words for codes."""
    wording: str | None = None
    """Our own wording of the question."""
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
        What it is called, what it holds in words, and as what it serves.
    values
        One for each respondent, NaN for none.
    options
        The words of each code; empty for the id and the weight.
    measure
        As what statistics packages are to take its values.
    item, model, condition, source
        For an answer: to what, of whom, and where it comes from.
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


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    responses: list[Path],
    sav: Path,
    csv: Path,
    parquet: Path,
    variables: Path,
) -> None:
    """Write people and personas side by side in three formats, with a codebook.

    Parameters
    ----------
    settings
        Which people, items and conditions.
    humans, codebook, responses
        The people, the survey's words, and what each condition's personas answered.
    sav, csv, parquet
        Where the same table goes in each format.
    variables
        Where the codebook goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents` and `anthology.analysis.load.load_personas`.
    """
    found = load_respondents(settings, humans)
    answered = list(load_personas(settings, found, responses))
    made = list(export_columns(settings, found, answered, Codebook.load(codebook)))
    sources = [f"People: {found.source}."] + [
        f"{one.condition}, {one.model}: answers {one.metadata['answers']}, "
        f"backstories {one.metadata['backstories'] or 'none'}, "
        f"traits {one.metadata['traits'] or 'none'}."
        for one in answered
    ]
    frame = pd.DataFrame({column.name: column.values for column in made}, copy=False)
    _write_sav(sav, frame, made, _title(settings, found, answered), sources)
    with write_atomically(csv) as temporary:
        _whole(frame).to_csv(temporary, index=False, lineterminator="\n")
    table = pa.table({column.name: _stored(column) for column in made})
    told = {
        "survey": settings.survey,
        "source": read_metadata(humans)["source"],
        "sources": sources,
    }
    write_table(parquet, table, stage="exports", settings=settings, metadata=told)
    write_text(variables, format_csv(CODEBOOK, _codebook_rows(made)))
    print(
        f"{settings.survey}: {len(frame)} respondents, {len(made)} variables written",
        file=sys.stderr,
    )


def export_columns(
    settings: Settings, found: Respondents, answered: Sequence[PersonaAnswers], words: Codebook
) -> Iterator[Column]:
    """List the export's variables in order: people first, then the personas item by item."""
    names = _Names()
    yield Column(names.own(settings.id), "Respondent", "id", _ids(found.ids.to_pylist()), {})
    weight = names.own(settings.weight)
    yield Column(weight, "Weight", "weight", found.weights, {}, "scale")
    for name, trait in settings.traits.items():
        entry = words.traits[name]
        options = _options(trait, entry.texts)
        values = _coded(found.trait(name, trait.codes), trait.codes)
        called, label = names.own(trait.variable), trait.wording or entry.wording or name
        yield Column(called, label, "trait", values, options)
    own = [_wording(item, words) for item in settings.asked]
    for i, (item, wording) in enumerate(zip(settings.asked, own, strict=True)):
        options = _options(item, words.items[item.variable].texts)
        yield Column(
            *(names.own(item.variable), wording, "answer"),
            *(_coded(found.positions[:, i], item.codes), options),
            measure=item.scale, item=item.variable, condition="human", source=found.source,
        )  # fmt: skip
    several = len({one.model for one in answered}) > 1
    for one in answered:
        for i, (item, wording) in enumerate(zip(settings.asked, own, strict=True)):
            options = _options(item, words.items[item.variable].texts)
            whose = f"{one.model}, {one.condition}" if several else one.condition
            by = (one.model, one.condition) if several else (one.condition,)
            name = names.new("__".join((item.variable, *by)))
            yield Column(
                *(name, f"[{whose}] {wording}", "persona answer"),
                *(_coded(one.positions[:, i], item.codes), options),
                measure=item.scale, item=item.variable, model=one.model,
                condition=one.condition, source=one.metadata["answers"],
            )  # fmt: skip


def _ids(names: Sequence[str]) -> Sequence[str] | IntArray:
    """Return ids as numbers where all are, as in the survey file, so that the two can be merged."""
    numbers = all(re.fullmatch(r"0|[1-9]\d{0,14}", name) for name in names)
    return np.array(names, dtype=np.int64) if numbers else names


class _Names:
    """Gives out variable names that SPSS takes, each once; it does not tell cases apart."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def own(self, variable: str) -> str:
        """Return a survey variable's own name, where it is the first to be called so.

        Two traits, or a trait and an item, may be read from one variable with other codes.
        """
        if variable.lower() in self.taken:
            return self.new(variable)
        self.taken.add(variable.lower())
        return variable

    def new(self, wanted: str) -> str:
        """Return a name as near to the wanted one as can be."""
        plain = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        for number in count(1):
            end = "" if number == 1 else f"_{number}"
            name = plain[: _LONGEST - len(end)].rstrip("_") + end
            if name.lower() not in self.taken:
                self.taken.add(name.lower())
                return name
        raise AssertionError("there is always a further number")


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


def _stored(column: Column) -> pa.Array:
    """Return a variable's values as Parquet holds them, codes as whole numbers."""
    if isinstance(column.values, np.ndarray) and column.role not in ("id", "weight"):
        missing = np.isnan(column.values)
        return pa.array(np.where(missing, 0, column.values).astype(np.int16), mask=missing)
    return pa.array(column.values)


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which codes are whole numbers, and empty where there is none."""
    codes = frame.columns[2:]
    return frame.astype(dict.fromkeys(codes, "Int16"))


def _title(settings: Settings, found: Respondents, answered: Sequence[PersonaAnswers]) -> str:
    sources = sorted({found.source, *(str(one.metadata["answers"]) for one in answered)})
    return _cut(f"{settings.survey}: people and personas ({', '.join(sources)})", 64)


def _write_sav(
    path: Path, frame: pd.DataFrame, made: Sequence[Column], title: str, sources: Sequence[str]
) -> None:
    said = [f"Anthology {__version__}. Weight cases by {made[1].name}.", *sources]
    options: dict[str, dict[int | float, str]] = {
        column.name: {code: _cut(text, _LONGEST_OPTION) for code, text in column.options.items()}
        for column in made
        if column.options
    }
    with write_atomically(path) as temporary:
        pyreadstat.write_sav(
            frame,
            temporary,
            file_label=title,
            column_labels=[_cut(column.label, _LONGEST_LABEL) for column in made],
            note=[_cut(line, 80) for text in said for line in textwrap.wrap(text, _WRAPPED)],
            variable_value_labels=options,
            variable_measure={column.name: column.measure for column in made},
            variable_format=_formats(made),
        )
        strip_creation_date(temporary)


def _formats(made: Sequence[Column]) -> dict[str, str]:
    """Return the formats in which SPSS shows numbers."""
    known = {"id": "F15.0", "weight": "F12.6"}
    numbers = [column for column in made if isinstance(column.values, np.ndarray)]
    return {column.name: known.get(column.role, "F5.0") for column in numbers}


def _cut(text: str, longest: int) -> str:
    """Shorten a text to some bytes, between characters."""
    return text.encode()[:longest].decode(errors="ignore")


def _codebook_rows(made: Sequence[Column]) -> list[dict[str, str | int | float]]:
    rows = []
    for column in made:
        said: dict[str, str | int | float] = {
            "variable": column.name,
            "role": column.role,
            "label": column.label,
            "item": column.item,
            "model": column.model,
            "condition": column.condition,
            "source": column.source,
        }
        options = column.options.items()
        rows += [{**said, "code": code, "option": text} for code, text in options] or [said]
    return rows
