from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from anthology.matching import greedy as module
from anthology.matching.greedy import assign_greedily
from anthology.matching.tie_breaks import backstory_tie_breaks, pair_tie_breaks
from tests.support.matching_problems import (
    Problem,
    draw_problem,
    match_by_name,
    problems,
    respondent_order,
    similarities,
    similarities_of_matrix,
)

NAMES = [f"r{i}" for i in range(600)]


@settings(deadline=None)
@given(problems(most=9))
def test_blocks_change_nothing(problem: Problem) -> None:
    matrix, names, ids = problem
    expected = match_by_name("greedy", matrix, names, ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 2)
        patch.setattr(module, "_AT_ONCE", 3)
        assert match_by_name("greedy", matrix, names, ids) == expected


def test_the_lowest_lot_decides_between_equals() -> None:
    found = similarities_of_matrix([[0.5, 0.2, 0.5, 0.5]] * 50)
    people, stories = respondent_order(NAMES[:50]), backstory_tie_breaks(np.arange(4))
    best = assign_greedily(found, people, stories)
    for person, story in zip(people, best.tolist(), strict=True):
        lots = {j: int(pair_tie_breaks(person, stories[[j]])[0]) for j in (0, 2, 3)}
        assert story == min(lots, key=lots.__getitem__)


@settings(deadline=None)
@given(problems(most=9))
def test_in_a_crowd_a_respondent_still_gets_a_most_similar_story(problem: Problem) -> None:
    matrix, names, ids = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CROWD", 1)
        found = match_by_name("greedy", matrix, names, ids)
        turned = match_by_name(
            "greedy", [row[::-1] for row in matrix[::-1]], names[::-1], ids[::-1]
        )
    assert turned == found
    for name, row in zip(names, matrix, strict=True):
        assert row[ids.tolist().index(found[name])] == max(row)


def test_a_crowd_is_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CROWD", 100)
    row = [0.3] * 2000 + [0.1]
    found = match_by_name("greedy", [row] * 600, NAMES, np.arange(2001))
    counts = np.bincount(list(found.values()), minlength=2001)
    # 600 lots among 2,000 leave 2,000 (1 - 1 / 2,000)^600 = 1,481 without one.
    assert counts[2000] == 0
    assert 470 < np.count_nonzero(counts) < 560
    assert counts.max() <= 5


def test_a_further_story_in_a_crowd_changes_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CROWD", 100)
    ids = np.arange(641)
    before = match_by_name("greedy", [[0.3] * 640] * 600, NAMES, ids[:640])
    after = match_by_name("greedy", [[0.3] * 641] * 600, NAMES, ids)
    changed = [name for name in NAMES if before[name] != after[name]]
    assert len(changed) < 10
    assert all(after[name] == 640 for name in changed)


def test_memory_does_not_hold_all_similarities(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is computed at a time is told by the blocks that are asked for.
    found = similarities(draw_problem(people=200, stories=500))
    asked: list[tuple[int, int]] = []
    kept = type(found).factors

    def factors(self: Any, start: int, stop: int) -> Any:
        asked.append((start, stop))
        return kept(self, start, stop)

    monkeypatch.setattr(type(found), "factors", factors)
    monkeypatch.setattr(module, "_BLOCK", 100)
    assign_greedily(found, respondent_order(NAMES[:200]), backstory_tie_breaks(np.arange(500)))
    assert {stop - start for start, stop in asked} == {100}
    assert len(asked) == 10
