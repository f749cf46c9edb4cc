"""Scores of probabilities, against scikit-learn, hand-worked cases and a plain loop."""

from importlib import import_module
from math import isnan, log
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis.calibration import FLOOR, Forecasts, reliability_bins, score_forecasts
from anthology.analysis.groups import FloatArray
from tests.support.random_answers import coded


def sklearn(module: str) -> Any:
    return import_module(f"sklearn.{module}")


@st.composite
def forecasts(draw: st.DrawFn, size: int | None = None) -> Forecasts:
    """Forecasts of one item, some of them sure."""
    options = size or draw(st.integers(2, 5))
    parts = st.lists(st.integers(0, 20), min_size=options, max_size=options).filter(any)
    odds = np.array(draw(st.lists(parts, min_size=1, max_size=15)), dtype=np.float64)
    outcomes = [draw(st.integers(0, options - 1)) for _ in odds]
    return Forecasts(odds / odds.sum(axis=1, keepdims=True), np.array(outcomes, dtype=np.int16) + 1)


def test_a_hand_worked_case() -> None:
    found = score_forecasts(
        [Forecasts(np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]), coded([1, 3]))]
    )
    assert found.number == 2
    assert found.brier == pytest.approx((0.25 + 0.09 + 0.04 + 0.01 + 0.64 + 0.81) / 2)
    assert found.log_score == pytest.approx(-(log(0.5) + log(0.1)) / 2)
    # Bins 0.1 (two, one true), 0.2, 0.3, 0.5 (one each, the last true), 0.8 (not true).
    apart = 2 * abs(0.1 - 0.5) + 0.2 + 0.3 + 0.5 + 0.8
    assert found.calibration_error == pytest.approx(apart / 6)


@given(forecasts())
def test_scores_agree_with_scikit_learn(one: Forecasts) -> None:
    found, labels = score_forecasts([one]), range(one.probabilities.shape[1])
    expected = sklearn("metrics").brier_score_loss(
        one.outcomes - 1, one.probabilities, labels=labels, scale_by_half=False
    )
    assert found.brier == pytest.approx(expected)
    kept = (one.probabilities * one.marks).sum(axis=1) >= FLOOR
    sure = score_forecasts([Forecasts(one.probabilities[kept], one.outcomes[kept])])
    if kept.any():
        expected = sklearn("metrics").log_loss(
            one.outcomes[kept] - 1, one.probabilities[kept], labels=labels
        )
        assert sure.log_score == pytest.approx(expected)
    assert found.floored == (~kept).sum()


@given(st.lists(forecasts(), min_size=1, max_size=3))
def test_bins_agree_with_scikit_learn_and_their_error_with_a_loop(some: list[Forecasts]) -> None:
    bins = reliability_bins(some)
    values = np.concatenate([one.probabilities.reshape(-1) for one in some])
    marks = np.concatenate([one.marks.reshape(-1) for one in some])
    # A border belongs to the lower bin there, to the upper one here.
    inner = ~np.isin(values, bins.low)
    if inner.any():
        curve = sklearn("calibration").calibration_curve(
            marks[inner], values[inner], n_bins=len(bins.low)
        )
        observed, predicted = curve
        within = reliability_bins([_single(values[inner], marks[inner])])
        there = within.number > 0
        assert within.predicted[there] == pytest.approx(predicted)
        assert within.observed[there] == pytest.approx(observed)
    total = 0.0
    for low, high, number in zip(bins.low, bins.high, bins.number, strict=True):
        chosen = (values >= low) & ((values < high) | (high == 1))
        assert number == chosen.sum()
        if number:
            total += number * abs(values[chosen].mean() - marks[chosen].mean())
    assert score_forecasts(some).calibration_error == pytest.approx(total / len(values))


def _single(values: FloatArray, marks: FloatArray) -> Forecasts:
    """Probabilities of one option each, as forecasts with outcomes that bring the marks."""
    return Forecasts(values[:, None], np.where(marks > 0, 1, 2).astype(np.int16))


@given(forecasts(size=3), st.randoms())
def test_neither_the_order_of_people_nor_of_options_changes_scores(
    one: Forecasts, random: Random
) -> None:
    people = list(range(len(one.outcomes)))
    random.shuffle(people)
    turned = Forecasts(one.probabilities[people][:, ::-1], 4 - one.outcomes[people])
    first, second = score_forecasts([one]), score_forecasts([turned])
    assert first.brier == pytest.approx(second.brier)
    assert first.log_score == pytest.approx(second.log_score)
    assert first.calibration_error == pytest.approx(second.calibration_error)


@given(forecasts())
def test_the_same_forecasts_twice_score_the_same(one: Forecasts) -> None:
    once, twice = score_forecasts([one]), score_forecasts([one, one])
    assert once.brier == pytest.approx(twice.brier)
    assert once.log_score == pytest.approx(twice.log_score)
    assert once.calibration_error == pytest.approx(twice.calibration_error)
    assert twice.number == 2 * once.number


def test_who_is_sure_and_right_scores_nothing_and_who_is_wrong_the_most() -> None:
    sure = np.eye(3)
    right, wrong = (
        score_forecasts([Forecasts(sure, coded(np.arange(3) + 1))]),
        score_forecasts([Forecasts(sure, coded([2, 3, 1]))]),
    )
    assert (right.brier, right.log_score, right.calibration_error) == (0, 0, 0)
    assert wrong.brier == 2
    assert wrong.log_score == pytest.approx(-log(FLOOR))
    assert (right.floored, wrong.floored) == (0, 3)


def test_a_certainty_is_in_the_last_bin_and_a_border_in_the_upper() -> None:
    bins = reliability_bins([Forecasts(np.array([[1.0, 0.0], [0.3, 0.7]]), coded([1, 1]))])
    assert bins.number.tolist() == [1, 0, 0, 1, 0, 0, 0, 1, 0, 1]
    assert isnan(bins.predicted[1])


def test_no_forecasts_have_no_score() -> None:
    nothing = score_forecasts([Forecasts(np.zeros((0, 4)), coded([]))])
    assert nothing.number == 0
    assert all(map(isnan, (nothing.brier, nothing.log_score, nothing.calibration_error)))
