"""Rows of the main table: the respondents between their halves, then each condition's personas."""

from collections.abc import Iterable, Mapping
from math import nan
from typing import Annotated, Literal

from pydantic import Field

from anthology.analysis.groups import GroupStats, group_stats, why_undefined
from anthology.analysis.load import SOURCES, AnswerSettings, PersonaAnswers, Respondents
from anthology.analysis.metrics import METRICS, Metric, main_metrics, why_alpha_undefined
from anthology.analysis.split_half import Halves, draw_halves, half_stats, why_halves_undefined
from anthology.config.stage import From
from anthology.io.tables import Row
from anthology.seeds import rng_for


class SplitSettings(AnswerSettings):
    """Which answers are compared, and how the respondents are split into halves."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    splits: Annotated[int, Field(ge=1), From("metrics.splits")]
    """How often the respondents are split into halves for their own row."""


class MetricSettings(SplitSettings):
    """Which answers are compared, and how."""

    persona_weights: Annotated[Literal["none", "respondent"], From("metrics.persona_weights")]
    """Whether each persona counts the same, or as much as its respondent."""


def metric_columns() -> tuple[str, ...]:
    """Return the columns of `metrics.csv`."""
    return (
        *("survey", "model", "condition", "simulated"),
        *("n_respondents", "n_backstories", "valid_share"),
        *(metric.name for metric in main_metrics()),
        *("humans", *SOURCES, "notes"),
    )


def metric_rows(
    settings: MetricSettings,
    respondents: Respondents,
    answered: Iterable[PersonaAnswers],
    *path: str,
) -> list[Row]:
    """Compare personas with the respondents they stand for.

    Parameters
    ----------
    settings
        What to compare, and how.
    respondents
        The respondents.
    answered
        Each condition's personas and their backstories, in the order of the same respondents.
    path
        Names the splits of these respondents among all random things of the experiment.

    Returns
    -------
    list of Row
        The respondents' row, then one for each condition, with the columns of `metrics.csv`.
    """
    humans = group_stats(respondents.positions, settings.sizes, respondents.weights)
    missing = why_undefined(humans, settings.names)
    halves = split_respondents(settings, respondents, *path)
    notes = [
        *missing,
        *why_halves_undefined(halves, settings.names),
        *why_alpha_undefined(respondents.positions, settings.names),
    ]
    answers = int((respondents.positions > 0).sum())
    row: Row = {
        "survey": settings.survey,
        "condition": "human",
        "simulated": respondents.mark_simulated(),
        "n_respondents": len(respondents.ids),
        "valid_share": answers / respondents.positions.size if respondents.positions.size else nan,
        **human_values(humans, halves, main_metrics()),
        "humans": respondents.source,
        "notes": join_notes(notes),
    }
    return [row, *(_persona_row(settings, respondents, humans, missing, one) for one in answered)]


def split_respondents(settings: SplitSettings, respondents: Respondents, *path: str) -> Halves:
    """Split the respondents into random halves; without a path, those of the main table."""
    rng = rng_for(settings.seed, *(path or ("metrics", settings.survey, "splits")))
    first = draw_halves(len(respondents.ids), settings.splits, rng)
    return half_stats(respondents.positions, settings.sizes, respondents.weights, first)


def human_values(
    humans: GroupStats, halves: Halves, metrics: Iterable[Metric] = METRICS
) -> Mapping[str, float]:
    """Return the respondents' own value of each metric.

    A distance is the mean between random halves; what describes one group, that of all.
    """
    pairs = {True: halves, False: (humans, humans)}
    return {
        metric.name: float(metric.function(*pairs[metric.is_distance]).mean()) for metric in metrics
    }


def _persona_row(
    settings: MetricSettings,
    respondents: Respondents,
    humans: GroupStats,
    missing: list[str],
    personas: PersonaAnswers,
) -> Row:
    present, weights = personas.present, None
    positions = personas.positions[present]
    notes = []
    if settings.persona_weights == "respondent":
        weights = respondents.weights[present]
        notes.append("personas weighted as their respondents")
    group = group_stats(positions, settings.sizes, weights)
    notes += why_undefined(group, settings.names)
    notes += [f"humans: {note}" for note in missing]
    notes += why_alpha_undefined(positions, settings.names)
    asked = int(personas.asked.sum())
    return {
        "survey": settings.survey,
        "model": personas.model,
        "condition": personas.condition,
        "simulated": respondents.mark_simulated(personas),
        "n_respondents": len(positions),
        "n_backstories": len(personas.uses),
        "valid_share": int((personas.positions > 0).sum()) / asked if asked else nan,
        **{metric.name: float(metric.function(humans, group)) for metric in main_metrics()},
        "humans": respondents.source,
        **{name: personas.metadata[name] for name in SOURCES},
        "notes": join_notes(notes),
    }


def join_notes(notes: Iterable[str]) -> str:
    """Return some notes as one cell, each once."""
    return "; ".join(dict.fromkeys(notes))
