"""Reading an answer: labels, refusals, contradictions, and what holds of every text."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.interview.answers import Answer, Outcome, read_answer
from tests.support.answer_cases import (
    CONTRADICTORY,
    DOT,
    FAITH,
    LAYOUTS,
    LIKELY,
    MUCH,
    REFUSED,
    ROUND,
    SETS,
    UNREADABLE,
    layouts,
    normal,
    valid,
    words,
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.label(0))
@pytest.mark.parametrize("options", SETS, ids=lambda options: options[0])
def test_labels_and_words_are_read_in_every_layout(
    layout: Format, options: tuple[str, ...]
) -> None:
    for position, option in enumerate(options):
        label = layout.label(position)
        for text in (
            label,
            f" {label}\n",
            f"{label}.",
            option,
            option.upper(),
            f"{option}.",
            f"{label} {option}",
            f"{label} {option}.",
            f"{label}\n{option}",
            f"{option} {label}",
            f"The answer is {label}",
            f"I would say {label}.",
            f"I would go with {label}, I guess.",
            f"My answer: {label} {option}",
            f"**{label}**",
            f"**{label}** {option}",
            f"{label} {option} - that is how I see it",
            f"To be honest: {option.lower()}, I think.",
        ):
            assert read_answer(text, options, layout) == valid(position), text


@given(st.lists(words, min_size=2, max_size=12, unique_by=normal), layouts, st.data())
def test_any_option_is_read_back(options: list[str], layout: Format, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(options) - 1))
    label, words = layout.label(position), options[position].replace("\u2019", "'")
    both = [f"{layout.label(i)} {words}" for i, words in enumerate(options)]
    assume(not {normal(words) for words in options} & {normal(text) for text in both})
    text = data.draw(st.sampled_from([label, words, f"{label} {words}", f"{label}  {words}."]))
    assert read_answer(text, tuple(options), layout) == valid(position)


@given(st.sampled_from(SETS), layouts, st.data())
def test_label_and_words_of_two_options_contradict(
    options: tuple[str, ...], layout: Format, data: st.DataObject
) -> None:
    one, two = data.draw(st.permutations(range(len(options))))[:2]
    text = f"{layout.label(one)} {options[two]}"
    answer = read_answer(text, options, layout)
    if layout.brackets == "none" and layout.symbol(one) in "Ii":
        assert answer == valid(two)
    else:
        assert answer == CONTRADICTORY


@given(st.text(), st.sampled_from(SETS), layouts)
def test_every_text_has_an_outcome(text: str, options: tuple[str, ...], layout: Format) -> None:
    answer = read_answer(text, options, layout)
    assert (answer.outcome == Outcome.VALID) == (answer.position is not None)
    assert answer.position is None or 0 <= answer.position < len(options)


@pytest.mark.parametrize(
    "text",
    [
        "I am a teacher",
        "I, for one, do not care",
        "I",
        "A",
        "A teacher",
        "Because I said so.",
        "a",
        "b",
        "M",
        "(M)",
        "",
        "   ",
        "Who knows.",
        "The answer is a secret",
        "I would say I like it",
    ],
)
def test_a_word_is_no_label(text: str) -> None:
    options = ("one thing", "another thing")
    if text in ("A", "a", "b"):
        assert read_answer(text, options, ROUND) == valid("ab".index(text.lower()))
    else:
        assert read_answer(text, options, ROUND) == UNREADABLE


@pytest.mark.parametrize("layout", [ROUND, DOT, Format(symbols="lower")])
@pytest.mark.parametrize(
    "text", ["I, for one, go to church", "I am Hindu", "i am hindu", "I hindu"]
)
def test_the_pronoun_is_not_the_ninth_label(text: str, layout: Format) -> None:
    expected = valid(7) if "indu" in text else UNREADABLE
    assert read_answer(text, FAITH, layout) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B) Fairly likely", valid(1)),
        ("B - fairly likely", valid(1)),
        ("A - fairly likely", CONTRADICTORY),
        ("B, since it may be", valid(1)),
        ("\u201cB\u201d", valid(1)),
        ("_B_", valid(1)),
        ("B)Fairly likely", valid(1)),
        ("B: unsure", valid(1)),
        ("Very likely B", CONTRADICTORY),
        ("The answer is **B**", valid(1)),
        ("Option B", valid(1)),
        ("I choose (B)!", valid(1)),
        ("(A) or (B)", CONTRADICTORY),
        ("(B) (B)", valid(1)),
        ("(E)", UNREADABLE),
        ("A) Very likely\nB) Fairly likely", CONTRADICTORY),
        ("not very likely", UNREADABLE),
        ("I don't think it's very likely", UNREADABLE),
        ("I don\u2019t think it\u2019s very likely", UNREADABLE),
        ("Not very likely; not too likely", valid(2)),
        ("not (A) but (B)", valid(1)),
        ("I would not pick A", UNREADABLE),
        ("I don't think the answer is A", UNREADABLE),
        ("Why not? Very likely.", valid(0)),
        ("Fairly   likely", valid(1)),
        ("Fairly\nlikely", valid(1)),
    ],
)
def test_labels_words_and_negation(text: str, expected: Answer) -> None:
    assert read_answer(text, LIKELY, ROUND) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A, B",
        "A or B",
        "A/B",
        "A and B, really",
        "A. B.",
        "A\nB",
        "My answer is A or B",
        "Very likely or fairly likely",
        "Very likely, or maybe fairly likely",
        "Very likely/fairly likely",
        "Very likely\nFairly likely\nNot too likely\nNot at all likely",
        "Very likely. Hm. Fairly likely.",
        "I'd say very likely, but perhaps not too likely.",
        "(A) Fairly likely",
    ],
)
def test_two_options_contradict(text: str) -> None:
    assert read_answer(text, LIKELY, ROUND) == CONTRADICTORY


def test_a_label_is_not_two() -> None:
    for text in ("B, a good one", "B. A good one", "B, A good one", "B, B", "B\nA good one"):
        assert read_answer(text, LIKELY, ROUND) == valid(1), text


@pytest.mark.parametrize(
    "text",
    [
        "I'd rather not say.",
        "I prefer not to answer",
        "I don't know",
        "I don\u2019t really know",
        "No answer",
        "no comment",
        "I have no opinion on this",
        "I refuse to take part",
        "I cannot answer that",
        "I'm not sure",
        "None of your business!",
        "As an AI, there is nothing to tell",
        "I am unable to choose",
        "I can't say yes",
    ],
)
def test_refusals(text: str) -> None:
    assert read_answer(text, MUCH, ROUND) == REFUSED
    assert read_answer(text, LIKELY, ROUND) == REFUSED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know, maybe (B)", valid(1)),
        ("Not sure, but no", valid(1)),
        ("no answer", valid(2)),
        ("I would rather give no answer.", valid(2)),
        ("No", valid(1)),
        ("no idea", REFUSED),
    ],
)
def test_declining_options_are_options(text: str, expected: Answer) -> None:
    assert read_answer(text, ("Yes", "No", "No answer"), ROUND) == expected


def test_curly_apostrophes_are_apostrophes() -> None:
    for options in (("I don't", "I do"), ("I don\u2019t", "I do")):
        for text in ("I don't", "well: i don\u2019t"):
            assert read_answer(text, options, ROUND) == valid(0)


def test_a_number_that_is_a_label_and_another_options_words_is_neither() -> None:
    counted = Format(symbols="number", brackets="dot")
    children = ("0", "1", "2", "3 or more")
    assert read_answer("2", children, counted) == CONTRADICTORY
    assert read_answer("2. 1", children, counted) == valid(1)
    assert read_answer("4.", children, counted) == valid(3)
    assert read_answer("0", children, counted) == valid(0)
