"""The metrics by hand, against other packages, and what holds of them whatever the answers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis import metrics
from anthology.analysis.groups import FloatArray, group_stats
from anthology.analysis.metrics import measure
from tests.support import reference_metrics as reference
from tests.support.random_answers import (
    Survey,
    coded,
    defined,
    random_personas,
    same,
    surveys,
    with_nan,
)

DISTANCES = [metric.name for metric in metrics.METRICS if metric.is_distance]


def shares_of(options: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    first, second = rng.dirichlet(np.full(options, 0.6), size=(2, 3))
    return first, second


def test_hand_worked_distances_of_shares() -> None:
    # Cumulative: .5 .75 .75 1 against 0 .75 1 1.
    first, second = np.array([[0.5, 0.25, 0, 0.25]]), np.array([[0, 0.75, 0.25, 0]])
    same(metrics.wasserstein(first, second), 0.75)
    same(metrics.total_variation(first, second), 0.75)


def test_an_option_nobody_chose_keeps_its_place() -> None:
    people = group_stats(coded([[1], [1], [4], [4]]), [4])
    personas = group_stats(coded([[1], [1], [3], [3]]), [4])
    same(measure(people, personas)["wasserstein"], 0.5)


def test_hand_worked_distances_of_matrices() -> None:
    first, second = np.array([[1, 0.5], [0.5, 1]]), np.array([[1, -0.5], [-0.5, 1]])
    same(metrics.frobenius(first, second), np.sqrt(2))
    same(metrics.l1(first, second), 2)
    same(metrics.correlation_matrix_distance(first, second), 1 - 1.5 / 2.5)


def test_hand_worked_alpha() -> None:
    # Variances 1 and 1, covariance .5: alpha = 2 (1 - 2 / 3).
    same(metrics.cronbach_alpha(coded([[1, 1], [2, 3], [3, 2]])), 2 / 3)


@given(surveys())
def test_every_distance_agrees_with_a_plain_computation(survey: Survey) -> None:
    positions, sizes, weights = survey
    rng = np.random.default_rng(len(positions))
    other = np.stack([rng.integers(1, k + 1, 30) for k in sizes], axis=1).astype(np.int16)
    one, two = group_stats(positions, sizes, weights), group_stats(other, sizes)
    if defined(one):
        expected = reference.compare(
            with_nan(positions), with_nan(other), sizes, weights, np.ones(len(other))
        )
        found = measure(one, two)
        for name, value in expected.items():
            same(found[name], value)


@given(surveys())
def test_alpha_agrees_with_pandas(survey: Survey) -> None:
    positions, sizes, _ = survey
    if not metrics.why_alpha_undefined(positions, [""] * len(sizes)):
        expected = reference.cronbach_alpha(with_nan(positions))
        group = group_stats(positions, sizes)
        assert measure(group, group)["cronbach_alpha"] == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 7), st.integers(0, 1000))
def test_wasserstein_agrees_with_scipy_and_with_optimal_transport(options: int, seed: int) -> None:
    import ot
    from scipy.stats import wasserstein_distance

    first, second = shares_of(options, seed)
    places = np.arange(1, options + 1)
    costs = np.abs(places[:, None] - places).astype(float)
    pairs = list(zip(first, second, strict=True))
    moved = [wasserstein_distance(places, places, one, two) for one, two in pairs]
    cheapest = [ot.emd2(one / one.sum(), two / two.sum(), costs) for one, two in pairs]
    found = metrics.wasserstein(first, second)
    assert found == pytest.approx(np.mean(moved), abs=1e-9)
    assert found == pytest.approx(np.mean(cheapest), abs=1e-9)
    normalised = metrics.wasserstein_normalised(first, second, [options] * 3)
    assert normalised == pytest.approx(found / (options - 1), abs=1e-12)


def test_the_largest_distance_of_each_item_counts_the_same_when_normalised() -> None:
    first, second = np.zeros((2, 5)), np.zeros((2, 5))
    first[:, 0] = 1
    second[0, 1] = second[1, 4] = 1
    same(metrics.wasserstein(first, second), 2.5)
    same(metrics.wasserstein_normalised(first, second, [2, 5]), 1)


@given(st.integers(2, 7), st.integers(0, 1000), st.randoms())
def test_the_order_of_options_matters_to_wasserstein_alone(
    options: int, seed: int, random: Any
) -> None:
    first, second = shares_of(options, seed)
    order = list(range(options))
    random.shuffle(order)
    found = metrics.total_variation(first, second)
    same(found, metrics.total_variation(first[:, order], second[:, order]))
    reverse = first[:, ::-1], second[:, ::-1]
    same(metrics.wasserstein(first, second), metrics.wasserstein(*reverse))


@given(surveys())
def test_distances_are_symmetric_and_zero_to_oneself(survey: Survey) -> None:
    positions, sizes, weights = survey
    one, two = group_stats(positions, sizes, weights), group_stats(positions[::2], sizes)
    there, back, none = measure(one, two), measure(two, one), measure(one, one)
    for name in DISTANCES:
        same(there[name], back[name])
        assert none[name] == 0 or not defined(one)


@given(surveys())
def test_the_order_of_people_and_of_items_changes_no_metric(survey: Survey) -> None:
    positions, sizes, weights = survey
    rng = np.random.default_rng(len(positions))
    people, items = rng.permutation(len(positions)), rng.permutation(len(sizes))
    turned = [sizes[i] for i in items]
    plainly = measure(group_stats(positions, sizes, weights), group_stats(positions[::2], sizes))
    moved = measure(
        group_stats(positions[people][:, items], turned, weights[people]),
        group_stats(positions[::2][:, items], turned),
    )
    same(list(plainly.values()), list(moved.values()))


@given(surveys(least=1), st.booleans())
def test_metrics_of_a_stack_are_those_of_its_groups(survey: Survey, weighted: bool) -> None:
    from anthology.analysis.groups import stats_from_sums, sum_answers

    people, sizes, weights = survey
    personas = random_personas(len(people), sizes, 3)
    own = weights if weighted else None
    counts = np.random.default_rng(1).integers(0, 3, size=(3, len(people)))
    stacks = [
        stats_from_sums(sum_answers(answers, sizes, own, counts), sizes)
        for answers in (people, personas)
    ]
    found = measure(*stacks)
    for i in range(3):
        expected = measure(stacks[0][i], stacks[1][i])
        same([values[i] for values in found.values()], list(expected.values()))
