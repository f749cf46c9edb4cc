"""Traits put into words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.config.prompts import Style
from anthology.interview.describe import (
    DescribedTrait,
    describe,
    describe_as_text,
    look_up_categories,
    shuffle_categories,
)
from anthology.interview.transcript import Turn
from anthology.survey.codebook import Codebook, TraitEntry

BOOK = Codebook(
    survey="w34",
    source="test",
    items={},
    traits={
        "age": TraitEntry(variable="AGE", wording="", options=((1, "18-29"), (2, "30-49"))),
        "sex": TraitEntry(variable="SEX", wording="", options=((1, "Male"), (2, "Female"))),
    },
)
TOLD = [
    DescribedTrait(name="age", question="How old are you?", labels={}),
    DescribedTrait(name="sex", question="What is your gender?", labels={2: "A woman"}),
]
SENTENCES = {"age": "I am {answer}.", "sex": "My gender: {answer}."}
BARE = {"age": "{answer}", "sex": "{answer}"}


def test_a_refused_trait_is_left_out_and_own_labels_replace_the_files() -> None:
    found = look_up_categories(TOLD, BOOK, {"age": None, "sex": 2})
    assert [(c.trait, c.options[c.position].text) for c in found] == [("sex", "A woman")]


@pytest.mark.parametrize(
    ("style", "turns"),
    [
        (
            Style(form="questions", options=True, traits=BARE),
            (
                Turn("How old are you?\n(A) 18-29\n(B) 30-49", "(B) 30-49"),
                Turn("What is your gender?\n(A) Male\n(B) A woman", "(A) Male"),
            ),
        ),
        (
            Style(form="questions", traits=SENTENCES),
            (
                Turn("How old are you?", "I am 30-49."),
                Turn("What is your gender?", "My gender: Male."),
            ),
        ),
        (
            Style(form="answer", opening="Who are you?", traits=SENTENCES),
            (Turn("Who are you?", "I am 30-49. My gender: Male."),),
        ),
        (
            Style(form="instruction", opening="Be this person:", joiner="\n", traits=SENTENCES),
            (Turn("Be this person:\nI am 30-49.\nMy gender: Male."),),
        ),
    ],
)
def test_each_form_of_style(style: Style, turns: tuple[Turn, ...]) -> None:
    found = look_up_categories(TOLD, BOOK, {"age": 2, "sex": 1})
    assert describe(found, style, Format()) == turns


def test_somebody_without_traits_is_described_by_nothing() -> None:
    style = Style(form="answer", opening="Who are you?", traits=SENTENCES)
    assert describe((), style, Format()) == ()
    assert describe_as_text((), style, Format()) == ""


def test_a_writer_gets_questions_with_their_answers() -> None:
    style = Style(form="questions", options=True, traits=BARE)
    found = look_up_categories(TOLD, BOOK, {"age": 1, "sex": None})
    expected = "Question: How old are you?\n(A) 18-29\n(B) 30-49\nAnswer: (A) 18-29"
    assert describe_as_text(found, style, Format()) == expected


@given(st.integers(0, 2**32))
def test_shuffling_keeps_every_trait(seed: int) -> None:
    found = look_up_categories(TOLD, BOOK, {"age": 1, "sex": 2})
    mixed = shuffle_categories(found, np.random.default_rng(seed))
    assert sorted(mixed, key=lambda c: c.trait) == list(found)
    assert shuffle_categories(found, None) == found
