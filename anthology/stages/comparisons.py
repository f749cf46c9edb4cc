"""The comparisons stage: how sure the numbers of a survey's table are, and which rows differ.

`intervals.csv` has one row for each row of the table and each metric; `intervals.py`
says what is in it. `comparisons.csv` has one row for each metric and every two rows of
the table:

======================  ========================================================
survey, metric          the survey's and the metric's names
model_a, condition_a    the one
model_b, condition_b    the other
difference              the metric of the one minus that of the other
low, high               its interval, from the same people drawn again
p                       how often the two are as far apart when the answers of
                        each person's two personas are exchanged at random
p_adjusted              the same, corrected for all pairs of this metric
notes                   why a number is missing, and how many draws have none
======================  ========================================================
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import isnan, nan
from pathlib import Path

import numpy as np

from anthology.analysis import bootstrap, resampling
from anthology.analysis import permutation as paired
from anthology.analysis.bootstrap import ALPHA, Draw, Drawn
from anthology.analysis.distances import group_stats
from anthology.analysis.features import placed, side
from anthology.analysis.intervals import (
    INTERVALS,
    ResampledRow,
    ResamplingSettings,
    human_bounds,
    interval_rows,
    persona_weights,
    resampled_row,
)
from anthology.analysis.load import Respondents, load_personas, load_respondents
from anthology.analysis.resampling import PermutationCount
from anthology.io.parquet import write_text
from anthology.io.tables import Row, format_csv
from anthology.models.progress import Progress
from anthology.models.usage import Usage
from anthology.seeds import rng_for

COMPARISONS = (
    *("survey", "metric", "model_a", "condition_a", "model_b", "condition_b"),
    *("difference", "low", "high", "p", "p_adjusted", "notes"),
)
"""The columns of `comparisons.csv`."""

COMPARED = ("wasserstein", "total_variation", "frobenius", "l1", "cbs", ALPHA)
"""The metrics by which rows are compared."""


class Settings(ResamplingSettings):
    """What the intervals and comparisons of one survey depend on."""


def run(
    settings: Settings,
    *,
    humans: Path,
    responses: list[Path],
    intervals: Path,
    comparisons: Path,
    jobs: int,
) -> None:
    """Tell how sure the metrics of every condition are, and which conditions differ.

    Parameters
    ----------
    settings
        What to compare, and how.
    humans
        The respondents, their weights and their answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    intervals, comparisons
        Where the tables go.
    jobs
        How many threads; no result depends on it.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents` and `anthology.analysis.load.load_personas`.
    """
    found = load_respondents(settings, humans)
    answered = list(load_personas(settings, found, responses))
    sizes, everybody = settings.sizes, np.ones(len(found.ids), dtype=np.bool_)
    whole = group_stats(found.positions, sizes, found.weights)
    own = side(found.positions, sizes, found.weights, everybody)
    weights = persona_weights(settings, found)
    sides = [placed(one.places, sizes, weights, one.present) for one in answered]

    rng = rng_for(settings.seed, "comparisons", settings.survey, "draws")
    counts = _drawn("draws", bootstrap.resample_respondents, settings, found, rng)
    alphas, draws = resampling.bootstrap_metrics(own, sides, sizes, counts, jobs)
    rows = [
        resampled_row(settings, found, whole, one, drawn)
        for one, drawn in zip(answered, draws, strict=True)
    ]
    bounds = human_bounds(settings, found, whole, alphas)
    write_text(intervals, format_csv(INTERVALS, interval_rows(settings, bounds, rows)))

    rng = rng_for(settings.seed, "comparisons", settings.survey, "exchanges")
    swaps = _drawn("exchanges", paired.draw_sign_flips, settings, found, rng)
    differences = {
        (i, j): {name: rows[i].estimates[name] - rows[j].estimates[name] for name in COMPARED}
        for i, j in combinations(range(len(rows)), 2)
    }
    exchanged = resampling.permute_pairs(whole, sides, sizes, differences, swaps, jobs)
    written = [
        row
        for name in COMPARED
        for row in _comparisons(
            settings,
            name,
            [(rows[i], rows[j]) for i, j in differences],
            [bool((sides[i].present & sides[j].present).any()) for i, j in differences],
            [own[name] for own in exchanged.values()],
        )
    ]
    write_text(comparisons, format_csv(COMPARISONS, written))
    print(
        f"{settings.survey}: {len(rows)} conditions in {settings.bootstrap_resamples:,} draws, "
        f"{len(differences)} pairs of them compared",
        file=sys.stderr,
    )


def _drawn(
    label: str, draw: Draw[Drawn], settings: Settings, found: Respondents, rng: np.random.Generator
) -> Iterator[Drawn]:
    """Draw block by block, and tell how far it is when one is done with."""
    count = settings.bootstrap_resamples
    progress = Progress(label, count, Usage())
    for block in bootstrap.draw_in_blocks(draw, len(found.ids), count, rng):
        yield block
        for _ in range(len(block)):
            progress.step()
    progress.close()


def _comparisons(
    settings: Settings,
    metric: str,
    pairs: Sequence[tuple[ResampledRow, ResampledRow]],
    shared: Sequence[bool],
    exchanged: Sequence[PermutationCount],
) -> list[Row]:
    """Compare every two rows by one metric; `shared` says which have people in common."""
    compared = [
        _compared(settings, metric, *pair, counted, common=common)
        for pair, common, counted in zip(pairs, shared, exchanged, strict=True)
    ]
    adjusted = paired.holm_adjust([p for p, _ in compared])
    return [
        {**row, "p": p, "p_adjusted": corrected}
        for (p, row), corrected in zip(compared, adjusted, strict=True)
    ]


def _compared(
    settings: Settings,
    metric: str,
    one: ResampledRow,
    two: ResampledRow,
    counted: PermutationCount,
    *,
    common: bool,
) -> tuple[float, Row]:
    """Return the p of two rows' difference, and all that is said of it beside that."""
    difference = one.estimates[metric] - two.estimates[metric]
    truths = one.truths(metric) - two.truths(metric)
    low, high = bootstrap.confidence_interval(difference, truths, settings.confidence)
    sides = (("a", one.notes(metric)), ("b", two.notes(metric)))
    notes = [f"{side}: {note}" for side, note in sides if note]
    p, few = nan, settings.bootstrap_resamples - counted.defined
    if not common:
        notes.append("nobody has a persona in both")
    elif not isnan(difference):
        p = paired.p_value(counted.far, counted.defined)
        if few:
            notes.append(f"undefined in {few:,} of {settings.bootstrap_resamples:,} exchanges")
    return p, {
        **{"survey": settings.survey, "metric": metric},
        **{"model_a": one.model, "condition_a": one.condition},
        **{"model_b": two.model, "condition_b": two.condition},
        **{"difference": difference, "low": low, "high": high},
        "notes": "; ".join(notes),
    }
