"""Distances against other packages, and what must hold of them whatever the answers."""

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from statsmodels.stats.weightstats import DescrStatsW

from anthology.analysis import distances as measures
from anthology.analysis.distances import FloatArray
from tests.analysis.test_distances import Survey, defined, same, surveys


def shares_of(options: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    first, second = rng.dirichlet(np.full(options, 0.6), size=(2, 3))
    return first, second


@given(st.integers(2, 7), st.integers(0, 1000))
def test_wasserstein_agrees_with_scipy_and_with_optimal_transport(options: int, seed: int) -> None:
    first, second = shares_of(options, seed)
    places = np.arange(1, options + 1)
    costs = np.abs(places[:, None] - places).astype(float)
    moved = [
        wasserstein_distance(places, places, one, two)
        for one, two in zip(first, second, strict=True)
    ]
    cheapest = [
        ot.emd2(one / one.sum(), two / two.sum(), costs)
        for one, two in zip(first, second, strict=True)
    ]
    found = measures.wasserstein(first, second)
    assert found == pytest.approx(np.mean(moved), abs=1e-9)
    assert found == pytest.approx(np.mean(cheapest), abs=1e-9)
    normalised = measures.wasserstein_normalised(first, second, [options] * 3)
    assert normalised == pytest.approx(found / (options - 1), abs=1e-12)


def test_the_largest_move_of_each_item_counts_the_same_when_normalised() -> None:
    first, second = np.zeros((2, 5)), np.zeros((2, 5))
    first[:, 0] = 1
    second[0, 1] = second[1, 4] = 1
    same(measures.wasserstein(first, second), 2.5)
    same(measures.wasserstein_normalised(first, second, [2, 5]), 1)


@given(surveys())
def test_correlations_agree_with_statsmodels(survey: Survey) -> None:
    positions, _, weights = survey
    rows = measures.is_complete(positions, weights)
    kept = positions[rows]
    if len(kept) < 3 or not np.ptp(kept, axis=0).all():
        return
    expected = DescrStatsW(kept, weights[rows]).corrcoef
    assert measures.correlations(positions, weights) == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 7), st.integers(0, 1000), st.randoms())
def test_total_variation_does_not_know_the_order_of_options(
    options: int, seed: int, random: object
) -> None:
    first, second = shares_of(options, seed)
    order = list(range(options))
    random.shuffle(order)  # type: ignore[attr-defined]
    found = measures.total_variation(first, second)
    same(found, measures.total_variation(first[:, order], second[:, order]))


@given(st.integers(2, 7), st.integers(0, 1000))
def test_turning_all_options_round_changes_no_distance(options: int, seed: int) -> None:
    first, second = shares_of(options, seed)
    turned = first[:, ::-1], second[:, ::-1]
    same(measures.wasserstein(first, second), measures.wasserstein(*turned))
    same(measures.total_variation(first, second), measures.total_variation(*turned))


@given(surveys())
def test_the_order_of_people_and_of_items_changes_no_distance(survey: Survey) -> None:
    positions, sizes, weights = survey
    rng = np.random.default_rng(len(positions))
    people, items = rng.permutation(len(positions)), rng.permutation(len(sizes))
    other = measures.group_stats(positions[::2], sizes)
    plain = measures.all_distances(measures.group_stats(positions, sizes, weights), other, sizes)
    turned = [sizes[i] for i in items]
    moved = measures.all_distances(
        measures.group_stats(positions[people][:, items], turned, weights[people]),
        measures.group_stats(positions[::2][:, items], turned),
        turned,
    )
    same(list(plain.values()), list(moved.values()))


@given(surveys())
def test_distances_of_two_stacks_are_those_of_their_groups(survey: Survey) -> None:
    positions, sizes, weights = survey
    one, two = (
        measures.group_stats(positions, sizes, weights),
        measures.group_stats(positions[1:], sizes),
    )
    if not (defined(one) and defined(two)):
        return
    pairs = (one, two), (two, one), (one, one)
    first, second = (
        measures.GroupStats(
            *(
                np.stack([getattr(pair[side], part) for pair in pairs])
                for part in ("shares", "correlations", "rows", "varies")
            )
        )
        for side in (0, 1)
    )
    found = measures.all_distances(first, second, sizes)
    for name, values in found.items():
        same(values, [measures.all_distances(*pair, sizes)[name] for pair in pairs])
        same(values[0], values[1])
        same(values[2], 0)
