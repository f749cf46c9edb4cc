"""The subgroups stage: the main table again, for each group of respondents on its own.

`subgroups.csv` has the columns of `metrics.csv` behind two more: `subgroup`, the
trait, grouping or crossing that divides the people, and `group`, which part of them.
Each group's row `human` is its own bound, from halves of that group. A group of fewer
people than `metrics.min_group_size` is named, with nothing measured and its number
left out: so few people could be told apart, and a number about them means little.
"""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field

from anthology.analysis.load import load_personas, load_respondents
from anthology.analysis.metric_rows import MetricSettings, metric_columns, metric_rows
from anthology.analysis.subgroups import Division, divide_respondents
from anthology.config.stage import Derived, From
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.survey.codebook import Codebook


def subgroup_columns() -> tuple[str, ...]:
    """Return the columns of `subgroups.csv`."""
    survey, *others = metric_columns()
    return (survey, "subgroup", "group", *others)


class Settings(MetricSettings):
    """What the subgroups of one survey depend on."""

    subgroups: Annotated[list[Annotated[list[Division], Field(min_length=1)]], Derived("subgroups")]
    """What divides the people; several divisions are crossed."""
    min_group_size: Annotated[int, Field(ge=2), From("metrics.min_group_size")]
    """Groups of fewer people are not measured."""


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
    respondents = load_respondents(settings, humans)
    answered = list(load_personas(settings, respondents, responses, backstories=True))
    words = Codebook.load(codebook)
    marks = {("", "human"): respondents.mark_simulated()}
    marks |= {(one.model, one.condition): respondents.mark_simulated(one) for one in answered}
    rows: list[Row] = []
    small = 0
    for group in divide_respondents(settings.subgroups, respondents, words):
        where = {"survey": settings.survey, "subgroup": group.subgroup, "group": group.name}
        if group.members.sum() < settings.min_group_size:
            small += 1
            rows += [
                _suppressed(settings, {**where, "simulated": m}, *key) for key, m in marks.items()
            ]
            continue
        path = ("subgroups", settings.survey, group.subgroup, group.name)
        members = [one.select(group.members) for one in answered]
        measured = metric_rows(settings, respondents.select(group.members), members, *path)
        rows += [{**row, **where} for row in measured]
    write_text(output, format_csv(subgroup_columns(), rows))
    print(
        f"{settings.survey}: {len(rows) // (len(settings.rows) + 1)} groups compared, "
        f"{small} of them too small to measure",
        file=sys.stderr,
    )


def _suppressed(settings: Settings, where: Row, model: str, condition: str) -> Row:
    """Return the row of a group that is too small."""
    note = f"fewer than {settings.min_group_size} people"
    return {**where, "model": model, "condition": condition, "notes": note}
