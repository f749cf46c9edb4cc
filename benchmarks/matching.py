"""Matching at the study's size: whole profiles at once against one pair after the other.

`python -m benchmarks.matching` measures this alone.
"""

from collections.abc import Sequence
from time import process_time

import numpy as np

from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import assign_max_weight
from anthology.matching.similarity import IntArray
from anthology.matching.tie_breaks import backstory_tie_breaks, respondent_tie_breaks
from anthology.stages.matches import Method
from benchmarks.results import Result, compared, table
from tests.support import reference_metrics as reference
from tests.support.matching_problems import CATEGORIES, DrawnProblem, draw_problem, similarities

PEOPLE, STORIES = 2537, 10_000


def measure() -> list[Result]:
    """Time greedy and maximum-weight matching, and make sure that both ways agree."""
    given = draw_problem(PEOPLE, STORIES)
    size = f"{PEOPLE:,} people, {STORIES:,} stories"

    start = process_time()
    rows = _plain_matrix(given)
    every_pair = process_time() - start
    start = process_time()
    candidates = [reference.most_similar(row) for row in rows]
    chosen = process_time() - start
    greedy, greedy_time = _timed(given, "greedy")
    for story, best in zip(greedy.tolist(), candidates, strict=True):
        assert story in best, "greedy gave a story that is not the most similar"

    start = process_time()
    matrix = np.array(rows)
    _, total = reference.largest_total(matrix)
    assigned = process_time() - start
    one_to_one, weight_time = _timed(given, "max_weight")
    assert len(set(one_to_one.tolist())) == PEOPLE, "a story was given twice"
    reached = matrix[np.arange(PEOPLE), one_to_one].sum()
    np.testing.assert_allclose(reached, total, rtol=1e-12)
    return [
        compared(f"matching, greedy: {size}", every_pair + chosen, greedy_time, 10),
        compared(f"matching, max weight: {size}", every_pair + assigned, weight_time, 10),
    ]


def _plain_matrix(given: DrawnProblem) -> list[list[float]]:
    names = [[str(code) for code in source.codes] for source in given.sources]
    shares = [{o: source.shares(o) for o in source.recode} for source in given.sources]
    stories = [
        [
            reference.recode_story(counts, names[t], given.sources[t].codes, shares[t])
            for t, counts in enumerate(story)
        ]
        for story in zip(*(count.tolist() for count in given.counts), strict=True)
    ]
    people: Sequence[Sequence[int | None]] = [
        [None if value == CATEGORIES[t] else value + 1 for t, value in enumerate(person)]
        for person in given.values.tolist()
    ]
    return reference.similarity_matrix(people, stories)


def _timed(given: DrawnProblem, method: Method) -> tuple[IntArray, float]:
    """Match three times, from counts to chosen stories, and return the median time."""
    times = []
    for _ in range(3):
        start = process_time()
        chosen = match(given, method)
        times.append(process_time() - start)
    return chosen, float(np.median(times))


def match(given: DrawnProblem, method: Method) -> IntArray:
    """Match as the stage does."""
    found = similarities(given)
    people = respondent_tie_breaks(0, "benchmark", [str(i) for i in range(len(found.profile_of))])
    stories = backstory_tie_breaks(np.arange(found.stories))
    if method == "greedy":
        return assign_greedily(found, people, stories)
    return assign_max_weight(found, people, stories).chosen


if __name__ == "__main__":
    print(table(measure()))
