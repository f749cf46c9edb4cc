"""Statistics of groups, by hand and against other packages, alone and in stacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis import groups
from anthology.analysis.groups import group_stats, pairwise_covariances, sum_features
from anthology.analysis.metrics import cronbach_alpha, measure, why_alpha_undefined
from anthology.survey.respondents import Positions
from tests.support.random_answers import NAN, Survey, coded, defined, same, surveys, with_nan


def test_hand_worked_shares_are_weighted_and_padded() -> None:
    same(group_stats(coded([[1], [1], [2], [4], [NAN]]), [4]).shares, [[0.5, 0.25, 0, 0.25]])
    same(group_stats(coded([[2], [3]]), [4], np.array([3.0, 1])).shares, [[0, 0.75, 0.25, 0]])
    padded = [[0.5, 0.5, 0, 0, 0], [0.5, 0, 0, 0, 0.5]]
    same(group_stats(coded([[1, 1], [2, 5]]), [2, 5]).shares, padded)


def test_hand_worked_correlations_leave_incomplete_rows_out() -> None:
    found = group_stats(coded([[1, 1], [2, 3], [3, 2], [2, NAN]]), [3, 3])
    same(found.correlations, [[1, 0.5], [0.5, 1]])
    assert found.rows == 3


@given(surveys())
def test_correlations_agree_with_statsmodels(survey: Survey) -> None:
    from statsmodels.stats.weightstats import DescrStatsW

    positions, sizes, weights = survey
    rows = groups.is_complete(positions, weights)
    kept = positions[rows]
    if len(kept) >= 3 and np.ptp(kept, axis=0).all():
        expected = DescrStatsW(kept.astype(float), weights[rows]).corrcoef
        found = group_stats(positions, sizes, weights).correlations
        assert found == pytest.approx(expected, abs=1e-9)


@given(surveys(least=1))
def test_both_ways_to_covariances_agree(survey: Survey) -> None:
    positions, sizes, _ = survey
    same(group_stats(positions, sizes).covariances, pairwise_covariances(positions))


@given(surveys())
def test_order_of_respondents_and_scale_of_weights_do_not_matter(survey: Survey) -> None:
    positions, sizes, weights = survey
    order = np.random.default_rng(len(positions)).permutation(len(positions))
    plain = group_stats(positions, sizes, weights)
    for changed in (
        group_stats(positions[order], sizes, weights[order]),
        group_stats(positions, sizes, weights * 2),
    ):
        same(plain.shares, changed.shares)
        same(plain.correlations, changed.correlations)
        same(plain.covariances, changed.covariances)


@given(surveys(), st.floats(0.1, 10))
def test_equal_weights_are_no_weights(survey: Survey, weight: float) -> None:
    positions, sizes, _ = survey
    plain = group_stats(positions, sizes)
    equal = group_stats(positions, sizes, np.full(len(positions), weight))
    same(plain.shares, equal.shares)
    same(plain.correlations, equal.correlations)


@given(surveys())
def test_zero_weight_respondents_are_excluded(survey: Survey) -> None:
    positions, sizes, weights = survey
    more = np.vstack([positions, np.ones((1, len(sizes)), dtype=np.int16)])
    zero = np.append(weights, 0.0)
    plain, found = group_stats(positions, sizes, weights), group_stats(more, sizes, zero)
    same(plain.shares, found.shares)
    same(plain.correlations, found.correlations)
    same(cronbach_alpha(positions, weights), cronbach_alpha(more, zero))


@given(surveys(least=1))
def test_undefined_statistics_have_a_reason(survey: Survey) -> None:
    positions, sizes, weights = survey
    names = [f"item {i}" for i in range(len(sizes))]
    found = group_stats(positions, sizes, weights)
    reasons = groups.why_undefined(found, names)
    missing = [note for note in reasons if "does not vary" not in note]
    assert bool(missing) == (not defined(found))
    assert np.isnan(cronbach_alpha(positions)) == bool(why_alpha_undefined(positions, names))


def test_a_constant_item_correlates_with_none() -> None:
    # Thirds of a weight make a mean that is not exactly 1.1 times anything.
    positions = coded([[3, 1, 2], [3, 2, 1], [3, 4, 3], [3, 3, 3]])
    found = group_stats(positions, [4, 4, 4], np.array([0.1, 1 / 3, 0.7, 1.9]))
    same(found.correlations[0], [1, 0, 0])
    assert found.correlations[1, 2] != 0
    reasons = groups.why_undefined(found, ["a", "b", "c"])
    assert reasons == ["a does not vary: its correlations count as 0"]


@pytest.mark.parametrize(
    ("positions", "notes", "alpha_notes"),
    [
        (
            coded([[NAN, 1], [NAN, 2]]),
            ["no answer to a", "correlations need 2 rows complete on all items, not 0"],
            ["alpha needs 2 answers to a"],
        ),
        (
            coded([[1, 2], [2, NAN], [NAN, 1]]),
            ["correlations need 2 rows complete on all items, not 1"],
            ["alpha needs 2 people who answered both a and b"],
        ),
        (
            coded(np.empty((0, 2))),
            [
                *("no answer to a", "no answer to b"),
                "correlations need 2 rows complete on all items, not 0",
            ],
            ["alpha needs 2 answers to a", "alpha needs 2 answers to b"],
        ),
        (coded([[1, 2], [2, 1]]), [], ["alpha needs a sum of items that varies"]),
        (coded([[1], [2]]), ["one item has no correlations"], ["one item has no alpha"]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_reasons_of_degenerate_answers(
    positions: Positions, notes: list[str], alpha_notes: list[str]
) -> None:
    names = ["a", "b"][: positions.shape[1]]
    found = group_stats(positions, [2] * len(names))
    assert groups.why_undefined(found, names) == notes
    assert bool(notes) == bool(np.isnan(measure(found, found)["frobenius"]))
    assert why_alpha_undefined(positions, names) == alpha_notes
    assert np.isnan(cronbach_alpha(positions))


@given(st.integers(0, 30), st.integers(1, 9), st.integers(0, 100))
def test_sums_taken_in_blocks_are_those_of_one_product(people: int, block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-9, 10, size=(4, people)).astype(float)
    counts = rng.integers(0, 5, size=(7, people), dtype=np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_PEOPLE", block)
        found = sum_features(lambda some: values[:, some], counts)
    assert (found == values @ counts.T.astype(np.int64)).all()


@given(surveys(least=1), st.booleans())
def test_a_stack_of_groups_is_its_groups_one_by_one(survey: Survey, weighted: bool) -> None:
    positions, sizes, weights = survey
    own = weights if weighted else None
    counts = np.random.default_rng(len(positions)).integers(0, 3, size=(4, len(positions)))
    stack = groups.stats_from_sums(groups.sum_answers(positions, sizes, own, counts), sizes)
    for i, drawn in enumerate(counts):
        again = np.repeat(np.arange(len(positions)), drawn)
        expected = group_stats(positions[again], sizes, None if own is None else own[again])
        for field in ("shares", "correlations", "covariances", "rows", "varies"):
            same(getattr(stack[i], field), getattr(expected, field))


def test_weighted_covariances_agree_with_numpy() -> None:
    rng = np.random.default_rng(3)
    positions = (rng.integers(1, 5, (50, 4)) + rng.integers(0, 3, (50, 1))).astype(np.int16)
    weights = rng.gamma(1, size=50)
    expected = np.cov(with_nan(positions).T, aweights=weights)
    same(pairwise_covariances(positions, weights), expected)
