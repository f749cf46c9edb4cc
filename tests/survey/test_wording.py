"""Wording, options and refusals out of a survey file's labels."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.survey.wording import clean_option, clean_question, is_refusal

labels = st.text(
    alphabet=st.sampled_from("aB c.,:;?!…'\u2019()[]/-$1_\u00a0\t") | st.characters(codec="utf-8"),
    max_size=40,
) | st.lists(
    st.sampled_from(
        [
            "[OR]",
            "(VOL)",
            "(VOL.)",
            ", Specify:",
            "Other",
            "  ",
            "U.S.",
            "(specify)",
            "Refused",
            "/",
        ]
    ),
    max_size=6,
).map(" ".join)


@pytest.mark.parametrize(
    ("label", "variable", "wording"),
    [
        ("Q7. Is tea good?", "Q7_W34", "Is tea good?"),
        ("Q7_W34. Is tea good?", "Q7_W34", "Is tea good?"),
        ("Q7_W34. Is tea good?", "Q7", "Is tea good?"),
        ("q7. Is tea good?", "Q7_w34", "Is tea good?"),
        ("TEA_a. Is tea good?", "TEA_a_W99", "Is tea good?"),
        ("F_AGE. Age group", "F_AGE_FINAL", "Age group"),
        ("Age group", "F_AGE_FINAL", "Age group"),
        ("Now. Is tea good?", "Q7_W34", "Now. Is tea good?"),
        ("Q8. Is tea good?", "Q7_W34", "Q8. Is tea good?"),
        ("Mr. Smith drinks tea", "M", "Mr. Smith drinks tea"),
        ("Q7. Will tea. Ever. End?", "Q7_W34", "Will tea. Ever. End?"),
        ("", "Q7_W34", ""),
        ("Q7.", "Q7_W34", "Q7."),
    ],
)
def test_leading_name_is_dropped_only_if_it_is_the_variables(
    label: str, variable: str, wording: str
) -> None:
    assert clean_question(label, variable) == wording


@pytest.mark.parametrize("dots", ["…", "...", "… ", " …", "…  ...", "…    "])
def test_ellipsis_joins_the_halves_of_a_question(dots: str) -> None:
    label = f"Q1A. Do you think that drinking tea will{dots}Make people sleep less"
    wording = "Do you think that drinking tea will make people sleep less?"
    assert clean_question(label, "Q1A_W34") == wording


@pytest.mark.parametrize(
    ("label", "wording"),
    [
        ("Tea is…Good for health", "Tea is good for health."),
        ("Tea is…Good for health.", "Tea is good for health."),
        ("When it rains, would you…Drink tea?", "When it rains, would you drink tea?"),
        ("Do you want…AI to brew tea", "Do you want AI to brew tea?"),
        ("Do you agree…I like tea", "Do you agree I like tea?"),
        ("Do you agree…I'd like tea", "Do you agree I'd like tea?"),
        ("Do you like it?…Green tea", "Do you like it? Green tea"),
        ("Tea is good. Is it…Green", "Tea is good. Is it green?"),
        ("Is it good? It is…Green", "Is it good? It is green."),
        ("Is…Tea…Good", "Is tea good?"),
        ("Do you like…", "Do you like"),
        ("…Tea is good", "Tea is good"),
    ],
)
def test_joined_sentences_read_as_sentences(label: str, wording: str) -> None:
    assert clean_question(label, "X") == wording


@pytest.mark.parametrize(
    ("label", "wording"),
    [
        ("TEA_GREEN_W92. Is this good or bad?    Green tea", "Is this good or bad? Green tea"),
        ("TEA_GREEN. Is this good or bad?      Green  tea", "Is this good or bad? Green tea"),
        ("How good or bad is    Green tea", "How good or bad is: Green tea"),
        ("How good or bad is:    Green tea", "How good or bad is: Green tea"),
        ("Is this good?   Green tea", "Is this good? Green tea"),
        ("[READ] Is this good?    [ITEM] Green tea [RANDOMIZE]", "Is this good? Green tea"),
    ],
)
def test_spaces_join_stem_and_item(label: str, wording: str) -> None:
    assert clean_question(label, "TEA_GREEN_W92") == wording


@given(labels, st.text(min_size=1, max_size=8))
def test_wording_is_one_tidy_line(label: str, variable: str) -> None:
    wording = clean_question(label, variable)
    assert wording == " ".join(wording.split())


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("100 to under $150,000 [OR]", "100 to under $150,000"),
        ("Something else, Specify:", "Something else"),
        ("Something else (SPECIFY)", "Something else"),
        ("Something else, please specify [TEXT BOX]", "Something else"),
        ("Neither  of these (VOL.)", "Neither of these"),
        ("(VOL) Both", "Both"),
        ("Very good.", "Very good"),
        ("In the U.S.", "In the U.S."),
        ("  Some college,   no degree ;", "Some college, no degree"),
        ("Orthodox (such as the Greek church)", "Orthodox (such as the Greek church)"),
        ("Would you specify?", "Would you specify?"),
        ("$150,000+", "$150,000+"),
        ("[OR]", "[OR]"),
        ("", ""),
    ],
)
def test_options_lose_their_marks(label: str, text: str) -> None:
    assert clean_option(label) == text


@given(labels)
def test_cleaning_is_done_in_one_go(label: str) -> None:
    assert clean_option(clean_option(label)) == clean_option(label)


@given(labels)
def test_an_option_never_becomes_empty(label: str) -> None:
    assert bool(clean_option(label)) == bool(label.split())


REFUSALS = [
    "Refused",
    "REFUSED",
    "(VOL) Don't know/Refused",
    "Don't know/Refused (VOL.)",
    "Don\u2019t know/Refused",
    "Don't know / refused.",
    "DK/Ref",
    "[VOL] Refused",
    "Refused to answer",
    "No answer",
    "Web blank or refused",
    "Prefer not to say",
    "Not sure/Refused",
]


@pytest.mark.parametrize("label", REFUSALS)
def test_refusals_are_recognised(label: str) -> None:
    assert is_refusal(label)


@pytest.mark.parametrize(
    "label",
    [
        "Not sure",
        "No",
        "None at all",
        "No opinion",
        "Something else",
        "Neither/Don't know",
        "Refused entry at a border",
        "The refugees",
        "I don't know any",
        "Referendum",
        "",
        "/",
        "(VOL)",
    ],
)
def test_answers_are_no_refusals(label: str) -> None:
    assert not is_refusal(label)


@given(st.sampled_from(REFUSALS), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_refusals_are_recognised_in_any_case_and_after_cleaning(
    label: str, case: Callable[[str], str]
) -> None:
    assert is_refusal(case(label))
    assert is_refusal(clean_option(case(label)))
