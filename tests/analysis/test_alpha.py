"""The forms of alpha against other packages, and why one is missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from anthology.analysis.alpha import ALPHA_FORMS, alpha_forms, reverse_items
from anthology.analysis.groups import FloatArray
from anthology.survey.respondents import Positions
from tests.support.random_answers import NAN, Survey, coded, same, surveys, with_nan

SIZES = [4, 5, 4, 3]
NAMES = ["a", "b", "c", "d"]
NONE = [False] * 4


def people(count: int = 120, missing: float = 0.1) -> tuple[Positions, FloatArray]:
    rng = np.random.default_rng(5)
    common = rng.normal(size=(count, 1))
    positions = np.clip(np.round(2.3 + common + rng.normal(size=(count, 4))), 1, SIZES)
    positions[rng.random(positions.shape) < missing] = NAN
    return coded(positions), rng.gamma(2, size=count)


def test_alpha_over_pairs_and_over_complete_rows_agrees_with_pingouin() -> None:
    positions, weights = people()
    found, _ = alpha_forms(positions, weights, SIZES, NONE, NAMES)
    import pingouin

    frame = pd.DataFrame(with_nan(positions))
    same(found["cronbach_alpha"], pingouin.cronbach_alpha(frame, nan_policy="pairwise")[0])
    same(found["alpha_complete"], pingouin.cronbach_alpha(frame, nan_policy="listwise")[0])
    assert abs(found["cronbach_alpha"] - found["alpha_complete"]) > 1e-4


def test_weighted_alpha_agrees_with_statsmodels() -> None:
    positions, weights = people(missing=0)
    found, _ = alpha_forms(positions, weights, SIZES, NONE, NAMES)
    from statsmodels.stats.weightstats import DescrStatsW

    covariances = DescrStatsW(with_nan(positions), weights).cov
    same(found["alpha_weighted"], 4 / 3 * (1 - np.trace(covariances) / covariances.sum()))
    assert abs(found["alpha_weighted"] - found["cronbach_alpha"]) > 1e-4


def test_keyed_alpha_reverses_the_items_that_run_against_the_others() -> None:
    positions, weights = people()
    against = positions.copy()
    against[:, 1] = np.where(against[:, 1] > 0, 6 - against[:, 1], 0)
    turned, _ = alpha_forms(against, weights, SIZES, [False, True, False, False], NAMES)
    plain, _ = alpha_forms(positions, weights, SIZES, NONE, NAMES)
    same(turned["alpha_keyed"], plain["cronbach_alpha"])
    same(plain["alpha_keyed"], plain["cronbach_alpha"])
    assert turned["cronbach_alpha"] < turned["alpha_keyed"]


@given(surveys())
def test_reversing_items_twice_changes_nothing(survey: Survey) -> None:
    positions, sizes, _ = survey
    against = [i % 2 == 0 for i in range(len(sizes))]
    same(reverse_items(reverse_items(positions, sizes, against), sizes, against), positions)


@given(surveys())
def test_reversing_all_items_changes_no_alpha(survey: Survey) -> None:
    positions, sizes, weights = survey
    names = [f"item {i}" for i in range(len(sizes))]
    found, _ = alpha_forms(positions, weights, sizes, [True] * len(sizes), names)
    same(found["alpha_keyed"], found["cronbach_alpha"])


@given(surveys())
def test_equal_weights_and_no_gaps_make_all_forms_the_same(survey: Survey) -> None:
    positions, sizes, weights = survey
    whole = positions[(positions > 0).all(axis=1)]
    names = [f"item {i}" for i in range(len(sizes))]
    equal = np.full(len(whole), weights[0])
    found, _ = alpha_forms(whole, equal, sizes, [False] * len(sizes), names)
    same([found[form] for form in ALPHA_FORMS], [found["cronbach_alpha"]] * 4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("positions", "missing"),
    [
        (coded([[1, 2, NAN, 1], [2, NAN, 1, 2], [NAN, 1, 2, 2], [1, 2, 2, NAN]]), 1),
        (coded(np.full((5, 4), NAN)), 4),
        (coded(np.ones((5, 4))), 4),
        (coded(np.ones((1, 4))), 4),
        (coded(np.empty((0, 4))), 4),
    ],
    ids=["no complete row", "no answer", "nobody differs", "one person", "nobody"],
)
def test_a_missing_form_has_its_reason(positions: Positions, missing: int) -> None:
    found, said = alpha_forms(positions, np.ones(len(positions)), SIZES, NONE, NAMES)
    undefined = [form for form in ALPHA_FORMS if np.isnan(found[form])]
    assert len(undefined) == missing
    for form in undefined:
        assert any(
            note.startswith("alpha needs" if form == ALPHA_FORMS[0] else form) for note in said
        )


def test_weights_that_leave_a_sum_no_variance_leave_the_weighted_alpha_undefined() -> None:
    # Unweighted, variances 4/3 and 1 and the covariance -1 of those who answered both make 1/3.
    # With the weights variances are 4/11 and 7/11, the sum's would be -1, and alpha 4.
    positions = coded([[1, 3], [3, 2], [NAN, 1], [3, NAN]])
    found, said = alpha_forms(positions, np.array([1.0, 9, 9, 9]), [3, 3], [False] * 2, ["A", "B"])
    assert found["cronbach_alpha"] == pytest.approx(-12)
    assert np.isnan(found["alpha_weighted"])
    assert said[-1] == "alpha_weighted: alpha needs a sum of items that varies"
