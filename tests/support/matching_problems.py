"""Matching problems, given by similarities or drawn at random, and every way of solving them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

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
from anthology.matching.tie_breaks import TieBreaks, backstory_tie_breaks, respondent_tie_breaks
from anthology.matching.uniform import assign_at_random
from anthology.stages.matches import Method

Problem = tuple[list[list[float]], list[str], IntArray]
"""A matrix, respondents' names, and stories' ids."""


def similarities_of_matrix(
    matrix: Sequence[Sequence[float]] | FloatArray,
    rows: Sequence[int] | slice = slice(None),
    columns: Sequence[int] | slice = slice(None),
) -> Similarities:
    """Similarities of a matrix, its rows and columns in any order; equal rows are one profile."""
    kinds, kind_of = np.unique(np.array(matrix, dtype=float), axis=0, return_inverse=True)
    return compute_similarities(kind_of[rows][:, None], [kinds[:, columns]])


def similarity_rows(found: Similarities) -> FloatArray:
    """The similarity of every respondent and every story."""
    return np.array([found.row(profile) for profile in found.profile_of])


def respondent_order(names: Sequence[str]) -> TieBreaks:
    return respondent_tie_breaks(7, "s", list(names))


def match_by_name(
    method: Method, matrix: Sequence[Sequence[float]], names: list[str], ids: IntArray
) -> dict[str, int]:
    """Match, and return each respondent's story."""
    return match_similarities(method, similarities_of_matrix(matrix), names, ids)


def match_similarities(
    method: Method, found: Similarities, names: list[str], ids: IntArray
) -> dict[str, int]:
    """Match by given similarities, and return each respondent's story."""
    people, stories = respondent_order(names), backstory_tie_breaks(ids)
    if method == "greedy":
        rows = assign_greedily(found, people, stories)
    elif method == "random":
        rows = assign_at_random(people, stories, 7)
    else:
        rows = assign_max_weight(found, people, stories).chosen
    return dict(zip(names, ids[rows].tolist(), strict=True))


@st.composite
def problems(
    draw: st.DrawFn, values: Sequence[float] = (0.0, 0.25, 0.5, 1.0), most: int = 5
) -> Problem:
    """A problem with many ties, and respondents who are equal."""
    people = draw(st.integers(1, most))
    stories = draw(st.integers(people, most + 1))
    row = st.lists(st.sampled_from(values), min_size=stories, max_size=stories)
    kinds = draw(st.lists(row, min_size=1, max_size=people))
    matrix = [draw(st.sampled_from(kinds)) for _ in range(people)]
    ids = draw(st.lists(st.integers(-5, 2**40), min_size=stories, max_size=stories, unique=True))
    return matrix, [f"r{i}" for i in range(people)], np.array(ids)


CATEGORIES = (4, 2, 4, 6, 9)
SAMPLES = 40
_REFUSED = 0.02


@dataclass(frozen=True, slots=True)
class DrawnProblem:
    """Respondents and stories to match, by their traits.

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


def draw_problem(people: int, stories: int, seed: int = 0) -> DrawnProblem:
    """Draw respondents' traits, and for each story how often each option was answered."""
    rng = np.random.default_rng(seed)
    values, counts, sources = [], [], []
    for size in CATEGORIES:
        leanings = rng.dirichlet(np.full(size, 0.3), size=stories)
        drawn = np.stack([rng.multinomial(SAMPLES, leaning) for leaning in leanings])
        counts.append(drawn.astype(np.float32))
        value = rng.choice(size, size=people, p=rng.dirichlet(np.full(size, 3.0)))
        values.append(np.where(rng.random(people) < _REFUSED, size, value))
        codes = list(range(1, size + 1))
        recode: dict[str, int | dict[int, float]] = {str(code): code for code in codes}
        sources.append(TraitSource(variable="", codes=codes, recode=recode))
    return DrawnProblem(np.stack(values, axis=1), counts, sources)


def similarities(given: DrawnProblem) -> Similarities:
    """Return the similarities of a drawn problem."""
    traits: list[FloatArray] = [
        trait_probabilities(counts, [str(code) for code in source.codes], source)
        for counts, source in zip(given.counts, given.sources, strict=True)
    ]
    return compute_similarities(given.values, traits)
