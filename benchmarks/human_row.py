"""The human row: distances between random halves, all splits at once against one by one."""

from time import process_time

import numpy as np

from anthology.analysis import split_half as halves
from anthology.analysis.groups import FloatArray
from anthology.analysis.metrics import measure as measure_metrics
from anthology.survey.respondents import Positions
from benchmarks.results import Result, compared
from tests.support import reference_metrics as reference

PEOPLE, ITEMS, OPTIONS, SPLITS = 2537, 8, 4, 100


def people(seed: int = 0) -> tuple[Positions, FloatArray]:
    """Draw positions and weights of a survey of the study's size, one answer in fifty missing."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(PEOPLE, 1))
    answers = 2.5 + 0.5 * common + 0.8 * rng.normal(size=(PEOPLE, ITEMS))
    positions = np.clip(np.round(answers), 1, OPTIONS)
    positions[rng.random(positions.shape) < 0.02] = 0
    return positions.astype(np.int16), rng.gamma(2.0, size=PEOPLE)


def measure() -> list[Result]:
    """Time both on the same splits, and make sure that they agree to 1e-12.

    Drawing the splits counts towards our time only.
    """
    positions, weights = people()
    sizes = [OPTIONS] * ITEMS
    first = halves.draw_halves(PEOPLE, SPLITS, np.random.default_rng(1))

    start = process_time()
    expected = reference.human_row(
        np.where(positions > 0, positions, np.nan), sizes, weights, first
    )
    slow = process_time() - start

    times = []
    for _ in range(5):
        start = process_time()
        first = halves.draw_halves(PEOPLE, SPLITS, np.random.default_rng(1))
        found = measure_metrics(*halves.half_stats(positions, sizes, weights, first))
        times.append(process_time() - start)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name].mean(), value, rtol=0, atol=1e-12, err_msg=name)
    what = f"human row: {PEOPLE:,} people, {ITEMS} items, {SPLITS} splits"
    return [compared(what, slow, float(np.median(times)), 50)]
