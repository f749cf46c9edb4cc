"""Bootstrap intervals and permutation tests: all draws from sums against one by one."""

from time import process_time

import numpy as np

from anthology.analysis import bootstrap, resampling
from anthology.analysis import permutation as paired
from anthology.analysis.groups import FloatArray, group_stats
from anthology.analysis.metrics import measure as measure_metrics
from anthology.analysis.resampling import Answers
from anthology.survey.respondents import Positions
from benchmarks import human_row
from benchmarks.results import Result, compared

DRAWS = 200
SIZES = [human_row.OPTIONS] * human_row.ITEMS


def measure() -> list[Result]:
    """Time intervals and tests of two conditions, and make sure that both ways agree to 1e-9."""
    people, weights = human_row.people()
    rows = [human_row.people(seed)[0] for seed in (1, 2)]
    everybody = np.ones(len(people), dtype=np.bool_)
    sides = [Answers(row, SIZES, None, everybody) for row in rows]
    what = f"{human_row.PEOPLE:,} people, 2 conditions, {DRAWS} draws"
    return [
        _draws(f"bootstrap: {what}", people, weights, rows, sides),
        _exchanges(f"paired test: {what}", people, weights, rows, sides),
    ]


def _draws(
    what: str, people: Positions, weights: FloatArray, rows: list[Positions], sides: list[Answers]
) -> Result:
    counts = bootstrap.resample_respondents(len(people), DRAWS, np.random.default_rng(3))
    start = process_time()
    expected = []
    for drawn in counts:
        again = np.repeat(np.arange(len(people)), drawn)
        crowd = people[again]
        expected.append([_measured(crowd, weights[again], row[again]) for row in rows])
    slow = process_time() - start
    start = process_time()
    everybody = np.ones(len(people), dtype=np.bool_)
    own = Answers(people, SIZES, weights, everybody)
    _, *found = resampling.bootstrap_metrics(own, sides, [counts], 1)
    fast = process_time() - start
    for place, row in enumerate(found):
        for name, values in row.items():
            plain = [draw[place][name] for draw in expected]
            np.testing.assert_allclose(values, plain, rtol=0, atol=1e-9, err_msg=name)
    return compared(what, slow, fast, 10)


def _exchanges(
    what: str, people: Positions, weights: FloatArray, rows: list[Positions], sides: list[Answers]
) -> Result:
    swaps = paired.draw_sign_flips(len(people), DRAWS, np.random.default_rng(4))
    whole = group_stats(people, SIZES, weights)
    one, two = (_measured(people, weights, row) for row in rows)
    observed = {name: one[name] - two[name] for name in one}
    start = process_time()
    expected = dict.fromkeys(observed, 0)
    for swapped in swaps[:, :, None]:
        first = _measured(people, weights, np.where(swapped, rows[1], rows[0]))
        second = _measured(people, weights, np.where(swapped, rows[0], rows[1]))
        for name, value in observed.items():
            expected[name] += paired.count_extreme(value, np.array(first[name] - second[name]))
    slow = process_time() - start
    start = process_time()
    found = resampling.permute_pairs(whole, sides, {(0, 1): observed}, [swaps], 1)
    fast = process_time() - start
    assert {name: counted.extreme for name, counted in found[0, 1].items()} == expected
    return compared(what, slow, fast, 10)


def _measured(people: Positions, weights: FloatArray, row: Positions) -> dict[str, float]:
    found = measure_metrics(group_stats(people, SIZES, weights), group_stats(row, SIZES))
    return {name: float(value) for name, value in found.items()}
