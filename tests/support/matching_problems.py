"""Matching problems given by their similarities, and every way of solving them."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import assign_max_weight
from anthology.matching.similarity import FloatArray, IntArray, Similarities, compute_similarities
from anthology.matching.tie_breaks import TieBreaks, backstory_tie_breaks, respondent_tie_breaks
from anthology.matching.uniform import assign_at_random
from anthology.stages.matches import Method

Problem = tuple[list[list[float]], list[str], IntArray]
"""A matrix, respondents' names, and stories' ids."""


def of_matrix(matrix: Sequence[Sequence[float]] | FloatArray) -> Similarities:
    """Similarities of a given matrix; equal rows are respondents of one profile."""
    kinds, kind_of = np.unique(np.array(matrix, dtype=float), axis=0, return_inverse=True)
    return compute_similarities(kind_of[:, None], [kinds])


def rows_of(found: Similarities) -> FloatArray:
    """The similarity of every respondent and every story."""
    return np.array([found.row(profile) for profile in found.profile_of])


def people_lots(names: Sequence[str]) -> TieBreaks:
    return respondent_tie_breaks(7, "s", list(names))


def chosen(
    method: Method, matrix: Sequence[Sequence[float]], names: list[str], ids: IntArray
) -> dict[str, int]:
    """Match, and return each respondent's story."""
    found, people, stories = of_matrix(matrix), people_lots(names), backstory_tie_breaks(ids)
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
