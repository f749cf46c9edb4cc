"""The reproduction stage: the published numbers beside those that this project gives.

The people's rows need no model: they come from the survey files alone. Results of
models stand beside the published ones where a survey's table has rows of them.
"""

import csv
import sys
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np

from anthology.analysis.load import Respondents, Scale, load_respondents
from anthology.analysis.metric_rows import MetricSettings, metric_rows
from anthology.analysis.metrics import cronbach_alpha
from anthology.config.published import Published, Triple
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, write_text
from anthology.records import Record

_DASH = "-"
"""What stands where there is no number."""
_SIMULATED = "simulated"
_WHERE = "https://www.pewresearch.org/american-trends-panel-datasets/"


class Measured(Record):
    """What a published survey is here."""

    items: list[Scale]
    """The items, in order."""
    traits: dict[str, list[int]]
    """The codes of each trait that divides people into published groups."""


class Settings(StageSettings):
    """What the comparison with the published study depends on."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    splits: Annotated[int, From("metrics.splits")]
    """How often the people are split into halves."""
    surveys: Annotated[dict[str, Measured], Derived("published_surveys")]
    """The study's surveys that have published numbers, by name."""
    published: Annotated[Published, From("published")]
    """The published numbers."""
    tables: Annotated[dict[Path, str], Derived("tables_at_hand")] = {}
    """The tables of results that are there, each with a hash of its content."""


class _Found(NamedTuple):
    """The people of a survey and where they come from."""

    survey: str
    people: Respondents
    row: Triple


def run(settings: Settings, *, humans: list[Path], output: Path) -> None:
    """Write the published numbers beside our own.

    Parameters
    ----------
    settings
        What was published, and how our own are computed.
    humans
        The respondents of each survey.
    output
        Where the page goes.

    Raises
    ------
    DataError
        If people are of a survey without published numbers, or as
        `anthology.analysis.load.load_respondents`.
    """
    found = [_people(settings, path) for path in humans]
    rows = [row for path in settings.tables for row in _table(path)]
    page = [
        "# Reproduction",
        "",
        "The numbers of the published study (Moon et al., EMNLP 2024) beside those that this",
        "project gives. `snakemake docs/reproduction.md` makes this page from the survey files",
        "that `humans` names in the configuration, and from those tables of results that exist.",
        "",
        "## The people",
        "",
        "The study's lower bound needs no model: the mean distance, weighted, between two random",
        f"halves of the people, over {settings.splits} splits; and Cronbach's alpha of all people,",
        "unweighted.",
        "",
        *_aligned(("survey", "people", "", "n", "wasserstein", "frobenius", "alpha"), [
            cells for one in found for cells in _people_rows(settings, one)
        ]),
        "",
        *_missing(settings, found),
        *_groups(settings, found),
        *_models(settings, rows),
    ]  # fmt: skip
    write_text(output, "\n".join(page).rstrip() + "\n")
    real = [one.survey for one in found if one.people.source != _SIMULATED]
    print(f"people of {', '.join(real) or 'no survey'} compared", file=sys.stderr)


def _people(settings: Settings, path: Path) -> _Found:
    survey = read_metadata(path)["survey"]
    if survey not in settings.surveys:
        raise DataError(f"holds people of {survey}, of which nothing is published", where=str(path))
    how = MetricSettings(
        survey=survey,
        items=settings.surveys[survey].items,
        rows=[],
        seed=settings.seed,
        splits=settings.splits,
        persona_weights="none",
    )
    respondents = load_respondents(how, path)
    (row,) = metric_rows(how, respondents, [], "metrics", survey, "splits")
    numbers = (float(row[name]) for name in ("wasserstein", "frobenius", "cronbach_alpha"))
    return _Found(survey, respondents, (*numbers,))  # type: ignore[arg-type]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _people_rows(settings: Settings, found: _Found) -> list[Sequence[str]]:
    published = settings.published.surveys[found.survey]
    source = found.people.source
    here = "simulated people" if source == _SIMULATED else f"`{source}`"
    return [
        (found.survey, "published", "", f"{published.people:,}", *_numbers(published.human)),
        ("", "here", here, f"{len(found.people.ids):,}", *_numbers(found.row)),
    ]


def _missing(settings: Settings, found: Sequence[_Found]) -> list[str]:
    """Say how to get the files of the surveys whose people are simulated."""
    lines = []
    for one in found:
        if one.people.source == _SIMULATED:
            release = settings.published.surveys[one.survey].release
            lines += [
                f"- **{one.survey}**: there is no survey file. The people are simulated, and",
                f"  their row shows the machinery and nothing else. The {release} data set is",
                f"  given out by the Pew Research Center after a free registration ({_WHERE}):",
                "  `snakemake docs/reproduction.md --config "
                f"'humans={{{one.survey}: \"/some where/the file.sav\"}}'`",
            ]
    return [*lines, ""] if lines else []


def _groups(settings: Settings, found: Sequence[_Found]) -> list[str]:
    lines = []
    for one in found:
        rows: list[Sequence[str]] = []
        for group in settings.published.surveys[one.survey].groups:
            codes = settings.surveys[one.survey].traits.get(group.trait)
            if codes is None:
                continue  # The survey's declaration here has no such trait.
            position = one.people.trait(group.trait, codes)
            members = np.isin(
                position, [codes.index(code) + 1 for code in codes if code in group.codes]
            )
            alpha = cronbach_alpha(one.people.positions[members])
            rows.append((group.name, f"{members.sum():,}", _number(group.alpha), _number(alpha)))
        if rows:
            source = one.people.source
            lines += [
                f"## Alpha of groups of people, {one.survey}",
                "",
                f"Here: {'simulated people' if source == _SIMULATED else source}.",
                "",
                *_aligned(("group", "n here", "published", "here"), rows),
                "",
            ]
    return lines


def _models(settings: Settings, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Put each published result beside those of the conditions that are built in its way."""
    published = settings.published
    here = {(row["survey"], row["model"], row["condition"]): row for row in rows}
    cells: list[Sequence[str]] = []
    for result in published.results:
        model = published.models[result.model]
        for survey, numbers in result.by_survey.items():
            mark = "†" if survey in result.uncertain else ""
            cells.append(
                (f"{result.model}{mark}", result.condition, survey, "published", *_numbers(numbers))
            )
            for condition in published.conditions[result.condition]:
                row = here.get((survey, model, condition))
                if row is not None:
                    own = tuple(row[n] for n in ("wasserstein", "frobenius", "cronbach_alpha"))
                    shown = [_number(float(value)) if value else _DASH for value in own]
                    whose = f"here, people {row['humans']}"
                    mark = " (simulated)" if row.get("simulated") == "yes" else ""
                    cells.append((model, f"`{condition}`{mark}", survey, whose, *shown))
    ran = sum(cell[3] != "published" for cell in cells)
    remark = (
        "Rows that begin with a name of `config/models/` are this project's."
        if ran
        else "None of the published models has been run here: they need a GPU server or a paid API;"
        "\n`snakemake --configfile config/config.yaml config/paper.yaml config/paper-models.yaml`"
        "\nruns them, and this page, made again, shows the results beside the published ones."
    )
    return [
        "## The conditions",
        "",
        "† marks rows of which at least one number was read from a damaged table.",
        remark,
        "",
        *_aligned(
            ("model", "condition", "survey", "whose", "wasserstein", "frobenius", "alpha"), cells
        ),
    ]


def _numbers(values: Triple) -> tuple[str, ...]:
    return tuple(map(_number, values))


def _number(value: float | None) -> str:
    return _DASH if value is None or isnan(value) else f"{value:.3f}"


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a Markdown table."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
