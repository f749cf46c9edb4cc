"""The metrics_full stage: every metric of a survey's table in all its forms.

`metrics_full.csv` has the rows of `metrics.csv`, with:

======================  ========================================================
survey, model,          as there
condition
n_respondents           people, or the people whom personas stand for
n_complete              those who answered every item
wasserstein, ...        distances to the people, as published: every persona
                        counts the same; in the people's row between their halves
..._weighted            the same, each persona with its respondent's weight
wasserstein_normalised  each item's distance divided by its largest, k - 1
cronbach_alpha          as published; then over complete rows, weighted, and with
alpha_...               items turned round that run against the others
n_backstories               different stories among the personas; 0 where they have none
effective_backstories       as how many stories, all used equally often, they are
traits_reproduced       respondents all of whose traits, of those matched on, are
                        those of their story
traits_reproduced_mean  mean share of a respondent's traits that are
mean_similarity         mean similarity of respondents and their stories
notes                   why a number is missing, and which items do not vary
======================  ========================================================
"""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from math import nan
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from anthology.analysis import split_half as halves
from anthology.analysis.alpha import ALPHAS, alpha_forms
from anthology.analysis.distances import (
    FloatArray,
    GroupStats,
    all_distances,
    group_stats,
    why_undefined,
)
from anthology.analysis.features import positions_of
from anthology.analysis.load import (
    AnswerSettings,
    PersonaAnswers,
    Respondents,
    Scale,
    load_personas,
    load_respondents,
)
from anthology.analysis.match_quality import match_quality
from anthology.config.stage import Derived, From
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.seeds import rng_for

DISTANCES = ("wasserstein", "wasserstein_normalised", "total_variation", "frobenius", "l1", "cbs")
MATCH = ("traits_reproduced", "traits_reproduced_mean", "mean_similarity")

METRICS_FULL = (
    *("survey", "model", "condition", "n_respondents", "n_complete"),
    *(column for name in DISTANCES for column in (name, f"{name}_weighted")),
    *(*ALPHAS, "n_backstories", "effective_backstories", *MATCH, "notes"),
)
"""The columns of `metrics_full.csv`."""


class Settings(AnswerSettings):
    """What the metrics in all their forms depend on."""

    items: Annotated[
        list[Scale],
        Field(min_length=1),
        From("surveys/{survey}.items", "variable codes reverse_coded"),
    ]
    """The items, with those that run against the others."""
    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    splits: Annotated[int, Field(ge=1), From("metrics.splits")]
    """How often the people are split into halves for their own row."""
    matched: Annotated[dict[str, str], Derived("matching_of")]
    """The matching of each condition that has one."""
    matchings: Annotated[dict[str, dict[str, TraitSource]], Derived("matchings")]
    """The traits that each matching compares."""


def run(
    settings: Settings,
    *,
    humans: Path,
    responses: list[Path],
    matches: list[Path] | None = None,
    traits: Path | None = None,
    output: Path,
) -> None:
    """Measure the personas of every condition in every form.

    Parameters
    ----------
    settings
        What to compare.
    humans
        The respondents, their weights, traits and answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    matches
        One file for each matching, called by its name.
    traits
        What the matched stories say of themselves.
    output
        Where the table goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents`, `anthology.analysis.load.load_personas` and
        `anthology.analysis.match_quality.match_quality`, or if the file of a matching is missing.
    """
    found = load_respondents(settings, humans)
    answered = load_personas(settings, found, responses, stories=True)
    whole = group_stats(found.positions, settings.sizes, found.weights)
    files = {path.stem: path for path in matches or []}
    rows = [_human_row(settings, found, whole)]
    rows += [_persona_row(settings, found, whole, one, files, traits) for one in answered]
    write_text(output, format_csv(METRICS_FULL, rows))
    print(f"{settings.survey}: people and {len(rows) - 1} conditions measured", file=sys.stderr)


def effective(uses: FloatArray) -> float:
    """Return as how many things, all used equally often, some are.

    That is 1 / sum of the squared shares, the inverse of Simpson's index and Hill's
    number of order 2.

    Source: Simpson, "Measurement of diversity" (Nature, 1949); Hill, "Diversity and
    evenness: a unifying notation and its consequences" (Ecology, 1973).

    Parameters
    ----------
    uses
        How often each is used; NaN is returned for none.
    """
    return float(uses.sum() ** 2 / (uses**2).sum()) if len(uses) else nan


def _human_row(settings: Settings, found: Respondents, whole: GroupStats) -> Row:
    # The same splits as those of metrics.csv.
    rng = rng_for(settings.seed, "metrics", settings.survey, "splits")
    first = halves.draw_halves(len(found.ids), settings.splits, rng)
    parts = halves.half_stats(found.positions, settings.sizes, found.weights, first)
    between = {name: float(v.mean()) for name, v in all_distances(*parts, settings.sizes).items()}
    every, said = _alphas(settings, found.positions, found.weights)
    notes = (
        why_undefined(whole, settings.names)
        + halves.why_halves_undefined(parts, settings.names)
        + said
    )
    return {
        "survey": settings.survey,
        "condition": "human",
        "n_respondents": len(found.ids),
        "n_complete": int(whole.rows),
        # People always have their weights.
        **_paired(between, between),
        **every,
        "notes": _joined([*notes, "people have no stories"]),
    }


def _persona_row(
    settings: Settings,
    found: Respondents,
    whole: GroupStats,
    one: PersonaAnswers,
    files: Mapping[str, Path],
    traits: Path | None,
) -> Row:
    present = one.present
    positions, weights = positions_of(one.places[present]), found.weights[present]
    equal = group_stats(positions, settings.sizes)
    weighted = group_stats(positions, settings.sizes, weights)
    every, said = _alphas(settings, positions, weights)
    own, others = why_undefined(equal, settings.names), why_undefined(weighted, settings.names)
    notes = [
        *own,
        *(f"weighted: {note}" for note in others if note not in own),
        *(f"humans: {note}" for note in why_undefined(whole, settings.names)),
        *said,
    ]
    uses = one.uses.astype(np.float64)
    match: Mapping[str, float] = {}
    if one.condition not in settings.matched:
        notes.append("not matched with stories" if len(uses) else "no stories")
    else:
        name = settings.matched[one.condition]
        if name not in files or traits is None:
            raise DataError(f"the matching {name} of the condition {one.condition} is missing")
        sources = settings.matchings[name]
        match = asdict(match_quality(found, present, sources, matches=files[name], traits=traits))
        if np.isnan(match[MATCH[0]]):
            notes.append("nobody told a trait that was matched on")
    return {
        "survey": settings.survey,
        "model": one.model,
        "condition": one.condition,
        "n_respondents": len(positions),
        "n_complete": int(equal.rows),
        **_paired(
            {name: float(v) for name, v in all_distances(whole, equal, settings.sizes).items()},
            {name: float(v) for name, v in all_distances(whole, weighted, settings.sizes).items()},
        ),
        **every,
        "n_backstories": len(uses),
        "effective_backstories": effective(uses),
        **match,
        "notes": _joined(notes),
    }


def _alphas(
    settings: Settings, positions: FloatArray, weights: FloatArray
) -> tuple[dict[str, float], list[str]]:
    against = [item.reverse_coded for item in settings.items]
    return alpha_forms(positions, weights, settings.sizes, against, settings.names)


def _paired(equal: Mapping[str, float], weighted: Mapping[str, float]) -> dict[str, float]:
    return {**equal, **{f"{name}_weighted": value for name, value in weighted.items()}}


def _joined(notes: list[str]) -> str:
    return "; ".join(dict.fromkeys(notes))
