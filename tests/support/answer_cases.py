"""What the tests of reading answers share: options, layouts and outcomes."""

from itertools import product

from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.interview.answers import Answer, Outcome

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


RISK = (
    "A great deal of health risk",
    "Some health risk",
    "Not too much health risk",
    "No health risk at all",
)


SETS = (LIKELY, AMOUNT, MUCH, FAITH)


LAYOUTS = [
    Format(symbols=symbols, brackets=brackets)
    for symbols, brackets in product(
        ("upper", "lower", "number"), ("round", "square", "dot", "none")
    )
]


ROUND = Format()


DOT = Format(brackets="dot")


layouts = st.sampled_from(LAYOUTS)


def valid(position: int) -> Answer:
    return Answer(Outcome.VALID, position)


REFUSED = Answer(Outcome.REFUSED)


UNREADABLE = Answer(Outcome.UNREADABLE)


CONTRADICTORY = Answer(Outcome.CONTRADICTORY)


def normal(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(". ")


words = (
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
    | st.lists(st.sampled_from(["not", "very", "no", "answer", "a", "I", "some", "(A)", "1."])).map(
        " ".join
    )
).map(lambda text: f"{text} option")
