"""Intervals and paired tests: all draws from sums against one by one; and the whole analysis."""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from anthology.analysis import bootstrap, resampling
from anthology.analysis import permutation as paired
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.distances import FloatArray, all_distances, cronbach_alpha, group_stats
from anthology.analysis.features import Side, side
from benchmarks import analysis_growth, human_row, taking
from benchmarks.panel import make
from benchmarks.rows import Limit, Row, limits, table

DRAWS = 200
"""Of the comparison; the whole analysis takes as many as it does by default."""
SIZES = [human_row.OPTIONS] * human_row.ITEMS
CONDITIONS = 11
STAGES = ("metrics", "metrics_full", "subgroups", "comparisons")
CHANGES = [
    "metrics={subgroups: [age, gender, schooling], groupings: {schooling: {trait: education, "
    "groups: {low: [none, highschool], middle: [some-college, associate], "
    "high: [bachelor, master, professional, doctorate]}}}}",
]
"""Nine subgroups."""


def measure() -> list[Row]:
    """Time intervals and tests of two conditions, and make sure that both ways agree to 1e-9."""
    people, weights = human_row.people()
    rows = [human_row.people(seed)[0] for seed in (1, 2)]
    everybody = np.ones(len(people), dtype=np.bool_)
    sides = [side(row, SIZES, np.ones(len(row)), everybody) for row in rows]
    what = f"{human_row.PEOPLE:,} people, 2 conditions, {DRAWS} draws"
    return [
        _draws(f"bootstrap: {what}", people, weights, rows, sides),
        _exchanges(f"paired test: {what}", people, weights, rows, sides),
    ]


def whole() -> list[Limit]:
    """Time the analysis of one wave at the study's size, and its largest process."""
    with tempfile.TemporaryDirectory() as scratch:
        panel = make(Path(scratch), human_row.PEOPLE, CONDITIONS, CHANGES)
        total, largest, found = 0.0, 0.0, list[Limit]()
        for stage in STAGES:
            took = panel.run(stage)
            found.append(Limit(f"analysis of w34: {stage}", took.wall, None, "s"))
            total, largest = total + took.wall, max(largest, took.memory)
    found.append(Limit("analysis of w34: all of it", total, 60, "s"))
    found.append(Limit("analysis of w34: its largest process", largest, 1_000, "MB"))
    return found


def _draws(
    what: str, people: FloatArray, weights: FloatArray, rows: list[FloatArray], sides: list[Side]
) -> Row:
    counts = bootstrap.resample_respondents(len(people), DRAWS, np.random.default_rng(3))
    start = perf_counter()
    expected = []
    for drawn in counts:
        again = np.repeat(np.arange(len(people)), drawn)
        crowd = people[again]
        expected.append(
            [_measured(crowd, weights[again], row[again]) for row in rows]
            + [{ALPHA: cronbach_alpha(crowd)}]
        )
    slow = perf_counter() - start
    start = perf_counter()
    everybody = np.ones(len(people), dtype=np.bool_)
    own = side(people, SIZES, weights, everybody)
    alphas, found = resampling.bootstrap_metrics(own, sides, SIZES, [counts], 1)
    fast = perf_counter() - start
    for place, row in enumerate([*found, {ALPHA: alphas}]):
        for name, values in row.items():
            plain = [draw[place][name] for draw in expected]
            np.testing.assert_allclose(values, plain, rtol=0, atol=1e-9, err_msg=name)
    return Row(what, slow, fast, 10)


def _exchanges(
    what: str, people: FloatArray, weights: FloatArray, rows: list[FloatArray], sides: list[Side]
) -> Row:
    swaps = paired.draw_sign_flips(len(people), DRAWS, np.random.default_rng(4))
    whole = group_stats(people, SIZES, weights)
    one, two = (_measured(people, weights, row) for row in rows)
    observed = {name: one[name] - two[name] for name in one}
    start = perf_counter()
    expected = dict.fromkeys(observed, 0)
    for swapped in swaps[:, :, None]:
        first = _measured(people, weights, np.where(swapped, rows[1], rows[0]))
        second = _measured(people, weights, np.where(swapped, rows[0], rows[1]))
        for name, value in observed.items():
            expected[name] += paired.count_extreme(value, np.array(first[name] - second[name]))
    slow = perf_counter() - start
    start = perf_counter()
    found = resampling.permute_pairs(whole, sides, SIZES, {(0, 1): observed}, [swaps], 1)
    fast = perf_counter() - start
    assert {name: counted.far for name, counted in found[0, 1].items()} == expected
    return Row(what, slow, fast, 10)


def _measured(people: FloatArray, weights: FloatArray, row: FloatArray) -> dict[str, float]:
    found = all_distances(group_stats(people, SIZES, weights), group_stats(row, SIZES), SIZES)
    return {**{name: float(value) for name, value in found.items()}, ALPHA: cronbach_alpha(row)}


def main() -> None:
    """Print how the analysis grows, or what it takes at the study's size."""
    if "--growth" in sys.argv[1:]:
        quick = "--quick" in sys.argv[1:]
        print(taking.table(analysis_growth.growth(quick=quick)))
        return
    print(table(measure()))
    print()
    print(limits(whole()))


if __name__ == "__main__":
    main()
