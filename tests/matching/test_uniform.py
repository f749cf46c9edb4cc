from math import log2

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.matching.tie_breaks import backstory_tie_breaks
from anthology.matching.uniform import assign_at_random
from tests.support.matching_problems import Problem, match_by_name, problems, respondent_order


def given_out(people: int, stories: int, seed: int = 1) -> list[int]:
    lots = respondent_order([f"r{i}" for i in range(people)])
    return list(map(int, assign_at_random(lots, backstory_tie_breaks(np.arange(stories)), seed)))


@settings(deadline=None)
@given(problems())
def test_random_is_one_to_one_and_knows_no_similarity(problem: Problem) -> None:
    matrix, names, ids = problem
    found = match_by_name("random", matrix, names, ids)
    assert len(set(found.values())) == len(names)
    assert found == match_by_name("random", [[1.0] * len(ids)] * len(names), names, ids)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.integers(0, 100), st.integers(0, 2**40))
def test_a_further_story_or_respondent_changes_at_most_one_match_a_turn(
    people: int, spare: int, seed: int
) -> None:
    before = given_out(people, people + spare, seed)
    further = given_out(people, people + spare + 1, seed)
    more = given_out(people + 1, people + spare + 1, seed)[:people]
    # Half of those who wait are served in a turn, one way or the other.
    turns = 3 * log2(people + 1) + 5
    assert sum(a != b for a, b in zip(before, further, strict=True)) <= turns
    assert sum(a != b for a, b in zip(further, more, strict=True)) <= turns


def test_every_story_is_as_likely_as_any_other() -> None:
    drawn = np.array([given_out(3, 8, seed) for seed in range(4000)])
    for person in drawn.T:
        counts = np.bincount(person, minlength=8)
        # 500 each; the statistic exceeds 26 once in 2,000 times, by chi-square with 7 degrees.
        assert ((counts - 500) ** 2 / 500).sum() < 26


def test_seeds_give_different_matchings() -> None:
    first, second = given_out(50, 60, 1), given_out(50, 60, 2)
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 10


def test_as_many_stories_as_people_are_all_given() -> None:
    assert sorted(given_out(5000, 5000)) == list(range(5000))
