"""Reads an SPSS file by a survey's configuration: respondents, weights, traits and answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated

import pyarrow as pa
from pydantic import Field

from anthology.config.stage import Derived, From, StageSettings
from anthology.config.survey import SIMULATED_LABEL, Code
from anthology.errors import DataError
from anthology.records import Record
from anthology.seeds import derive_seed
from anthology.survey.codebook import Codebook, Entry, TraitEntry
from anthology.survey.spss import Header, Value, Variable, as_text, read_columns, read_header
from anthology.survey.wording import clean_option, clean_question, is_refusal


class CodedVariable(Record):
    """A variable of the file whose values are codes."""

    variable: str
    """The variable's name."""
    codes: list[Code]
    """The codes that are categories or options, in order."""


class Settings(StageSettings):
    """What reading one survey depends on."""

    seed: Annotated[int, Derived("seed_of_sample")]
    """Decides who is drawn."""
    survey: Annotated[str, From("{survey}")]
    """The survey's name in the experiment."""
    respondents: Annotated[Annotated[int, Field(ge=1)] | None, From("respondents.{survey}")] = None
    """How many people to draw at most; all of them where it is left open."""
    include: Annotated[dict[str, list[Code]], Derived("include")] = {}
    """For each trait the codes of which one must hold."""
    exclude: Annotated[dict[str, list[Code]], Derived("exclude")] = {}
    """For each trait the codes of which none may hold."""
    id: Annotated[str, From("surveys/{survey}.id")]
    """The variable that identifies a respondent."""
    weight: Annotated[str, From("surveys/{survey}.weight")]
    """The variable that holds a respondent's weight."""
    traits: Annotated[dict[str, CodedVariable], From("surveys/{survey}.traits", "variable codes")]
    """The traits, by name."""
    items: Annotated[list[CodedVariable], From("surveys/{survey}.items", "variable codes")]
    """The items, in the survey's order."""

    @property
    def coded(self) -> dict[str, CodedVariable]:
        """The variables whose values are codes, by the name of their column."""
        return {
            **{f"trait:{name}": trait for name, trait in self.traits.items()},
            **{item.variable: item for item in self.items},
        }


@dataclass(frozen=True, slots=True)
class SurveyData:
    """The respondents of a survey file, its codebook, and counts of who was left out."""

    table: pa.Table
    codebook: Codebook
    metadata: dict[str, str | int]


def read_survey(settings: Settings, sav: Path) -> SurveyData:
    """Read a survey file.

    Zero-weight respondents and those without a weight represent nobody and are left out. A
    refusal, recognised by its label, and a missing value are null.

    Parameters
    ----------
    settings
        The survey's configuration.
    sav
        The SPSS file.

    Returns
    -------
    SurveyData
        The table has `respondent`, `weight`, `trait:<name>` and one column per item,
        named after its variable; traits and items hold the survey's codes.

    Raises
    ------
    DataError
        If the file is missing, no SPSS file or cut short; if it lacks a variable or a
        declared code, or holds text where numbers are expected; if ids are missing or
        repeated, weights are negative, or a value occurs that is neither declared nor
        a refusal.
    """
    header = _check_header(settings, sav)
    source = "simulated" if header.label == SIMULATED_LABEL else sav.name
    coded = settings.coded
    names = [settings.id, settings.weight, *(variable.variable for variable in coded.values())]
    columns = read_columns(header, names)

    weights = _read_weights(columns[settings.weight], settings.weight, sav)
    weighted = [row for row, weight in enumerate(weights) if weight]
    if not weighted:
        raise DataError(f"has no respondent whose {settings.weight} is above zero", where=str(sav))
    ids = _read_ids(columns[settings.id], weighted, settings.id, sav)
    for variable in coded.values():
        values = [columns[variable.variable][row] for row in weighted]
        _check_values(values, variable.codes, variable.variable, header, sav)

    eligible = [row for row in weighted if _passes_filters(columns, row, settings)]
    if not eligible:
        raise DataError(
            f"has no respondent whom filters.respondents lets take part, of {len(weighted)}",
            where=str(sav),
            hint="Include more, or exclude less.",
        )
    rows = _draw_sample(ids, eligible, settings)
    table = {
        "respondent": pa.array([ids[row] for row in rows], pa.string()),
        "weight": pa.array([weights[row] for row in rows], pa.float64()),
    }
    for name, variable in coded.items():
        values = [columns[variable.variable][row] for row in rows]
        codes = [value if value in variable.codes else None for value in values]
        table[name] = pa.array(codes, pa.int16())
    metadata: dict[str, str | int] = {
        "survey": settings.survey,
        "source": source,
        "people": len(weights),
        "without_weight": len(weights) - len(weighted),
        "filtered_out": len(weighted) - len(eligible),
        "drawn": len(rows),
    }
    return SurveyData(pa.table(table), _build_codebook(settings, header, source), metadata)


def _check_header(settings: Settings, sav: Path) -> Header:
    header = read_header(sav)
    header.find(settings.id, "the id")
    header.find_numeric(settings.weight, "the weight")
    for name, source in settings.coded.items():
        what = "an item" if name == source.variable else f'"{name}"'
        variable = header.find_numeric(source.variable, what)
        _check_codes(variable, source.variable, source.codes, sav)
    return header


def _check_codes(variable: Variable, name: str, codes: Sequence[int], sav: Path) -> None:
    has = ", ".join(f'{as_text(code)} "{label}"' for code, label in variable.options.items())
    for code in codes:
        if not variable.options.get(code, "").strip():
            raise DataError(
                f"{name} has no label for the declared code {code}",
                where=str(sav),
                hint=f"It has {has or 'no labels at all'}.",
            )
        if is_refusal(variable.options[code]):
            raise DataError(
                f'{name} has the declared code {code} for "{variable.options[code]}", a refusal',
                where=str(sav),
                hint="Take it out of the survey's codes: who refuses has given no answer.",
            )


def _check_values(
    values: Sequence[Value], codes: Sequence[int], name: str, header: Header, sav: Path
) -> None:
    """Refuse values that are neither declared nor missing nor labelled as a refusal."""
    counts = Counter(value for value in values if value is not None and value not in codes)
    for value, rows in counts.items():
        label = header.variables[name].options.get(float(value))
        if label is not None and is_refusal(label):
            continue
        raise DataError(
            f"{name} has {rows} row{'s' * (rows > 1)} with the code {as_text(value)}, "
            + (f'"{label}", ' if label else "which has no label and ")
            + "which is not declared",
            where=str(sav),
            hint=f"Declared: {', '.join(map(str, codes))}. "
            "Add the code to the survey's codes; only refusals and missing values may be left out.",
        )


def _read_weights(values: Sequence[Value], name: str, sav: Path) -> list[float]:
    """Return each row's weight, zero where it has none."""
    weights = [0.0 if value is None else float(value) for value in values]
    for row, weight in enumerate(weights, start=1):
        if weight < 0 or not isfinite(weight):
            raise DataError(f"{name} is {weight:g} in row {row}", where=str(sav))
    return weights


def _read_ids(values: Sequence[Value], rows: Sequence[int], name: str, sav: Path) -> dict[int, str]:
    """Return the id of each of some rows, which no two may share."""
    first: dict[str, int] = {}
    for row in rows:
        value = values[row]
        identity = "" if value is None else as_text(value).strip()
        if not identity:
            raise DataError(f"{name} is missing in row {row + 1}", where=str(sav))
        if identity in first:
            raise DataError(
                f"{name} is {identity} in row {first[identity] + 1} and in row {row + 1}",
                where=str(sav),
                hint="Each id must belong to one respondent.",
            )
        first[identity] = row
    return {row: identity for identity, row in first.items()}


def _passes_filters(columns: Mapping[str, Sequence[Value]], row: int, settings: Settings) -> bool:
    """Say whether the respondent in a row takes part."""

    def holds(trait: str, codes: Sequence[int]) -> bool:
        return columns[settings.traits[trait].variable][row] in codes

    return all(holds(*item) for item in settings.include.items()) and not any(
        holds(*item) for item in settings.exclude.items()
    )


def _draw_sample(ids: Mapping[int, str], rows: Sequence[int], settings: Settings) -> list[int]:
    """Return the rows of the sample, in the file's order; a larger one contains a smaller one."""
    ranks = {row: derive_seed(settings.seed, "humans", settings.survey, ids[row]) for row in rows}
    return sorted(sorted(rows, key=ranks.__getitem__)[: settings.respondents])


def _build_codebook(settings: Settings, header: Header, source: str) -> Codebook:
    def entry(name: str, codes: Sequence[int]) -> Entry:
        variable = header.variables[name]
        return Entry(
            wording=clean_question(variable.label, name),
            options=tuple((code, clean_option(variable.options[code])) for code in codes),
        )

    return Codebook(
        survey=settings.survey,
        source=source,
        traits={
            name: TraitEntry(
                variable=trait.variable, **entry(trait.variable, trait.codes).model_dump()
            )
            for name, trait in settings.traits.items()
        },
        items={item.variable: entry(item.variable, item.codes) for item in settings.items},
    )
