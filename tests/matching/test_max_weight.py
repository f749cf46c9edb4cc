from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from anthology.matching import auction, max_weight
from anthology.matching.dual_bound import Market, dual_bound, optimal_prices
from anthology.matching.max_weight import Assignment, assign_max_weight
from anthology.matching.similarity import FloatArray, Similarities
from anthology.matching.tie_breaks import backstory_tie_breaks
from tests.support.matching_problems import (
    SAMPLES,
    Problem,
    draw_problem,
    match_by_name,
    match_similarities,
    problems,
    respondent_order,
    similarities,
    similarities_of_matrix,
    similarity_rows,
)

VALUES = (0.0, 1e-9, 1e-4, 0.1, 0.1 + 1e-12, 0.3, 0.5, 0.7, 1.0)


@contextmanager
def solving(**constants: Any) -> Iterator[None]:
    """Solve every problem by an auction, with other constants where some are given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(max_weight, "SMALL", 0)
        for name, value in constants.items():
            module = auction if hasattr(auction, name) else max_weight
            patch.setattr(module, name, value)
        yield


def solved(found: Similarities) -> Assignment:
    people, stories = len(found.profile_of), found.stories
    lots = (
        respondent_order([f"r{i}" for i in range(people)]),
        backstory_tie_breaks(np.arange(stories)),
    )
    best = assign_max_weight(found, *lots)
    assert len(set(best.chosen.tolist())) == people
    reached = found.pairs(np.arange(people), best.chosen).sum()
    assert best.total == pytest.approx(reached, rel=1e-12)
    return best


def optimum(matrix: FloatArray) -> float:
    return float(matrix[linear_sum_assignment(matrix, maximize=True)].sum())


def relaxed(matrix: FloatArray) -> float:
    """The largest total as a linear programme: each person one story, no story twice."""
    people, stories = matrix.shape
    found = linprog(
        -matrix.ravel(),
        A_eq=np.kron(np.eye(people), np.ones((1, stories))),
        b_eq=np.ones(people),
        A_ub=np.kron(np.ones((1, people)), np.eye(stories)),
        b_ub=np.ones(stories),
    )
    assert found.fun is not None
    return -found.fun


@settings(deadline=None)
@given(problems())
@pytest.mark.parametrize("small", [True, False])
def test_max_weight_is_the_best_one_to_one_matching(small: bool, problem: Problem) -> None:
    matrix, names, ids = problem
    with solving(SMALL=max_weight.SMALL if small else 0):
        found = match_by_name("max_weight", matrix, names, ids)
    assert len(set(found.values())) == len(names)
    columns = [ids.tolist().index(found[name]) for name in names]
    total = sum(row[j] for row, j in zip(matrix, columns, strict=True))
    best = max(
        sum(row[j] for row, j in zip(matrix, order, strict=True))
        for order in permutations(range(len(ids)), len(names))
    )
    assert total == best


@settings(deadline=None)
@given(problems(VALUES, most=12))
def test_an_auction_reaches_scipys_optimum_and_proves_it(problem: Problem) -> None:
    matrix = np.array(problem[0])
    with solving():
        best = solved(similarities_of_matrix(matrix))
    assert best.total == pytest.approx(optimum(matrix), abs=1e-12 * len(matrix))
    assert best.bound >= best.total
    assert best.bound == pytest.approx(best.total, rel=1e-11, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(problems(VALUES, most=8), st.integers(0, 2**32))
def test_no_prices_prove_less_than_the_linear_programme(problem: Problem, seed: int) -> None:
    matrix = np.array(problem[0])
    found = similarities_of_matrix(matrix)
    market = Market.of(found)
    drawn = np.random.default_rng(seed).normal(scale=0.5, size=len(market.seats))
    most = relaxed(matrix)
    assert dual_bound(market, drawn) >= most - 1e-9
    assert dual_bound(market, np.zeros(len(market.seats))) >= most - 1e-9
    assert solved(found).bound == pytest.approx(most, abs=1e-8)


def test_hand_worked_prices() -> None:
    # Two of one kind, one of another; stories a and b suit both kinds, and c nobody well.
    found = similarities_of_matrix(
        [[0.9, 0.8, 0.1, 0.0], [0.9, 0.8, 0.1, 0.0], [0.8, 0.2, 0.0, 0.0]]
    )
    market = Market.of(found)
    # Profiles are in the order of their rows: first the third person's, then the other two's.
    np.testing.assert_array_equal(market.seats, [1, 2, 1])
    # For 0.8 a goes to the third, b and c to the others: 0.8 + 0.8 + 0.1, against 0.9 + 0.8 + 0.
    best = np.array([0, 1, 1, 2])
    assert market.total(best) == 0.8 + 0.8 + 0.1 == pytest.approx(1.7)
    prices = optimal_prices(market, best)
    # a must not prefer the others' seats: their price is at least 0.1 above the third's. Nor may
    # d, that is left over, want any.
    np.testing.assert_allclose(prices, [0, 0.1, 0.0], atol=1e-12)
    # 1 seat at 0, 2 at 0.1; a gains 0.8, b 0.7, c 0, d 0.
    assert dual_bound(market, prices) == pytest.approx(1 * 0 + 2 * 0.1 + 0.8 + 0.7)
    # At other prices more would seem possible: all at 0, each story takes what suits it best.
    assert dual_bound(market, np.zeros(3)) == pytest.approx(0.9 + 0.8 + 0.1)
    for small in (True, False):
        with solving(SMALL=100 if small else 0):
            assert solved(found).total == pytest.approx(1.7)


@pytest.mark.parametrize(("people", "stories"), [(300, 300), (300, 420), (120, 2000)])
@pytest.mark.parametrize("kind", ["simulated", "unanimous", "even", "steep", "coarse", "alike"])
def test_both_solvers_reach_one_total(kind: str, people: int, stories: int) -> None:
    rng = np.random.default_rng(people + stories)
    given = draw_problem(people=people, stories=stories)
    if kind == "unanimous":
        for counts in given.counts:
            top = counts.argmax(axis=1)
            counts[:] = 0
            counts[np.arange(stories), top] = SAMPLES
    found = {
        "even": lambda: similarities_of_matrix(
            rng.random((50, stories))[rng.integers(0, 50, people)]
        ),
        "steep": lambda: similarities_of_matrix(
            rng.lognormal(0, 4, (50, stories))[rng.integers(0, 50, people)]
        ),
        "coarse": lambda: similarities_of_matrix(rng.integers(0, 4, (people, stories)) / 3),
        "alike": lambda: similarities_of_matrix(np.full((people, stories), 0.3)),
    }.get(kind, lambda: similarities(given))()
    matrix = solved(found)
    with solving():
        sold = solved(found)
    scale = optimum(similarity_rows(found))
    assert matrix.total == pytest.approx(scale, rel=1e-13)
    assert sold.total == pytest.approx(scale, rel=1e-11)
    assert sold.bound >= scale * (1 - 1e-14)
    assert matrix.gap < 1e-12
    assert sold.gap < 1e-11


@settings(deadline=None)
@given(problems(VALUES), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_in_an_auction(problem: Problem, random: Any) -> None:
    matrix, names, ids = problem
    rows = random.sample(range(len(names)), len(names))
    columns = random.sample(range(len(ids)), len(ids))
    # Profiles stay in their own order, which is that of their traits' codes.
    shuffled = similarities_of_matrix(matrix, rows, columns)
    with solving():
        expected = match_by_name("max_weight", matrix, names, ids)
        found = match_similarities("max_weight", shuffled, [names[i] for i in rows], ids[columns])
    assert found == expected


@pytest.mark.parametrize("listed", [2, 3, 5])
def test_short_lists_hide_nothing_from_a_story(listed: int) -> None:
    matrix = np.random.default_rng(listed).random((60, 80))
    with solving(_LISTED=listed):
        best = solved(similarities_of_matrix(matrix))
    assert best.total == pytest.approx(optimum(matrix), rel=1e-12)
    assert best.gap < 1e-12


@pytest.mark.parametrize("small", [True, False])
def test_where_nothing_is_similar_lots_alone_decide(small: bool) -> None:
    nothing, names, ids = [[0.0] * 6] * 4, [f"r{i}" for i in range(4)], np.arange(6)
    with solving(SMALL=100 if small else 0):
        expected = match_by_name("max_weight", nothing, names, ids)
        for order in permutations(range(4)):
            again = match_by_name("max_weight", nothing, [names[i] for i in order], ids[::-1])
            assert again == expected
    assert len(set(expected.values())) == 4


def test_an_auction_that_ends_early_says_how_far_off_it_may_be() -> None:
    matrix = np.random.default_rng(0).random((100, 130))
    with solving(LARGE=0, BIDS=0, NEAR=0.05):
        best = solved(similarities_of_matrix(matrix))
    assert not best.largest
    assert 1e-12 < best.gap <= 0.05
    assert best.total < optimum(matrix) < best.bound
    assert best.gap == pytest.approx(1 - best.total / best.bound)


def test_an_auction_is_not_ended_before_it_is_near() -> None:
    matrix = np.random.default_rng(0).random((100, 130))
    with solving(LARGE=0, BIDS=0, NEAR=1e-6):
        assert solved(similarities_of_matrix(matrix)).gap <= 1e-6


def test_only_of_very_many_pairs_an_auction_ends_early() -> None:
    matrix = np.random.default_rng(0).random((100, 130))
    with solving(LARGE=matrix.size, BIDS=0, NEAR=0.05):
        best = solved(similarities_of_matrix(matrix))
    assert best.largest
    assert best.total == pytest.approx(optimum(matrix), rel=1e-12)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("matrix", [np.zeros((3, 5)), np.zeros((3, 3)), [[0.5]], [[0.0, 0.4]]])
def test_little_to_choose_from(matrix: Any, small: bool) -> None:
    with solving(SMALL=100 if small else 0):
        best = solved(similarities_of_matrix(matrix))
    assert best.total == optimum(np.array(matrix))
    assert best.gap < 1e-12
