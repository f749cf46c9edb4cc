"""The paired permutation test: its p, and the correction for many of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis import permutation
from anthology.analysis.groups import group_stats
from anthology.analysis.metrics import METRICS
from anthology.analysis.resampling import permute_pairs
from tests.support.random_answers import (
    NAN,
    metrics_one_by_one,
    one_factor_answers,
    row_of,
    same,
)


@given(st.lists(st.floats(0, 1) | st.just(NAN), max_size=12))
def test_holm_agrees_with_statsmodels_and_leaves_out_what_was_not_tested(
    values: list[float],
) -> None:
    from statsmodels.stats.multitest import multipletests

    tested = [value for value in values if not np.isnan(value)]
    expected = iter(multipletests(tested, method="holm")[1] if tested else [])
    adjusted = permutation.holm_adjust(values)
    same(adjusted, [NAN if np.isnan(value) else next(expected) for value in values])


def p_values(shift: float, tries: int, seed: int) -> dict[str, list[float]]:
    """Test two sets of personas that answer alike, or of which one is shifted."""
    rng = np.random.default_rng(seed)
    sizes, people, draws = [4] * 6, 60, 99
    found: dict[str, list[float]] = {metric.name: [] for metric in METRICS}
    equal = np.ones(people)
    for _ in range(tries):
        common = rng.normal(size=people)
        humans = one_factor_answers(common, 0, rng)
        rows = [one_factor_answers(common, 0.1 + by, rng) for by in (0, shift)]
        one, two = (metrics_one_by_one(humans, row, sizes, equal) for row in rows)
        observed = {name: one[name] - two[name] for name in found}
        flips = permutation.draw_sign_flips(people, draws, rng)
        counted = permute_pairs(
            group_stats(humans, sizes),
            [row_of(row, sizes) for row in rows],
            {(0, 1): observed},
            [flips],
            1,
        )
        for name, value in counted[0, 1].items():
            found[name].append(permutation.p_value(value.extreme, value.defined))
    return found


@pytest.mark.slow
def test_p_is_uniform_where_two_conditions_are_the_same() -> None:
    from scipy.stats import kstest

    for name, values in p_values(0, 200, 11).items():
        assert kstest(values, "uniform").pvalue > 0.01, name
        assert np.mean(np.array(values) <= 0.05) <= 0.1, name


def test_p_is_small_where_two_conditions_differ() -> None:
    found = p_values(0.6, 10, 12)
    assert np.median(found["wasserstein"]) <= 0.02
    assert np.median(found["total_variation"]) <= 0.02
