"""The items stage: how people and personas answered each item, and how items go together.

`items.csv` has one row for each option of each item, for the people and then for each
model and condition; an option that nobody chose has its row too:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` for the people
simulated          as in `metrics.csv`
item               the item's variable
code, option       the option's code and words
n                  how many answers name it
share              its weighted share of the item's answers; empty where there are none
low, high          the share's interval
=================  =============================================================

`correlations.csv` has one row for each two items, of the matrices from which
`metrics.csv` takes its distances, the diagonal and both orders included.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from anthology.analysis.groups import FloatArray, group_stats
from anthology.analysis.item_rows import correlation_rows, option_rows
from anthology.analysis.load import AnswerSettings, load_personas, load_respondents
from anthology.config.stage import Derived, From
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import Positions

ITEMS = (
    *("survey", "model", "condition", "simulated", "item", "code", "option"),
    *("n", "share", "low", "high"),
)
"""The columns of `items.csv`."""

CORRELATIONS = ("survey", "model", "condition", "simulated", "item_1", "item_2", "correlation")
"""The columns of `correlations.csv`."""


class Settings(AnswerSettings):
    """What the tables of items depend on."""

    labels: Annotated[dict[str, dict[int, str]], Derived("item_labels")]
    """For each item, our own words for options."""
    persona_weights: Annotated[Literal["none", "respondent"], From("metrics.persona_weights")]
    """Whether each persona counts the same, or as much as its respondent."""
    confidence: Annotated[float, Field(gt=0, lt=1), From("metrics.confidence")]
    """How often an interval is to hold the true share."""


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    responses: list[Path],
    items: Path,
    correlations: Path,
) -> None:
    """Write the share of every option and the correlation of every two items.

    Parameters
    ----------
    settings
        Which answers, and how they are counted.
    humans
        The respondents, their weights and their answers.
    codebook
        The words of the survey's options.
    responses
        One file for each model and condition, in any order; each says itself which.
    items, correlations
        Where the tables go.

    Raises
    ------
    DataError
        If a condition's file is missing, there twice, or not wanted; if an artifact
        names a respondent, item or code that is not there, or repeats a row.
    """
    respondents = load_respondents(settings, humans)
    answered = load_personas(settings, respondents, responses)
    labels = _labels(settings, Codebook.load(codebook))
    options: list[Row] = []
    pairs: list[Row] = []

    def add(
        model: str, condition: str, mark: str, own: Positions, weights: FloatArray | None
    ) -> None:
        head = {"survey": settings.survey, "model": model, "condition": condition}
        head["simulated"] = mark
        group = group_stats(own, settings.sizes, weights)
        rows = option_rows(settings.items, labels, group, own, weights, settings.confidence)
        options.extend({**head, **row} for row in rows)
        pairs.extend({**head, **row} for row in correlation_rows(settings.names, group))

    add("", "human", respondents.mark_simulated(), respondents.positions, respondents.weights)
    for one in answered:
        present = one.present
        weights = respondents.weights[present] if settings.persona_weights == "respondent" else None
        mark = respondents.mark_simulated(one)
        add(one.model, one.condition, mark, one.positions[present], weights)
    write_text(items, format_csv(ITEMS, options))
    write_text(correlations, format_csv(CORRELATIONS, pairs))
    count = len(settings.rows)
    print(f"{settings.survey}: people and {count} conditions tabulated", file=sys.stderr)


def _labels(settings: Settings, codebook: Codebook) -> dict[str, dict[int, str]]:
    """Return the words of every item's options, our own before the file's."""
    return {
        name: {
            **(codebook.items[name].texts if name in codebook.items else {}),
            **settings.labels.get(name, {}),
        }
        for name in settings.names
    }
