from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.analysis import distances as measures
from anthology.analysis import split_half as halves
from anthology.analysis.distances import FloatArray
from tests.support import reference_metrics as reference

NAN = float("nan")
Survey = tuple[FloatArray, list[int], FloatArray]


@st.composite
def surveys(draw: st.DrawFn, least: int = 6) -> Survey:
    """Positions with some answers missing, the items' sizes, and weights."""
    sizes = draw(st.lists(st.integers(2, 5), min_size=2, max_size=4))
    people = draw(st.integers(least, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    positions = np.stack([rng.integers(1, k + 1, people) for k in sizes], axis=1).astype(float)
    positions[rng.random(positions.shape) < draw(st.sampled_from([0, 0.1, 0.3]))] = NAN
    return positions, sizes, rng.gamma(1.5, size=people) + 0.01


def column(*answers: float) -> FloatArray:
    return np.array(answers, dtype=float)[:, None]


def same(first: FloatArray | list[Any] | float, second: FloatArray | list[Any] | float) -> None:
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


def defined(group: measures.GroupStats) -> bool:
    return not np.isnan(group.shares).any() and not np.isnan(group.correlations).any()


def test_hand_worked_shares_and_distances() -> None:
    first = measures.option_shares(column(1, 1, 2, 4, NAN), [4])
    same(first, [[0.5, 0.25, 0, 0.25]])
    second = measures.option_shares(column(2, 3), [4], np.array([3.0, 1.0]))
    same(second, [[0, 0.75, 0.25, 0]])
    # Cumulative: .5 .75 .75 1 against 0 .75 1 1.
    same(measures.wasserstein(first, second), 0.75)
    same(measures.total_variation(first, second), 0.75)


def test_an_option_nobody_chose_keeps_its_place() -> None:
    people = measures.option_shares(column(1, 1, 4, 4), [4])
    personas = measures.option_shares(column(1, 1, 3, 3), [4])
    same(people, [[0.5, 0, 0, 0.5]])
    same(personas, [[0.5, 0, 0.5, 0]])
    same(measures.wasserstein(people, personas), 0.5)


def test_items_of_different_length_are_padded() -> None:
    positions = np.array([[1.0, 1], [2, 5]])
    same(measures.option_shares(positions, [2, 5]), [[0.5, 0.5, 0, 0, 0], [0.5, 0, 0, 0, 0.5]])


def test_hand_worked_correlations_and_matrix_distances() -> None:
    positions = np.array([[1.0, 1], [2, 3], [3, 2], [2, NAN]])
    found = measures.correlations(positions)
    same(found, [[1, 0.5], [0.5, 1]])
    other = np.array([[1, -0.5], [-0.5, 1]])
    same(measures.frobenius(found, other), np.sqrt(2))
    same(measures.l1(found, other), 2)
    same(measures.correlation_matrix_distance(found, other), 1 - 1.5 / 2.5)


def test_hand_worked_alpha() -> None:
    # Variances 1 and 1, covariance .5: alpha = 2 (1 - 2 / 3).
    same(measures.cronbach_alpha(np.array([[1.0, 1], [2, 3], [3, 2]])), 2 / 3)


@settings(deadline=None)
@given(surveys())
def test_every_distance_agrees_with_a_plain_computation(survey: Survey) -> None:
    positions, sizes, weights = survey
    rng = np.random.default_rng(len(positions))
    other = np.stack([rng.integers(1, k + 1, 30) for k in sizes], axis=1).astype(float)
    one = measures.group_stats(positions, sizes, weights)
    two = measures.group_stats(other, sizes)
    if not defined(one):
        return
    expected = reference.compare(positions, other, sizes, weights, np.ones(len(other)))
    for name, value in asdict(measures.distances(one, two)).items():
        same(value, expected[name])


@settings(deadline=None)
@given(surveys())
def test_alpha_agrees_with_pandas(survey: Survey) -> None:
    positions, sizes, _ = survey
    if not measures.why_alpha_undefined(positions, [""] * len(sizes)):
        expected = reference.cronbach_alpha(positions)
        assert measures.cronbach_alpha(positions) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_weighted_alpha_agrees_with_numpy() -> None:
    rng = np.random.default_rng(3)
    positions = rng.integers(1, 5, (50, 4)) + rng.integers(0, 3, (50, 1)).astype(float)
    weights = rng.gamma(1, size=50)
    found = np.cov(positions.T, aweights=weights)
    same(measures.cronbach_alpha(positions, weights), 4 / 3 * (1 - np.trace(found) / found.sum()))


@settings(deadline=None)
@given(surveys())
def test_neither_order_nor_scale_of_weights_matters(
    survey: Survey,
) -> None:
    positions, sizes, weights = survey
    order = np.random.default_rng(len(positions)).permutation(len(positions))
    plainly = measures.group_stats(positions, sizes, weights)
    for changed in (
        measures.group_stats(positions[order], sizes, weights[order]),
        measures.group_stats(positions, sizes, weights * 2),
    ):
        same(plainly.shares, changed.shares)
        same(plainly.correlations, changed.correlations)
    same(
        measures.cronbach_alpha(positions, weights), measures.cronbach_alpha(positions, 2 * weights)
    )
    same(measures.cronbach_alpha(positions), measures.cronbach_alpha(positions[order]))


@settings(deadline=None)
@given(surveys(), st.floats(0.1, 10))
def test_equal_weights_are_no_weights(survey: Survey, weight: float) -> None:
    positions, sizes, _ = survey
    equal = np.full(len(positions), weight)
    same(measures.option_shares(positions, sizes), measures.option_shares(positions, sizes, equal))
    same(measures.correlations(positions), measures.correlations(positions, equal))
    same(measures.cronbach_alpha(positions), measures.cronbach_alpha(positions, equal))


@settings(deadline=None)
@given(surveys())
def test_who_weighs_nothing_is_not_there(
    survey: Survey,
) -> None:
    positions, sizes, weights = survey
    ghosts = np.vstack([positions, np.ones(len(sizes))])
    weighed = np.append(weights, 0.0)
    same(
        measures.option_shares(positions, sizes, weights),
        measures.option_shares(ghosts, sizes, weighed),
    )
    same(measures.correlations(positions, weights), measures.correlations(ghosts, weighed))
    same(measures.cronbach_alpha(positions, weights), measures.cronbach_alpha(ghosts, weighed))


@settings(deadline=None)
@given(surveys())
def test_distances_are_symmetric_and_zero_to_oneself(
    survey: Survey,
) -> None:
    positions, sizes, weights = survey
    one, two = (
        measures.group_stats(positions, sizes, weights),
        measures.group_stats(positions[::2], sizes),
    )
    there, back = measures.distances(one, two), measures.distances(two, one)
    same(list(asdict(there).values()), list(asdict(back).values()))
    if defined(one):
        assert set(asdict(measures.distances(one, one)).values()) == {0.0}


@settings(deadline=None)
@given(surveys(least=1))
def test_what_is_undefined_is_explained(
    survey: Survey,
) -> None:
    positions, sizes, weights = survey
    names = [f"item {i}" for i in range(len(sizes))]
    group = measures.group_stats(positions, sizes, weights)
    said = measures.why_undefined(group, names)
    missing = [note for note in said if "does not vary" not in note]
    assert bool(missing) == (not defined(group))
    alpha = measures.cronbach_alpha(positions)
    assert np.isnan(alpha) == bool(measures.why_alpha_undefined(positions, names))


def test_an_item_that_does_not_vary_correlates_with_none() -> None:
    # Thirds of a weight make a mean that is not exactly 1.1 times anything.
    positions = np.array([[3.0, 1, 2], [3, 2, 1], [3, 4, 3], [3, 3, 3]])
    weights = np.array([0.1, 1 / 3, 0.7, 1.9])
    found = measures.group_stats(positions, [4, 4, 4], weights)
    same(found.correlations[0], [1, 0, 0])
    assert found.correlations[1, 2] != 0
    said = measures.why_undefined(found, ["a", "b", "c"])
    assert said == ["a does not vary: its correlations count as 0"]


@pytest.mark.parametrize(
    ("positions", "notes", "alpha_notes"),
    [
        (
            np.array([[NAN, 1.0], [NAN, 2]]),
            ["no answer to a", "correlations need 2 rows complete on all items, not 0"],
            ["alpha needs 2 answers to a"],
        ),
        (
            np.array([[1, 2.0], [2, NAN], [NAN, 1]]),
            ["correlations need 2 rows complete on all items, not 1"],
            ["alpha needs 2 people who answered both a and b"],
        ),
        (np.empty((0, 2)), None, ["alpha needs 2 answers to a", "alpha needs 2 answers to b"]),
        (
            np.array([[1, 2.0], [2, 1]]),
            [],
            ["alpha needs a sum of items that varies"],
        ),
        (np.array([[1.0], [2]]), ["one item has no correlations"], ["one item has no alpha"]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_degenerate_answers_are_told(
    positions: FloatArray, notes: list[str] | None, alpha_notes: list[str]
) -> None:
    names = ["a", "b"][: positions.shape[1]]
    found = measures.group_stats(positions, [2] * len(names))
    distances = measures.distances(found, found)
    said = measures.why_undefined(found, names)
    assert said == notes if notes is not None else len(said) == 3
    assert bool(said) == bool(np.isnan(distances.frobenius))
    assert measures.why_alpha_undefined(positions, names) == alpha_notes
    assert np.isnan(measures.cronbach_alpha(positions))


def test_splits_are_halves_of_everybody() -> None:
    found = halves.draw_halves(101, 30, np.random.default_rng(0))
    assert (found.sum(axis=1) == 50).all()
    assert len({tuple(split) for split in found.tolist()}) == 30
    more = halves.draw_halves(101, 40, np.random.default_rng(0))
    assert (more[:30] == found).all()


@settings(deadline=None, max_examples=30)
@given(surveys(least=20))
def test_halves_agree_with_groups_one_by_one(
    survey: Survey,
) -> None:
    positions, sizes, weights = survey
    first = halves.draw_halves(len(positions), 70, np.random.default_rng(5))
    found = halves.half_stats(positions, sizes, weights, first)
    for split, members in enumerate(first):
        for half, kept in zip(found, (members, ~members), strict=True):
            expected = measures.group_stats(positions[kept], sizes, weights[kept])
            same(half.shares[split], expected.shares)
            same(half.correlations[split], expected.correlations)
            assert half.rows[split] == expected.rows
            assert (half.varies[split] == expected.varies).all()


def test_human_row_agrees_with_a_plain_loop() -> None:
    rng = np.random.default_rng(11)
    common = rng.normal(size=(401, 1))
    positions = np.clip(np.round(2.5 + common + rng.normal(size=(401, 5))), 1, 4)
    positions[rng.random(positions.shape) < 0.05] = NAN
    sizes, weights = [4, 4, 5, 4, 4], rng.gamma(1.5, size=401)
    first = halves.draw_halves(401, 40, np.random.default_rng(2))
    found = measures.distances(*halves.half_stats(positions, sizes, weights, first))
    expected = reference.human_row(positions, sizes, weights, first)
    for name, value in asdict(found).items():
        same(value, expected[name])


@pytest.mark.filterwarnings("error")
def test_undefined_halves_are_told() -> None:
    positions = np.array([[1.0, 1], [2, 2], [NAN, 1], [NAN, 2], [NAN, 1], [NAN, 2]])
    first = np.array([[1, 1, 0, 0, 0, 1], [1, 0, 1, 0, 1, 0]], dtype=bool)
    found = halves.half_stats(positions, [2, 2], np.ones(6), first)
    assert np.isnan(measures.distances(*found).wasserstein)
    assert halves.why_halves_undefined(found, ["a", "b"]) == [
        "no answer to a in a half of 1 of 2 splits",
        "fewer than 2 rows complete on all items in a half of 2 of 2 splits",
    ]
    single = halves.half_stats(positions[:, 1:], [2], np.ones(6), first)
    assert halves.why_halves_undefined(single, ["b"]) == ["one item has no correlations"]
    assert np.isnan(measures.distances(*single).cbs)
    constant = halves.half_stats(
        np.array([[1.0, 1], [1, 2], [1, 1], [2, 2]]),
        [2, 2],
        np.ones(4),
        np.array([[1, 1, 0, 0]], dtype=bool),
    )
    assert halves.why_halves_undefined(constant, ["a", "b"]) == [
        "a does not vary in a half of 1 of 1 splits"
    ]
    assert not np.isnan(measures.distances(*constant).frobenius)
