"""Intervals of shares and effective numbers, by hand and against statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis.proportions import (
    effective_number,
    effective_sample_size,
    wilson_interval,
)
from tests.support.random_answers import NAN, coded, same


@given(st.integers(0, 500), st.integers(1, 500), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_is_the_one_of_statsmodels(hits: int, misses: int, confidence: float) -> None:
    n = hits + misses
    low, high = wilson_interval(np.array(hits / n), np.array(float(n)), confidence)
    from statsmodels.stats.proportion import proportion_confint

    wanted = proportion_confint(hits, n, alpha=1 - confidence, method="wilson")
    assert (low, high) == pytest.approx(wanted, abs=1e-9)


def test_a_weighted_answer_counts_as_kish_says() -> None:
    # (1 + 1 + 2)^2 / (1 + 1 + 4), and of the second item only the first two answered.
    positions = coded([[1, 1], [2, 1], [3, NAN]])
    assert effective_sample_size(positions, np.array([1.0, 1.0, 2.0])) == pytest.approx(
        [16 / 6, 2.0]
    )


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.floats(0.01, 100))
def test_scaling_all_weights_leaves_the_effective_number(weights: list[float], by: float) -> None:
    positions, own = coded(np.ones((len(weights), 1))), np.array(weights)
    assert effective_sample_size(positions, own * by) == pytest.approx(
        effective_sample_size(positions, own)
    )
    assert effective_sample_size(positions, own) <= len(weights) + 1e-9


@given(st.lists(st.integers(1, 30), min_size=1, max_size=10), st.integers(2, 5))
def test_effective_stories_lie_between_one_and_all(uses: list[int], times: int) -> None:
    found = effective_number(np.array(uses, dtype=float))
    assert 1 - 1e-9 <= found <= len(uses) + 1e-9
    same(found, effective_number(np.array(uses, dtype=float) * times))
