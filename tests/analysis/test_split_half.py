"""Random halves of the respondents, and the distances between them."""

import numpy as np
import pytest
from hypothesis import given, settings

from anthology.analysis.groups import group_stats
from anthology.analysis.metrics import measure
from anthology.analysis.split_half import draw_halves, half_stats, why_halves_undefined
from tests.support import reference_metrics as reference
from tests.support.random_answers import NAN, Survey, coded, same, surveys, with_nan


def test_every_split_has_everyone_in_one_of_two_halves() -> None:
    found = draw_halves(101, 30, np.random.default_rng(0))
    assert (found.sum(axis=1) == 50).all()
    assert len({tuple(split) for split in found.tolist()}) == 30
    more = draw_halves(101, 40, np.random.default_rng(0))
    assert (more[:30] == found).all()


@settings(max_examples=15)
@given(surveys(least=20))
def test_halves_are_the_groups_of_their_members(survey: Survey) -> None:
    positions, sizes, weights = survey
    first = draw_halves(len(positions), 20, np.random.default_rng(5))
    found = half_stats(positions, sizes, weights, first)
    for split, members in enumerate(first):
        for half, kept in zip(found, (members, ~members), strict=True):
            expected = group_stats(positions[kept], sizes, weights[kept])
            same(half.shares[split], expected.shares)
            same(half.correlations[split], expected.correlations)
            assert half.rows[split] == expected.rows
            assert (half.varies[split] == expected.varies).all()


def test_mean_distances_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(11)
    common = rng.normal(size=(401, 1))
    answers = np.clip(np.round(2.5 + common + rng.normal(size=(401, 5))), 1, 4)
    answers[rng.random(answers.shape) < 0.05] = NAN
    positions, sizes, weights = coded(answers), [4, 4, 5, 4, 4], rng.gamma(1.5, size=401)
    first = draw_halves(401, 40, np.random.default_rng(2))
    found = measure(*half_stats(positions, sizes, weights, first))
    for name, value in reference.human_row(with_nan(positions), sizes, weights, first).items():
        same(found[name].mean(), value)


@pytest.mark.filterwarnings("error")
def test_undefined_halves_have_a_reason() -> None:
    positions = coded([[1, 1], [2, 2], [NAN, 1], [NAN, 2], [NAN, 1], [NAN, 2]])
    first = np.array([[1, 1, 0, 0, 0, 1], [1, 0, 1, 0, 1, 0]], dtype=bool)
    found = half_stats(positions, [2, 2], np.ones(6), first)
    assert np.isnan(measure(*found)["wasserstein"].mean())
    assert why_halves_undefined(found, ["a", "b"]) == [
        "no answer to a in a half of 1 of 2 splits",
        "fewer than 2 rows complete on all items in a half of 2 of 2 splits",
    ]
    single = half_stats(positions[:, 1:], [2], np.ones(6), first)
    assert why_halves_undefined(single, ["b"]) == ["one item has no correlations"]
    constant = half_stats(
        coded([[1, 1], [1, 2], [1, 1], [2, 2]]), [2, 2], np.ones(4), np.array([[1, 1, 0, 0]]) > 0
    )
    reasons = why_halves_undefined(constant, ["a", "b"])
    assert reasons == ["a does not vary in a half of 1 of 1 splits"]
    assert not np.isnan(measure(*constant)["frobenius"]).any()
