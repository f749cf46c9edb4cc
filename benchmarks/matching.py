"""Matching at the study's size, whole profiles at once against one pair after the other.

`python -m benchmarks.matching` measures this, and how matching grows; `--quick` leaves out the
largest sizes.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from anthology.config.survey import TraitSource
from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import assign_max_weight
from anthology.matching.similarity import (
    FloatArray,
    IntArray,
    Similarities,
    compute_similarities,
    trait_probabilities,
)
from anthology.matching.tie_breaks import backstory_tie_breaks, respondent_tie_breaks
from anthology.stages.matches import Method
from benchmarks import matching_growth, plain, taking
from benchmarks.rows import Row, table

PEOPLE, STORIES, DRAWS = 2537, 10_000, 40
CATEGORIES = (4, 2, 4, 6, 9)
REFUSED = 0.02


@dataclass(frozen=True, slots=True)
class Problem:
    """Respondents and stories to match, in the arrays that both computations start from.

    Parameters
    ----------
    values
        Respondents x traits: the category's place, or their number for a refusal.
    counts
        For each trait stories x options.
    sources
        For each trait its categories.
    """

    values: IntArray
    counts: list[npt.NDArray[np.float32]]
    sources: list[TraitSource]


def problem(people: int = PEOPLE, stories: int = STORIES, seed: int = 0) -> Problem:
    """Draw a matching problem."""
    rng = np.random.default_rng(seed)
    values, counts, sources = [], [], []
    for size in CATEGORIES:
        leanings = rng.dirichlet(np.full(size, 0.3), size=stories)
        drawn = np.stack([rng.multinomial(DRAWS, leaning) for leaning in leanings])
        counts.append(drawn.astype(np.float32))
        value = rng.choice(size, size=people, p=rng.dirichlet(np.full(size, 3.0)))
        values.append(np.where(rng.random(people) < REFUSED, size, value))
        codes = list(range(1, size + 1))
        recode: dict[str, int | dict[int, float]] = {str(code): code for code in codes}
        sources.append(TraitSource(variable="", codes=codes, recode=recode))
    return Problem(np.stack(values, axis=1), counts, sources)


def measure() -> list[Row]:
    """Time greedy and maximum-weight matching, and make sure that both ways agree."""
    given = problem()
    size = f"{PEOPLE:,} people, {STORIES:,} stories"

    start = perf_counter()
    rows = _plain_matrix(given)
    compared = perf_counter() - start
    start = perf_counter()
    candidates = [plain.best(row) for row in rows]
    chosen = perf_counter() - start
    greedy, greedy_time = _timed(given, "greedy")
    for story, best in zip(greedy.tolist(), candidates, strict=True):
        assert story in best, "greedy gave a story that is not the most similar"

    start = perf_counter()
    matrix = np.array(rows)
    _, total = plain.largest_total(matrix)
    assigned = perf_counter() - start
    one_to_one, weight_time = _timed(given, "max_weight")
    assert len(set(one_to_one.tolist())) == PEOPLE, "a story was given twice"
    reached = matrix[np.arange(PEOPLE), one_to_one].sum()
    np.testing.assert_allclose(reached, total, rtol=1e-12)
    return [
        Row(f"matching, greedy: {size}", compared + chosen, greedy_time, 10),
        Row(f"matching, max weight: {size}", compared + assigned, weight_time, 10),
    ]


def _plain_matrix(given: Problem) -> list[list[float]]:
    names = [[str(code) for code in source.codes] for source in given.sources]
    shares = [{o: source.shares(o) for o in source.recode} for source in given.sources]
    stories = [
        [
            plain.folded(counts, names[t], given.sources[t].codes, shares[t])
            for t, counts in enumerate(story)
        ]
        for story in zip(*(count.tolist() for count in given.counts), strict=True)
    ]
    people: Sequence[Sequence[int | None]] = [
        [None if value == CATEGORIES[t] else value + 1 for t, value in enumerate(person)]
        for person in given.values.tolist()
    ]
    return plain.similarity_matrix(people, stories)


def _timed(given: Problem, method: Method) -> tuple[IntArray, float]:
    """Match three times, from counts to chosen stories, and return the median time."""
    times = []
    for _ in range(3):
        start = perf_counter()
        chosen = match(given, method)
        times.append(perf_counter() - start)
    return chosen, float(np.median(times))


def match(given: Problem, method: Method) -> IntArray:
    """Match as the stage does."""
    found = compared(given)
    people = respondent_tie_breaks(0, "benchmark", [str(i) for i in range(len(found.profile_of))])
    stories = backstory_tie_breaks(np.arange(found.stories))
    if method == "greedy":
        return assign_greedily(found, people, stories)
    return assign_max_weight(found, people, stories).chosen


def compared(given: Problem) -> Similarities:
    """Return the similarities of a problem."""
    traits: list[FloatArray] = [
        trait_probabilities(counts, [str(code) for code in source.codes], source)
        for counts, source in zip(given.counts, given.sources, strict=True)
    ]
    return compute_similarities(given.values, traits)


if __name__ == "__main__":
    print(taking.table(matching_growth.growth(quick="--quick" in sys.argv[1:])))
    print()
    print(table(measure()))
