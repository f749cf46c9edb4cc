"""Rows of `metrics_full.csv`: every metric in all its forms."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from anthology.analysis.alpha import ALPHA_FORMS, alpha_forms
from anthology.analysis.groups import FloatArray, GroupStats, group_stats, why_undefined
from anthology.analysis.load import (
    PersonaAnswers,
    Respondents,
    Scale,
)
from anthology.analysis.match_quality import MatchQuality, match_quality
from anthology.analysis.metric_rows import (
    SplitSettings,
    human_values,
    join_notes,
    split_respondents,
)
from anthology.analysis.metrics import METRICS, measure
from anthology.analysis.proportions import effective_number
from anthology.analysis.split_half import why_halves_undefined
from anthology.config.stage import Derived, From
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.io.tables import Row
from anthology.survey.respondents import Positions


class FullSettings(SplitSettings):
    """Which answers are measured, and how they were matched."""

    items: Annotated[
        list[Scale],
        Field(min_length=1),
        From("surveys/{survey}.items", "variable codes reverse_coded"),
    ]
    """The items, with those that run against the others."""
    matched: Annotated[dict[str, str], Derived("matching_of")]
    """The matching of each condition that has one."""
    matchings: Annotated[dict[str, dict[str, TraitSource]], Derived("matchings")]
    """The traits that each matching compares."""


def full_columns() -> tuple[str, ...]:
    """Return the columns of `metrics_full.csv`."""
    distances = [metric.name for metric in METRICS if metric.is_distance]
    others = [metric.name for metric in METRICS if not metric.is_distance]
    return (
        *("survey", "model", "condition", "simulated", "n_respondents", "n_complete"),
        *(column for name in distances for column in (name, f"{name}_weighted")),
        *(name for name in others if name not in ALPHA_FORMS),
        *(*ALPHA_FORMS, "n_backstories", "effective_backstories"),
        *(*MatchQuality.__dataclass_fields__, "notes"),
    )


def human_row(settings: FullSettings, respondents: Respondents, humans: GroupStats) -> Row:
    """Return the respondents' row."""
    halves = split_respondents(settings, respondents)
    values = human_values(humans, halves)
    forms, notes = _alpha_forms(settings, respondents.positions, respondents.weights)
    undefined = [
        *why_undefined(humans, settings.names),
        *why_halves_undefined(halves, settings.names),
    ]
    return {
        "survey": settings.survey,
        "condition": "human",
        "simulated": respondents.mark_simulated(),
        "n_respondents": len(respondents.ids),
        "n_complete": int(humans.rows),
        # Respondents always have their weights.
        **_both_forms(values, values),
        **forms,
        "notes": join_notes([*undefined, *notes, "people have no stories"]),
    }


def persona_row(
    settings: FullSettings,
    respondents: Respondents,
    humans: GroupStats,
    personas: PersonaAnswers,
    files: Mapping[str, Path],
    traits: Path | None,
) -> Row:
    """Return the row of one condition.

    Parameters
    ----------
    settings
        What to measure.
    respondents, humans
        The respondents, and their statistics.
    personas
        The condition's personas and their backstories.
    files
        The matchings by name.
    traits
        The matched backstories' traits.

    Raises
    ------
    DataError
        If the condition's matching is missing, or as `match_quality`.
    """
    present, names = personas.present, settings.names
    positions = personas.positions[present]
    equal = group_stats(positions, settings.sizes)
    weighted = group_stats(positions, settings.sizes, respondents.weights[present])
    forms, alpha_notes = _alpha_forms(settings, positions, respondents.weights[present])
    own = why_undefined(equal, names)
    notes = [
        *own,
        *(f"weighted: {note}" for note in why_undefined(weighted, names) if note not in own),
        *(f"humans: {note}" for note in why_undefined(humans, names)),
        *alpha_notes,
    ]
    uses = personas.uses.astype(np.float64)
    match: Mapping[str, float] = {}
    if personas.condition not in settings.matched:
        notes.append("not matched with stories" if len(uses) else "no stories")
    else:
        name = settings.matched[personas.condition]
        if name not in files or traits is None:
            raise DataError(f"the matching {name} of the condition {personas.condition} is missing")
        sources = settings.matchings[name]
        match = asdict(
            match_quality(respondents, present, sources, matches=files[name], traits=traits)
        )
        if np.isnan(match["traits_reproduced"]):
            notes.append("nobody answered a trait that was matched on")
    return {
        "survey": settings.survey,
        "model": personas.model,
        "condition": personas.condition,
        "simulated": respondents.mark_simulated(personas),
        "n_respondents": len(positions),
        "n_complete": int(equal.rows),
        **_both_forms(_measure(humans, equal), _measure(humans, weighted)),
        **forms,
        "n_backstories": len(uses),
        "effective_backstories": effective_number(uses),
        **match,
        "notes": join_notes(notes),
    }


def _measure(humans: GroupStats, group: GroupStats) -> dict[str, float]:
    return {name: float(value) for name, value in measure(humans, group).items()}


def _alpha_forms(
    settings: FullSettings, positions: Positions, weights: FloatArray
) -> tuple[dict[str, float], list[str]]:
    against = [item.reverse_coded for item in settings.items]
    return alpha_forms(positions, weights, settings.sizes, against, settings.names)


def _both_forms(equal: Mapping[str, float], weighted: Mapping[str, float]) -> dict[str, float]:
    """Return every metric, and the distances with weights too."""
    distances = [metric.name for metric in METRICS if metric.is_distance]
    return {**equal, **{f"{name}_weighted": weighted[name] for name in distances}}
