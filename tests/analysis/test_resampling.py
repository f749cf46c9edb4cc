"""Bootstrap draws and sign flips: each against repeating or exchanging the answers themselves."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.analysis.bootstrap import resample_respondents
from anthology.analysis.groups import group_stats
from anthology.analysis.metrics import METRICS
from anthology.analysis.permutation import draw_sign_flips
from anthology.analysis.resampling import bootstrap_metrics, permute_pairs
from tests.support.random_answers import (
    Survey,
    metrics_one_by_one,
    random_personas,
    row_of,
    same,
    surveys,
)

NAMES = [metric.name for metric in METRICS]


@given(surveys(least=1), st.booleans())
def test_a_draw_is_what_repeating_its_people_gives(survey: Survey, weighted: bool) -> None:
    people, sizes, weights = survey
    personas = random_personas(len(people), sizes, len(people))
    own = weights if weighted else None
    counts = resample_respondents(len(people), 5, np.random.default_rng(1))
    rows = [row_of(personas, sizes, own)]
    humans, found = bootstrap_metrics(row_of(people, sizes, weights), rows, [counts], 1)
    for draw, drawn in enumerate(counts):
        again = np.repeat(np.arange(len(people)), drawn)
        theirs = None if own is None else own[again]
        expected = metrics_one_by_one(people[again], personas[again], sizes, weights[again], theirs)
        same([found[name][draw] for name in NAMES], [expected[name] for name in NAMES])
        alone = metrics_one_by_one(people[again], people[again], sizes, weights[again])
        same(humans["cronbach_alpha"][draw], alone["cronbach_alpha"])


@pytest.mark.parametrize("gaps", [False, True])
@given(surveys(least=2), st.booleans())
def test_a_sign_flip_is_what_exchanging_answers_gives(
    gaps: bool, survey: Survey, weighted: bool
) -> None:
    people, sizes, weights = survey
    own = weights if weighted else None
    rows = [random_personas(len(people), sizes, seed) for seed in (1, 2)]
    present = [row_of(row, sizes).present for row in rows]
    both = present[0] & present[1]
    if not gaps:
        rows = [np.where(both[:, None], row, 0).astype(np.int16) for row in rows]
    flips = draw_sign_flips(len(people), 6, np.random.default_rng(3))
    humans = group_stats(people, sizes, weights)
    observed = dict.fromkeys(NAMES, 0.1)
    answers = [row_of(row, sizes, own) for row in rows]
    found = permute_pairs(humans, answers, {(0, 1): observed}, [flips], 1)
    differences = []
    for flipped in flips:
        moved = (flipped & both)[:, None]
        pair = np.where(moved, rows[1], rows[0]), np.where(moved, rows[0], rows[1])
        one, two = (metrics_one_by_one(people, part, sizes, weights, own) for part in pair)
        differences.append([one[name] - two[name] for name in NAMES])
    for name, values in zip(NAMES, np.array(differences).T, strict=True):
        assert found[0, 1][name].defined == (~np.isnan(values)).sum()
        assert found[0, 1][name].extreme == (np.abs(values) >= 0.1 - 1e-9).sum()


def test_one_who_was_asked_but_gave_no_answer_is_exchanged_all_the_same() -> None:
    people = np.array([[1, 2], [2, 1], [1, 1], [2, 2]], dtype=np.int16)
    first, second = people.copy(), people[::-1].copy()
    first[0] = 0
    everyone = np.ones(4, dtype=np.bool_)
    answers = [row_of(row, [2, 2], None, everyone) for row in (first, second)]
    flips = np.array([[True, False, False, False]])
    humans = group_stats(people, [2, 2])
    found = permute_pairs(humans, answers, {(0, 1): {"total_variation": 0.0}}, [flips], 1)
    assert found[0, 1]["total_variation"].defined == 1
    one, two = np.vstack([second[:1], first[1:]]), np.vstack([first[:1], second[1:]])
    apart = [
        metrics_one_by_one(people, row, [2, 2], np.ones(4))["total_variation"] for row in (one, two)
    ]
    far = abs(apart[0] - apart[1])
    for observed, count in ((far, 1), (far + 0.01, 0)):
        found = permute_pairs(humans, answers, {(0, 1): {"total_variation": observed}}, [flips], 1)
        assert found[0, 1]["total_variation"].extreme == count


@settings(max_examples=15)
@given(surveys(least=2), st.booleans())
def test_neither_blocks_nor_threads_change_a_metric(survey: Survey, weighted: bool) -> None:
    people, sizes, weights = survey
    own = weights if weighted else None
    rows = [row_of(random_personas(len(people), sizes, i), sizes, own) for i in (1, 2, 3)]
    group = group_stats(people, sizes, weights)
    counts = resample_respondents(len(people), 40, np.random.default_rng(3))
    flips = draw_sign_flips(len(people), 40, np.random.default_rng(3))
    pairs = {pair: dict.fromkeys(NAMES, 0.1) for pair in ((0, 1), (0, 2), (1, 2))}

    def found(block: int, jobs: int) -> Any:
        parts = [slice(start, start + block) for start in range(0, 40, block)]
        humans = row_of(people, sizes, weights)
        draws = bootstrap_metrics(humans, rows, (counts[part] for part in parts), jobs)
        return draws, permute_pairs(group, rows, pairs, (flips[part] for part in parts), jobs)

    draws, permuted = found(40, 1)
    again, permuted_again = found(32, 2)
    for one, two in zip(draws, again, strict=True):
        for name in NAMES:
            same(two[name], one[name])
    assert permuted_again == permuted


def test_the_number_of_threads_changes_no_bit() -> None:
    rng = np.random.default_rng(2)
    people, weights = rng.integers(1, 5, size=(200, 3)).astype(np.int16), rng.gamma(2, size=200)
    humans = row_of(people, [4, 4, 4], weights)
    rows = [row_of(random_personas(200, [4, 4, 4], i), [4, 4, 4], weights) for i in range(3)]
    counts = resample_respondents(200, 700, np.random.default_rng(0))
    one, two = (bootstrap_metrics(humans, rows, [counts], jobs) for jobs in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert all((first[name] == second[name]).all() for name in NAMES)


def test_personas_that_are_their_people_stay_at_no_distance_in_every_draw() -> None:
    rng = np.random.default_rng(1)
    people, weights = rng.integers(1, 5, size=(80, 3)).astype(np.int16), rng.gamma(2, size=80)
    own = row_of(people, [4, 4, 4], weights)
    counts = resample_respondents(80, 20, np.random.default_rng(0))
    humans, found = bootstrap_metrics(own, [own], [counts], 1)
    for metric in METRICS:
        same(found[metric.name], 0.0 if metric.is_distance else humans[metric.name])
