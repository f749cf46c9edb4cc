"""Reading an answer by the words of its options."""

import pytest

from anthology.interview.answers import Answer, read_answer
from tests.support.answer_cases import (
    AMOUNT,
    CHANGE,
    CONTRADICTORY,
    EASE,
    FAITH,
    GENDER,
    LAYOUTS,
    LIKELY,
    MUCH,
    REFUSED,
    RISK,
    ROUND,
    UNREADABLE,
    YES_NO,
    valid,
)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("A great deal", LIKELY, UNREADABLE),
        ("A great deal", AMOUNT, valid(0)),
        ("A great deal", ("None", "A great deal"), valid(1)),
        ("A Hindu", FAITH, valid(7)),
        ("I would say a Hindu", FAITH, valid(7)),
        ("Somewhat", MUCH, valid(0)),
        ("Somewhat", ("Some", "None"), UNREADABLE),
        ("Some", MUCH, valid(1)),
        ("Not at all likely", LIKELY, valid(3)),
        ("very likely", LIKELY, valid(0)),
        ("likely", LIKELY, UNREADABLE),
        ("Not too likely, perhaps even not at all likely", LIKELY, CONTRADICTORY),
        ("Some of it", ("Some of it", "Some"), valid(0)),
    ],
)
def test_words_are_matched_whole_and_longest_first(
    text: str, options: tuple[str, ...], expected: Answer
) -> None:
    assert read_answer(text, options, ROUND) == expected


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        (AMOUNT, ["Some people do, others do not", '"Some" people say so', "I have some of it"]),
        (AMOUNT, ["A great deal of it is talk", "Some and more of it", "Some? That I doubt"]),
        (CHANGE, ["It is more complicated than that", "There is less of it than people say"]),
        (CHANGE, ["the more I read about it the worse it gets", "I am more and more convinced"]),
        (CHANGE, ["No difference in that at all, so I leave it", "Less is more of a saying"]),
        (EASE, ["Easier said than done", "It is easier for some than for others"]),
        (YES_NO, ["There is no reason to", "No one knows", "No-one knows", "I said no to him"]),
        (YES_NO, ["2.5 yes men"]),
        (GENDER, ["I live with a woman named Rose", "A woman named Rose lived here"]),
        (GENDER, ["Man, what a question", "I live with a woman from Rome"]),
        (FAITH, ["I was raised Protestant but left", "my wife is Roman Catholic"]),
        (FAITH, ["There is nothing in particular to say", "I hear something else every day"]),
        (FAITH, ["She is Jewish, and he is Muslim", "my late wife was Hindu", "I was born Jewish"]),
    ],
)
def test_option_words_inside_a_sentence_do_not_count(
    options: tuple[str, ...], texts: list[str]
) -> None:
    for layout in LAYOUTS:
        for text in texts:
            assert read_answer(text, options, layout) == UNREADABLE, text


@pytest.mark.parametrize(
    ("text", "options", "position"),
    [
        ("Very likely, because it was so before", LIKELY, 0),
        ("Very likely because it was so before", LIKELY, 0),
        ("Some. It depends", AMOUNT, 1),
        ("Some, I guess", AMOUNT, 1),
        ("Some I guess.", AMOUNT, 1),
        ("Some\nIt depends", AMOUNT, 1),
        ("'Some'", AMOUNT, 1),
        ("**Some** - it depends", AMOUNT, 1),
        ("Some (B)", AMOUNT, 1),
        ("Some?", AMOUNT, 1),
        ("I'd say some.", AMOUNT, 1),
        ("I would go with a great deal, I think", AMOUNT, 0),
        ("I choose not at all", AMOUNT, 3),
        ("It depends, but I'd say some.", AMOUNT, 1),
        ("It depends. My answer is some, as always", AMOUNT, 1),
        ("It depends, maybe some.", AMOUNT, 1),
        ("It depends \u2014 some.", AMOUNT, 1),
        ("Let me think. Some.", AMOUNT, 1),
        ("Answer: some of the time", ("All of the time", "Some of the time"), 1),
        ("If I had to choose one, probably some.", AMOUNT, 1),
        ("It is more.", CHANGE, 0),
        ("It makes no difference.", CHANGE, 2),
        ("I think it would be harder.", EASE, 1),
        ("Yes I do.", YES_NO, 0),
        ("No, never. They do not", YES_NO, 1),
        ("I'm a man.", GENDER, 0),
        ("I am a woman, and proud of it", GENDER, 1),
        ("I'm Roman Catholic.", FAITH, 1),
        ("I consider myself agnostic", FAITH, 9),
        ("I was raised Protestant, but now I'm an atheist.", FAITH, 8),
        ("The person is Jewish.", FAITH, 4),
        ("I find there is a great deal of health risk in it", RISK, 0),
    ],
)
def test_words_name_an_option_where_an_answer_stands(
    text: str, options: tuple[str, ...], position: int
) -> None:
    for layout in LAYOUTS:
        expected = valid(position)
        if text.endswith("(B)") and layout.symbol(1) != "B":
            continue
        assert read_answer(text, options, layout) == expected, text


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "sentence", ["I think there is {}", "There is {} in that, as far as I know", "{}", "I see {}!"]
)
def test_all_options_of_a_scale_are_read_by_the_same_rule(position: int, sentence: str) -> None:
    """Else the options that are read more easily would be counted more often."""
    reply = sentence.format(RISK[position].lower())
    assert read_answer(reply, RISK, ROUND) == valid(position)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "sentence",
    ["It seems {}", "Yes, {}", "{} indeed", "I am going with {}.", "{} in my opinion", "{}, since"],
)
def test_common_turns_of_phrase_are_read(position: int, sentence: str) -> None:
    reply = sentence.format(LIKELY[position].lower())
    assert read_answer(reply, LIKELY, ROUND) == valid(position)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Woman", valid(1)),
        ("b)", valid(1)),
        ("I'm a woman from Ohio.", valid(1)),
        ("I'm a woman in my forties", valid(1)),
        ("I don't know if I am a woman", REFUSED),
    ],
)
def test_self_descriptions_are_read(text: str, expected: Answer) -> None:
    assert read_answer(text, GENDER, ROUND) == expected
