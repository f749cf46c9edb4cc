"""The comparisons stage: confidence intervals of a survey's table, and tests of every two rows.

`intervals.csv` has one row for each row of the table and each metric; `intervals.py`
says what is in it. `comparisons.csv` has one row for each metric and every two rows of
the table:

======================  ========================================================
survey, metric          the survey's and the metric's names
model_a, condition_a    the one
model_b, condition_b    the other
simulated               yes where either is
difference              the metric of the one minus that of the other
low, high               its interval, from the same people drawn again
p                       how often the two are as far apart when the answers of
                        each person's two personas are exchanged at random
p_adjusted              the same, corrected for all pairs of this metric
notes                   why a number is missing, and how many draws have none
======================  ========================================================
"""

import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from anthology.analysis import bootstrap, resampling
from anthology.analysis.bootstrap import Draw, Drawn
from anthology.analysis.comparison_rows import COMPARISONS, ComparedPair, comparison_rows
from anthology.analysis.groups import group_stats
from anthology.analysis.intervals import (
    INTERVALS,
    ResamplingSettings,
    human_bounds,
    interval_rows,
    persona_weights,
    resampled_row,
)
from anthology.analysis.load import Respondents, load_personas, load_respondents
from anthology.analysis.metrics import main_metrics
from anthology.analysis.permutation import draw_sign_flips
from anthology.analysis.resampling import Answers
from anthology.io.parquet import write_text
from anthology.io.tables import format_csv
from anthology.models.progress import Progress
from anthology.models.usage import Usage
from anthology.seeds import rng_for


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
    """Write the confidence intervals of every metric, and test every two conditions.

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
    respondents = load_respondents(settings, humans)
    answered = list(load_personas(settings, respondents, responses))
    sizes, weights = settings.sizes, persona_weights(settings, respondents)
    group = group_stats(respondents.positions, sizes, respondents.weights)
    everyone = np.ones(len(respondents.ids), dtype=np.bool_)
    own = Answers(respondents.positions, sizes, respondents.weights, everyone)
    personas = [Answers(one.positions, sizes, weights, one.present) for one in answered]

    rng = rng_for(settings.seed, "comparisons", settings.survey, "draws")
    counts = _drawn("draws", bootstrap.resample_respondents, settings, respondents, rng)
    of_humans, *draws = resampling.bootstrap_metrics(own, personas, counts, jobs)
    rows = [
        resampled_row(settings, respondents, group, one, drawn)
        for one, drawn in zip(answered, draws, strict=True)
    ]
    bounds = human_bounds(settings, respondents, group, of_humans)
    write_text(intervals, format_csv(INTERVALS, interval_rows(respondents, settings, bounds, rows)))

    rng = rng_for(settings.seed, "comparisons", settings.survey, "exchanges")
    flips = _drawn("exchanges", draw_sign_flips, settings, respondents, rng)
    names = [metric.name for metric in main_metrics()]
    differences = {
        (i, j): {name: rows[i].estimates[name] - rows[j].estimates[name] for name in names}
        for i, j in combinations(range(len(rows)), 2)
    }
    permuted = resampling.permute_pairs(group, personas, differences, flips, jobs)
    pairs = [
        ComparedPair(
            rows[i], rows[j], bool((personas[i].present & personas[j].present).any()), counted
        )
        for (i, j), counted in permuted.items()
    ]
    written = [row for metric in main_metrics() for row in comparison_rows(settings, metric, pairs)]
    write_text(comparisons, format_csv(COMPARISONS, written))
    print(
        f"{settings.survey}: {len(rows)} conditions in {settings.bootstrap_resamples:,} draws, "
        f"{len(differences)} pairs of them compared",
        file=sys.stderr,
    )


def _drawn(
    label: str,
    draw: Draw[Drawn],
    settings: Settings,
    respondents: Respondents,
    rng: np.random.Generator,
) -> Iterator[Drawn]:
    """Draw block by block, and tell how far it is when one is done with."""
    count = settings.bootstrap_resamples
    progress = Progress(label, count, Usage())
    for block in bootstrap.draw_in_blocks(draw, len(respondents.ids), count, rng):
        yield block
        for _ in range(len(block)):
            progress.step()
    progress.close()
