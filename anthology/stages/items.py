"""The items stage: how people and personas answered each item, and how items go together.

`items.csv` has one row for each option of each item, for the people and then for each
model and condition; an option that nobody chose has its row too:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` for the people
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
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from anthology.analysis.distances import FloatArray, correlations, one_hot, option_shares
from anthology.analysis.load import AnswerSettings, load_personas, load_respondents
from anthology.config.stage import Derived, From
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.survey.codebook import Codebook

ITEMS = ("survey", "model", "condition", "item", "code", "option", "n", "share", "low", "high")
"""The columns of `items.csv`."""

CORRELATIONS = ("survey", "model", "condition", "item_1", "item_2", "correlation")
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
    """Tell the share of every option and the correlation of every two items.

    Parameters
    ----------
    settings
        What is told of whom.
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
    found = load_respondents(settings, humans)
    answered = load_personas(settings, found, responses)
    words = _words(settings, Codebook.load(codebook))
    chosen: list[Row] = []
    together: list[Row] = []

    def tell(model: str, condition: str, given: FloatArray, weights: FloatArray | None) -> None:
        head = {"survey": settings.survey, "model": model, "condition": condition}
        chosen.extend({**head, **row} for row in _options(settings, words, given, weights))
        together.extend({**head, **row} for row in _pairs(settings.names, given, weights))

    tell("", "human", found.positions, found.weights)
    for one in answered:
        present = one.present
        weights = found.weights[present] if settings.persona_weights == "respondent" else None
        tell(one.model, one.condition, one.positions[present], weights)
    write_text(items, format_csv(ITEMS, chosen))
    write_text(correlations, format_csv(CORRELATIONS, together))
    count = len(settings.rows)
    print(f"{settings.survey}: people and {count} conditions tabulated", file=sys.stderr)


def effective(positions: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return for each item how many equally weighted answers its weighted ones are worth.

    That is the square of the sum of the weights over the sum of their squares, taken
    over those who answered the item.

    Source: Kish, "Survey Sampling" (Wiley 1965), section 11.7.

    Parameters
    ----------
    positions
        People x items.
    weights
        One for each person; equal where None.

    Returns
    -------
    FloatArray
        Items; 0 for an item without answers.
    """
    own = np.ones(len(positions)) if weights is None else weights
    answered = (~np.isnan(positions)).astype(np.float64)
    sums, squares = own @ answered, own**2 @ answered
    return np.asarray(sums**2 / np.where(squares > 0, squares, 1.0))


def wilson(share: FloatArray, n: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's score interval of a share.

    Source: Wilson, "Probable inference, the law of succession, and statistical
    inference" (JASA 1927). For weighted answers `n` is their effective number.

    Parameters
    ----------
    share
        The share, from 0 to 1.
    n
        Of how many answers; a fraction is allowed.
    confidence
        How often the interval is to hold the true share.

    Returns
    -------
    tuple of FloatArray
        Both ends, NaN where there is no answer.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    counted = np.where(n > 0, n, np.nan)
    shrink = 1 + z**2 / counted
    centre = (share + z**2 / (2 * counted)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / counted + z**2 / (4 * counted**2))
    # Rounding would put the end of a share of 0 or 1 a hair outside.
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _words(settings: Settings, codebook: Codebook) -> dict[str, dict[int, str]]:
    """Return the words of every item's options, our own before the file's."""
    words = {}
    for item in settings.items:
        entry = codebook.items.get(item.variable)
        words[item.variable] = {
            **(entry.texts if entry else {}),
            **settings.labels.get(item.variable, {}),
        }
    return words


def _options(
    settings: Settings,
    words: dict[str, dict[int, str]],
    positions: FloatArray,
    weights: FloatArray | None,
) -> Iterator[Row]:
    counts = one_hot(positions, settings.sizes).sum(axis=0)
    found = option_shares(positions, settings.sizes, weights)
    n = effective(positions, weights)[:, None]
    low, high = wilson(found, np.broadcast_to(n, found.shape), settings.confidence)
    for i, item in enumerate(settings.items):
        for j, code in enumerate(item.codes):
            yield {
                "item": item.variable,
                "code": code,
                "option": words[item.variable].get(code, str(code)),
                "n": int(counts[i, j]),
                "share": float(found[i, j]),
                "low": float(low[i, j]),
                "high": float(high[i, j]),
            }


def _pairs(
    names: Iterable[str], positions: FloatArray, weights: FloatArray | None
) -> Iterator[Row]:
    matrix, names = correlations(positions, weights), list(names)
    for first, row in zip(names, matrix, strict=True):
        for second, value in zip(names, row, strict=True):
            yield {"item_1": first, "item_2": second, "correlation": float(value)}
