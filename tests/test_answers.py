"""Answers: what names an option, and what does not."""

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anthology.answers import Answer, Outcome, read_answer
from anthology.formats import Format

LIKELY = ("Very likely", "Fairly likely", "Not too likely", "Not at all likely")
AMOUNT = ("A great deal", "Some", "Not too much", "Not at all")
MUCH = ("Somewhat", "Some", "No", "Yes")
FAITH = (
    "Protestant",
    "Roman Catholic",
    "Mormon",
    "Orthodox",
    "Jewish",
    "Muslim",
    "Buddhist",
    "Hindu",
    "Atheist",
    "Agnostic",
    "Something else",
    "Nothing in particular",
)
CHANGE = ("More", "Less", "No difference")
EASE = ("Easier", "Harder", "No difference")
YES_NO = ("Yes", "No")
GENDER = ("A man", "A woman", "In some other way")
RISK = ("A great deal of health risk", "Some health risk", "No health risk at all")
SETS = (LIKELY, AMOUNT, MUCH, FAITH)

LAYOUTS = [
    Format(symbols=symbols, brackets=brackets)
    for symbols, brackets in product(
        ("upper", "lower", "number"), ("round", "square", "dot", "none")
    )
]
ROUND, DOT = Format(), Format(brackets="dot")
layouts = st.sampled_from(LAYOUTS)


def valid(position: int) -> Answer:
    return Answer(Outcome.VALID, position)


REFUSED = Answer(Outcome.REFUSED)
UNREADABLE = Answer(Outcome.UNREADABLE)
CONTRADICTORY = Answer(Outcome.CONTRADICTORY)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.label(0))
@pytest.mark.parametrize("options", SETS, ids=lambda options: options[0])
def test_labels_and_words_are_read_in_every_layout(
    layout: Format, options: tuple[str, ...]
) -> None:
    for position, words in enumerate(options):
        label = layout.label(position)
        for text in (
            label,
            f" {label}\n",
            f"{label}.",
            words,
            words.upper(),
            f"{words}.",
            f"{label} {words}",
            f"{label} {words}.",
            f"{label}\n{words}",
            f"{words} {label}",
            f"The answer is {label}",
            f"I would say {label}.",
            f"I would go with {label}, I guess.",
            f"My answer: {label} {words}",
            f"**{label}**",
            f"**{label}** {words}",
            f"{label} {words} - that is how I see it",
            f"To be honest: {words.lower()}, I think.",
        ):
            assert read_answer(text, options, layout) == valid(position), text


def normal(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(". ")


words = (
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
    | st.lists(st.sampled_from(["not", "very", "no", "answer", "a", "I", "some", "(A)", "1."])).map(
        " ".join
    )
).map(lambda text: f"{text} option")


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
def test_words_in_the_midst_of_a_sentence_name_nothing(
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


HEALTH = (
    "A great deal of health risk",
    "Some health risk",
    "Not too much health risk",
    "No health risk at all",
)


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize(
    "sentence", ["I think there is {}", "There is {} in that, as far as I know", "{}", "I see {}!"]
)
def test_options_of_one_scale_are_read_alike(position: int, sentence: str) -> None:
    """Else the options that are read more easily would be counted more often."""
    reply = sentence.format(HEALTH[position].lower())
    assert read_answer(reply, HEALTH, ROUND) == valid(position)


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
def test_what_people_say_of_themselves(text: str, expected: Answer) -> None:
    assert read_answer(text, GENDER, ROUND) == expected
