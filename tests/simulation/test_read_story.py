"""The simulated model remembers what it has read, and reads nothing else for that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.population import OPTIONS
from anthology.simulation.cues import HINTS, STATEMENTS
from anthology.simulation.person import society
from anthology.simulation.read_story import evidence
from anthology.simulation.sampler import Lot
from anthology.simulation.society import scores
from anthology.simulation.write_story import write

PIECES = st.sampled_from(
    [
        *(words for words, _, _ in HINTS),
        *("I am 34", "I turned 61 ", "$45,000 a year", "my GED", "a 70-year-old", "30 percent"),
        *(". ", "! ", "; ", "\n", "  ", ", and ", "Well:", "I rest.  ", " "),
    ]
)


def person(seed: int) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    return {trait: options[rng.integers(len(options))] for trait, options in OPTIONS.items()}


def check(paragraph: str) -> None:
    """Check what is read in a paragraph against a search of the whole of it."""
    lower = paragraph.lower()
    hinted = [(trait, fits) for words, trait, fits in HINTS if words in lower]
    found = evidence(paragraph)
    read = found.hints[: len(hinted)]
    assert [trait for trait, _ in read] == [trait for trait, _ in hinted]
    for (_, log), (trait, fits) in zip(read, hinted, strict=True):
        fit = scores(trait, fits)
        assert np.array_equal(log, np.log(fit / fit.max() + 0.08))
    stated = [
        (trait, next(filter(None, match.groups())))
        for trait, pattern in STATEMENTS.items()
        for match in pattern.finditer(paragraph)
    ]
    assert [one for one in stated if one in {(t, w) for t, w, _ in found.stated}] == [
        (trait, words) for trait, words, _ in found.stated
    ]
    assert [t for t, _ in found.hints[len(hinted) :]] == [t for t, _, _ in found.stated]


@given(st.lists(PIECES, max_size=14).map("".join))
def test_a_paragraph_says_what_its_sentences_say(paragraph: str) -> None:
    check(paragraph)


@pytest.mark.parametrize("seed", range(20))
def test_a_story_says_what_its_sentences_say(seed: int) -> None:
    story = write(person(seed), Lot(np.random.default_rng(seed)), given=True)
    for paragraph in story.split("\n\n"):
        check(paragraph)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=8, max_size=8))
def test_one_person_is_drawn_as_one_of_many(uniforms: list[float]) -> None:
    many = society().draw(np.array([uniforms, [0.5] * 8]))
    alone = society().one(uniforms)
    assert alone == {trait: int(many.categories[trait][0]) for trait in OPTIONS}
