"""Measures of agreement from joint tables, against other packages and plain loops."""

from collections import Counter
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anthology.analysis import agreement, baselines
from anthology.analysis import person_correlation as profiles
from anthology.analysis.person_correlation import ItemScales
from tests.support.random_answers import coded

SIZE = 4
ANSWERS = st.integers(-1, SIZE - 1)
PAIRS = st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=30)

Pairs = list[tuple[int, int]]


def table_of(pairs: Pairs, counts: Any = None) -> Any:
    """The joint table of one item, in one draw or several."""
    first, second = np.array(pairs, dtype=np.int16).reshape(-1, 2).T[:, :, None] + 1
    drawn = np.ones((1, len(pairs))) if counts is None else counts
    return agreement.joint_tables(first, second, SIZE, drawn)[:, 0]


def measured(pairs: Pairs) -> dict[str, float]:
    return {name: float(do(table_of(pairs))[0]) for name, do in agreement.ORDERED.items()}


def same(first: dict[str, float], second: dict[str, float]) -> bool:
    return first == pytest.approx(second, abs=1e-12, nan_ok=True)


def test_a_hand_worked_table() -> None:
    # 6 pairs: 4 the same, one a step apart, one three steps apart.
    pairs = [(0, 0), (0, 0), (1, 1), (3, 3), (0, 1), (0, 3)]
    found = measured(pairs)
    assert found["agreement"] == pytest.approx(4 / 6)
    assert found["mae"] == pytest.approx(4 / 6)
    # Rows 4 1 0 1, columns 2 2 0 2. Found 1 + 9 = 10 against (8·1 + 8·9 + 2·1 + 2·4 + 2·9 + 2·4)/6.
    assert found["kappa"] == pytest.approx(1 - 10 / (116 / 6))
    # And 1 + 3 = 4 against (8·1 + 8·3 + 2·1 + 2·2 + 2·3 + 2·2)/6.
    assert found["kappa_linear"] == pytest.approx(1 - 4 / (48 / 6))


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
@given(PAIRS)
def test_kappa_agrees_with_scikit_learn_and_statsmodels(pairs: Pairs) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = table_of(pairs)[0]
    assume(table.any() and not (table.trace() > 0 and np.count_nonzero(table) == 1))
    first, second = zip(*(pair for pair in pairs if min(pair) >= 0), strict=True)
    measures = {
        "quadratic": agreement.quadratic_kappa,
        "linear": agreement.linear_kappa,
        None: agreement.plain_kappa,
    }
    for weights, measure in measures.items():
        found = measure(table)
        assert found == pytest.approx(cohens_kappa(table, wt=weights).kappa, abs=1e-12)
        told = import_module("sklearn.metrics").cohen_kappa_score(
            first, second, labels=range(SIZE), weights=weights
        )
        assert found == pytest.approx(told, abs=1e-12)


@pytest.mark.filterwarnings("ignore:Sample size", "ignore:divide by zero")
@given(PAIRS)
def test_rank_correlation_agrees_with_scipy_and_pingouin(pairs: Pairs) -> None:
    import pingouin
    from scipy import stats

    kept = [pair for pair in pairs if min(pair) >= 0]
    varied = len(kept) > 2 and all(len(set(side)) > 1 for side in zip(*kept, strict=True))
    found = measured(pairs)["spearman"]
    if not varied:
        assert len(kept) == 2 or np.isnan(found)
        return
    first, second = zip(*kept, strict=True)
    assert found == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)
    told = pingouin.corr(first, second, method="spearman")["r"].iloc[0]
    assert found == pytest.approx(told, abs=1e-12)


@given(PAIRS)
def test_the_rest_agrees_with_a_loop(pairs: Pairs) -> None:
    kept = [pair for pair in pairs if min(pair) >= 0]
    found = measured(pairs)
    if not kept:
        assert all(map(np.isnan, found.values()))
        return
    assert found["agreement"] == pytest.approx(sum(a == b for a, b in kept) / len(kept))
    assert found["mae"] == pytest.approx(sum(abs(a - b) for a, b in kept) / len(kept))


@given(PAIRS, st.randoms())
def test_the_order_of_people_changes_nothing(pairs: Pairs, random: Any) -> None:
    other = list(pairs)
    random.shuffle(other)
    assert same(measured(pairs), measured(other))


@given(PAIRS)
def test_twice_the_people_change_nothing(pairs: Pairs) -> None:
    assert same(measured(pairs), measured(pairs * 2))


@given(PAIRS)
def test_sides_may_be_exchanged(pairs: Pairs) -> None:
    assert same(measured(pairs), measured([(b, a) for a, b in pairs]))


@given(PAIRS)
def test_turning_every_scale_round_changes_nothing(pairs: Pairs) -> None:
    turned = [tuple(SIZE - 1 - a if a >= 0 else -1 for a in pair) for pair in pairs]
    assert same(measured(pairs), measured(turned))  # type: ignore[arg-type]


@given(st.lists(st.integers(0, SIZE - 1), min_size=2, max_size=20))
def test_who_agrees_on_everything_agrees_perfectly(answers: list[int]) -> None:
    assume(len(set(answers)) > 1)
    perfect = {"agreement": 1, "kappa": 1, "kappa_linear": 1, "spearman": 1, "mae": 0}
    assert same(measured([(a, a) for a in answers]), perfect)  # type: ignore[arg-type]


def test_one_and_the_same_answer_has_no_kappa_but_one_different_has_none_beyond_chance() -> None:
    assert np.isnan(measured([(2, 2)] * 5)["kappa"])
    assert measured([(2, 1)] * 5)["kappa"] == 0
    assert measured([(2, 1), (2, 2), (2, 3)])["kappa"] == 0
    assert np.isnan(measured([(2, 1), (2, 2), (2, 3)])["spearman"])


@given(PAIRS, st.integers(0, 2**32 - 1))
def test_a_draw_is_what_its_people_give(pairs: Pairs, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, size=(3, len(pairs)))
    drawn = table_of(pairs, counts)
    for draw in range(3):
        repeated = [pair for pair, n in zip(pairs, counts[draw], strict=True) for _ in range(n)]
        expected = Counter(pair for pair in repeated if min(pair) >= 0)
        assert {cell: n for cell, n in np.ndenumerate(drawn[draw]) if n} == expected


# Baselines: a slow loop over all pairs of people.

CELLED = st.lists(st.tuples(ANSWERS, st.integers(0, 3)), min_size=1, max_size=25)


def slow_table(people: Pairs, counts: Any) -> Any:
    """Compare every person drawn with every other, one after another."""
    drawn = [(i, *one) for i, one in enumerate(people) for _ in range(counts[i]) if one[0] >= 0]
    table = np.zeros((SIZE, SIZE))
    for i, answer, cell in drawn:
        others = [theirs for j, theirs, where in drawn if j != i and where == cell]
        for theirs in others:
            table[answer, theirs] += 1 / len(others)
    return table


@given(CELLED, st.integers(0, 2**32 - 1))
def test_a_baseline_is_the_mean_over_all_others_in_the_cell(people: Pairs, seed: int) -> None:
    answers, cells = np.array(people, dtype=np.int64).T
    counts = np.random.default_rng(seed).integers(0, 4, size=(3, len(people)))
    counts[0] = 1
    found = baselines.expected_tables(coded(answers + 1)[:, None], SIZE, cells, counts)[:, 0]
    for draw in range(3):
        assert found[draw] == pytest.approx(slow_table(people, counts[draw]), abs=1e-9)
    shares = baselines.leave_one_out_shares(coded(answers + 1), SIZE, cells)
    paired = ~np.isnan(shares[:, 0])
    own = np.eye(SIZE)[answers[paired]]
    assert own.T @ shares[paired] == pytest.approx(found[0], abs=1e-9)


def test_draws_in_several_blocks_are_as_in_one() -> None:
    rng = np.random.default_rng(4)
    answers, cells = rng.integers(-1, SIZE, size=(20, 2)), rng.integers(3, size=20)
    counts = rng.integers(0, 3, size=(2 * baselines._BLOCK + 7, 20))
    whole = baselines.expected_tables(coded(answers + 1), SIZE, cells, counts)
    some = [0, baselines._BLOCK + 3, -1]
    apart = [baselines.expected_tables(coded(answers + 1), SIZE, cells, counts[[i]]) for i in some]
    assert np.concatenate(apart) == pytest.approx(whole[some])


def test_a_person_alone_in_its_cell_is_left_out() -> None:
    answers, cells = np.array([[0], [1], [2]]), np.array([0, 0, 1])
    assert baselines.expected_tables(coded(answers + 1), SIZE, cells, np.ones((1, 3))).sum() == 2
    assert np.isnan(baselines.leave_one_out_shares(coded(answers[:, 0] + 1), SIZE, cells)[2]).all()


def test_a_trait_that_was_not_told_is_a_value_like_any_other() -> None:
    traits = np.array([[0, -1], [0, -1], [0, 0], [1, -1]])
    cells = baselines.group_by_traits(traits)
    assert cells[0] == cells[1]
    assert len(set(cells.tolist())) == 3


def test_anyone_else_agrees_a_little_less_than_by_chance() -> None:
    answers = np.array([[0], [0], [1], [1], [2], [3]])
    tables = baselines.expected_tables(
        coded(answers + 1), SIZE, np.zeros(6, dtype=np.int64), np.ones((1, 6))
    )
    for name in ("kappa", "kappa_linear", "spearman"):
        assert agreement.ORDERED[name](tables)[0, 0] == pytest.approx(-1 / 5)


@pytest.mark.parametrize("cells", [1, 5])
def test_draws_of_a_baseline_spread_as_samples_of_people_do(cells: int) -> None:
    # Drawing people and leaving whom they are compared with as they are gives half of it.
    rng = np.random.default_rng(6)
    estimates, spreads = [], []
    for _ in range(60):
        answers, cell = rng.binomial(3, 0.25, size=(200, 1)), rng.integers(cells, size=200)
        counts = np.concatenate([np.ones((1, 200)), rng.poisson(1, size=(100, 200))])
        found = agreement.agreement(
            baselines.expected_tables(coded(answers + 1), SIZE, cell, counts)
        )[:, 0]
        estimates.append(found[0])
        spreads.append(found[1:].std())
    assert np.mean(spreads) / np.std(estimates) == pytest.approx(1, abs=0.2)


# Within persons.

ROWS = st.lists(
    st.lists(st.sampled_from([1, 2, 3, 4, None]), min_size=5, max_size=5), min_size=2, max_size=12
)
SCALES = ItemScales([4, 4, 4, 4, 4], np.array([True, True, True, True, False]))


def positions_of(rows: Any) -> Any:
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def slow_spearman(first: Any, second: Any) -> float:
    both = ~(np.isnan(first) | np.isnan(second)) & SCALES.ordered
    if both.sum() < 3 or any(len(set(side[both])) < 2 for side in (first, second)):
        return float("nan")
    from scipy import stats

    return float(stats.spearmanr(first[both], second[both]).statistic)


@given(ROWS)
def test_profiles_agree_with_scipy_person_by_person(rows: Any) -> None:
    first = positions_of(rows)
    second = first[::-1]
    found = profiles.score_persons(coded(first), coded(second), SCALES)
    for i, (one, other) in enumerate(zip(first, second, strict=True)):
        both = ~(np.isnan(one) | np.isnan(other))
        ordered = both & SCALES.ordered
        assert found.items[i] == both.sum()
        same_answer = (one == other)[both].mean() if both.any() else np.nan
        apart = np.abs(one - other)[ordered].mean() if ordered.any() else np.nan
        told = (found.agreement[i], found.mae[i], found.spearman[i])
        expected = (same_answer, apart, slow_spearman(one, other))
        assert told == pytest.approx(expected, abs=1e-12, nan_ok=True)


@given(ROWS, st.data())
def test_expected_profiles_are_means_over_all_others(rows: Any, data: st.DataObject) -> None:
    positions = positions_of(rows)
    several = st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))
    cells = np.array(data.draw(several))
    found = profiles.expected_scores(coded(positions), SCALES, cells)
    for i, own in enumerate(positions):
        others = positions[(cells == cells[i]) & (np.arange(len(cells)) != i)]
        each = [slow_spearman(own, theirs) for theirs in others]
        defined = [value for value in each if not np.isnan(value)]
        expected = sum(defined) / len(defined) if defined else np.nan
        assert found.spearman[i] == pytest.approx(expected, abs=1e-9, nan_ok=True)
        by_item = []
        for item in range(5):
            theirs = others[~np.isnan(others[:, item]), item]
            if len(theirs) and not np.isnan(own[item]):
                by_item.append((theirs == own[item]).mean())
        assert found.items[i] == len(by_item)
        mean = sum(by_item) / len(by_item) if by_item else np.nan
        assert found.agreement[i] == pytest.approx(mean, nan_ok=True)


def test_answers_to_items_of_different_length_are_ranked_by_how_far_up_they_stand() -> None:
    scales = ItemScales([2, 3, 5], np.array([True] * 3))
    first, second = coded([[2, 2, 1]]), coded([[2, 2, 2]])
    # Levels 1, 1/2, 0 and 1, 1/2, 1/4: the same order, though raw positions are tied.
    assert profiles.score_persons(first, second, scales).spearman == pytest.approx([1.0])
