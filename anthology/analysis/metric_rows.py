"""Rows of a table: the people between their halves, and each condition's personas with them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import nan
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from anthology.analysis import split_half as halves
from anthology.analysis.distances import (
    Distances,
    FloatArray,
    GroupStats,
    cronbach_alpha,
    distances,
    group_stats,
    why_alpha_undefined,
    why_undefined,
)
from anthology.analysis.features import positions_of
from anthology.analysis.load import AnswerSettings, PersonaAnswers, Respondents
from anthology.config.stage import From
from anthology.io.tables import Row
from anthology.seeds import rng_for


class MetricSettings(AnswerSettings):
    """Which answers are compared, and how."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    splits: Annotated[int, Field(ge=1), From("metrics.splits")]
    """How often the people are split into halves for their own row."""
    persona_weights: Annotated[Literal["none", "respondent"], From("metrics.persona_weights")]
    """Whether each persona counts the same, or as much as its respondent."""


@dataclass(frozen=True, slots=True)
class _Humans:
    """The respondents, and what the distances need of them."""

    people: Respondents
    group: GroupStats
    notes: list[str]


def metric_rows(
    settings: MetricSettings, found: Respondents, answered: Iterable[PersonaAnswers], *path: str
) -> list[Row]:
    """Compare personas with the people they stand for.

    Parameters
    ----------
    settings
        What to compare, and how.
    found
        The people.
    answered
        Each condition's personas and their stories, in the order of the same people.
    path
        Names the splits of these people among all random things of the experiment.

    Returns
    -------
    list of Row
        The people's row, then one for each condition, with the columns of `metrics.csv`.
    """
    whole = group_stats(found.positions, settings.sizes, found.weights)
    humans = _Humans(found, whole, why_undefined(whole, settings.names))
    rng = rng_for(settings.seed, *path)
    rows = [_human_row(settings, humans, rng)]
    return rows + [_persona_row(settings, humans, one) for one in answered]


def _human_row(settings: MetricSettings, humans: _Humans, rng: np.random.Generator) -> Row:
    found = humans.people
    first = halves.draw_halves(len(found.ids), settings.splits, rng)
    parts = halves.half_stats(found.positions, settings.sizes, found.weights, first)
    notes = humans.notes + halves.why_halves_undefined(parts, settings.names)
    answered = int((~np.isnan(found.positions)).sum())
    return {
        "survey": settings.survey,
        "condition": "human",
        "n_respondents": len(found.ids),
        "valid_share": _ratio(answered, found.positions.size),
        **_measured(settings, distances(*parts), found.positions, notes),
        "humans": found.source,
    }


def _persona_row(settings: MetricSettings, humans: _Humans, found: PersonaAnswers) -> Row:
    present, weights = found.present, None
    positions = positions_of(found.places[present])
    notes = []
    if settings.persona_weights == "respondent":
        weights = humans.people.weights[present]
        notes.append("personas weighted as their respondents")
    compared = group_stats(positions, settings.sizes, weights)
    notes += why_undefined(compared, settings.names) + [f"humans: {note}" for note in humans.notes]
    return {
        "survey": settings.survey,
        "model": found.model,
        "condition": found.condition,
        "n_respondents": len(positions),
        "n_backstories": len(found.uses),
        "valid_share": _ratio(int((found.places > 0).sum()), int(found.asked.sum())),
        **_measured(settings, distances(humans.group, compared), positions, notes),
        "humans": humans.people.source,
        "backstories": found.metadata["backstories"],
        "traits": found.metadata["traits"],
        "answers": found.metadata["answers"],
    }


def _measured(
    settings: MetricSettings, apart: Distances, positions: FloatArray, notes: list[str]
) -> Row:
    said = [*notes, *why_alpha_undefined(positions, settings.names)]
    return {
        **asdict(apart),
        "cronbach_alpha": cronbach_alpha(positions),
        "notes": "; ".join(dict.fromkeys(said)),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else nan
