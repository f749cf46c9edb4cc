"""Numbers read from answers, and the options they belong to."""

from collections.abc import Callable
from math import inf, nextafter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.traits import Unit
from anthology.interview.numbers import Range, option_position, read_range

AGES: list[tuple[float | None, float | None]] = [(18, 30), (30, 50), (50, 65), (65, None)]
INCOMES: list[tuple[float | None, float | None]] = [
    (None, 10e3),
    *((low * 10e3, low * 10e3 + 10e3) for low in range(1, 10)),
    (100e3, 150e3),
    (150e3, 200e3),
    (200e3, None),
]

UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def spelled(number: int) -> str:
    """Spell out a number below a million."""
    small = f"{UNITS} fifteen sixteen seventeen eighteen nineteen".split()
    if number < 20:
        return small[number]
    if number < 100:
        tens = TENS.split()[number // 10 - 2]
        return f"{tens}-{small[number % 10]}" if number % 10 else tens
    unit, word = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" {spelled(number % unit)}" if number % unit else ""
    return f"{spelled(number // unit)} {word}{rest}"


UNITS_READ: tuple[Unit, ...] = get_args(Unit)


def read(text: str) -> tuple[float, float] | None:
    """Read numbers of either unit; no text here is read as both an age and an income."""
    found = {unit: read_range(text, unit) for unit in UNITS_READ}
    stated = {range_ for range_ in found.values() if range_}
    assert len(stated) <= 1, found
    return next(((range_.low, range_.high) for range_ in stated), None)


def option_of(text: str, unit: Unit, bounds: list[tuple[float | None, float | None]]) -> int | None:
    found = read_range(text, unit)
    return option_position(found, bounds) if found else None


def point(number: float) -> tuple[float, float]:
    return (number, number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("I'm 34", 34),
        ("I\u2019m 34.", 34),
        ("34", 34),
        ("(34)", 34),
        ("Age:34", 34),
        ("34 years old", 34),
        ("I am a 34-year-old nurse", 34),
        ("34yo", 34),
        ("thirty-four", 34),
        ("Thirty four!", 34),
        ("zero", 0),
        ("about 60k", 60_000),
        ("60K or so", 60_000),
        ("roughly $60,000 a year", 60_000),
        ("$60,000.00", 60_000),
        ("$60,000/year", 60_000),
        ("60 grand", 60_000),
        ("sixty thousand", 60_000),
        ("a hundred and fifty thousand dollars", 150_000),
        ("twenty-five hundred", 2_500),
        ("1.5 million", 1_500_000),
    ],
)
def test_single_numbers(text: str, number: float) -> None:
    assert read(text) == point(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("between 40,000 and 50,000", (40e3, 50e3)),
        ("$40,000-$50,000", (40e3, 50e3)),
        ("$40,000 \u2013 $50,000", (40e3, 50e3)),
        ("from 40 to 50 thousand", (40e3, 50e3)),
        ("40-50k", (40e3, 50e3)),
        ("40k-50k", (40e3, 50e3)),
        ("40-50,000", (40e3, 50e3)),
        ("forty or fifty thousand", (40e3, 50e3)),
        ("between 1 and 2 million", (1e6, 2e6)),
        ("900 thousand to 1 million", (9e5, 1e6)),
        ("18 to 29", (18, 29)),
        ("2. 30-49", (30, 49)),
    ],
)
def test_two_sided_ranges(text: str, expected: tuple[float, float]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("under 25,000", (-inf, 25e3)),
        ("less than $10,000", (-inf, 10e3)),
        ("nearly 60k", (-inf, 60e3)),
        ("18 or under", (-inf, nextafter(18, inf))),
        ("no more than 30k", (-inf, nextafter(30e3, inf))),
        ("up to 25,000", (-inf, nextafter(25e3, inf))),
        ("over $200,000", (200e3, inf)),
        ("more than 2 million", (2e6, inf)),
        ("no less than 30k", (30e3, inf)),
        ("at least 65", (65, inf)),
        ("65+", (65, inf)),
        ("65 or older", (65, inf)),
        ("sixty-five plus", (65, inf)),
        ("$150,000 or more", (150e3, inf)),
        ("over 40 but under 50", (40, 50)),
    ],
)
def test_bounds(text: str, expected: tuple[float, float]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in my forties", (40, 50)),
        ("in my 40s", (40, 50)),
        ("in my 40's", (40, 50)),
        ("forty-something", (40, 50)),
        ("early forties", (40, 44)),
        ("mid-forties", (43, 47)),
        ("late 40s", (46, 50)),
        ("in my sixties, 67", (67, 67)),
    ],
)
def test_decades(text: str, expected: tuple[float, float]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("I am 34 and was born in 1987", 34),
        ("I have two kids and I'm thirty-four", 34),
        ("34, with 2 young children", 34),
        ("20 years ago I was a child; now I am 34", 34),
        ("I've worked here for 20 years and I'm 45", 45),
        ("I'm 34 (thirty-four)", 34),
        ("No one knows, maybe 34", 34),
        ("I am 45, and my 12-year-old agrees", 45),
        ("I make 60k with 2 jobs", 60_000),
        ("$4,000 a month, so 48k a year", 48_000),
        ("10% more than last year: $60,000", 60_000),
    ],
)
def test_numbers_that_count_other_things_are_ignored(text: str, number: float) -> None:
    assert read(text) == point(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none of your business",
        "in 1987",
        "born in the 90s",
        "I was born in '87",
        "34 or 61",
        "34, no, 51",
        "under 30 but over 40",
        "$20 an hour",
        "four thousand dollars a month",
        "six figures",
        "9 to 5",
        "24/7",
        "3/4/1987",
        "10%",
        "my 401(k)",
        "COVID-19",
        "#1",
        "34M",
        "area51",
    ],
)
def test_what_states_no_number_is_not_read(text: str) -> None:
    assert read(text) is None


@given(
    st.integers(0, 120).filter(lambda n: n != 1)
    | st.integers(1000, 999_999).filter(lambda n: not 1900 <= n < 2100 and n % 1000 != 1),
    st.sampled_from(["{}", "I'm {}.", "about {}", "I would say {}, give or take", "({})"]),
    st.sampled_from([str, "{:,}".format, "${:,}".format, "{:.2f}".format, spelled, "{} ".format]),
)
def test_a_written_number_is_read_back(
    number: int, sentence: str, form: Callable[[int], str]
) -> None:
    text = sentence.format(form(number))
    assert read(text) == (None if "$" in text and 0 < number < 1000 else point(number))


@given(
    st.integers(1, 999).filter(lambda n: n != 401),
    st.sampled_from(["{}k", "{}K", "{} k", "${}k", "{} thousand", "{},000"]),
)
def test_thousands_are_read_back(number: int, form: str) -> None:
    assert read(form.format(number)) == point(number * 1000)


@given(
    st.integers(2, 99),
    st.integers(2, 99),
    st.sampled_from(
        ["{}-{}", "{} to {}", "between {} and {}", "{} \u2013 {}", "{}k-{}k", "{}-{}k"]
    ),
    st.sampled_from([str, spelled]),
)
def test_ranges_are_read_back(one: int, two: int, form: str, word: Callable[[int], str]) -> None:
    low, high = sorted((one, two))
    scale = 1000 if "k" in form else 1
    if scale == 1000:
        word = str
    assert read(form.format(word(low), word(high))) == (low * scale, high * scale)


@given(st.text(alphabet=st.sampled_from("0123456789,.$k-+ '/%s\u00abxm\u00bb") | st.characters()))
def test_nothing_breaks_it(text: str) -> None:
    for unit in UNITS_READ:
        found = read_range(text, unit)
        assert found is None or found.low <= found.high
        if found:
            option_position(found, AGES)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("18", 0),
        ("29", 0),
        ("30", 1),
        ("64", 2),
        ("65", 3),
        ("99", 3),
        ("17", None),
        ("under 30", 0),
        ("30 or under", 1),
        ("under 18", None),
        ("over 65", 3),
        ("over 30", 1),
        ("in my forties", 1),
        ("in my sixties", None),
        ("late sixties", 3),
        ("18 to 29", 0),
        ("30-49", 1),
        ("25 to 60", 1),
        ("25 to 35", None),
        ("in 1987", None),
        ("I earn 45,000 and I'm 52", 2),
        ("120", 3),
    ],
)
def test_ages_find_their_option(text: str, option: int | None) -> None:
    assert option_of(text, "years", AGES) == option


@pytest.mark.parametrize(
    "text",
    [
        "about 60k",
        "under 25,000",
        "between 40,000 and 50,000",
        "40-50k",
        "between 40 and 50 thousand",
        "over 100k",
        "$60",
        "$40 to 50",
        "60 dollars",
        "60 a year",
        "30-something thousand",
        "121",
        "1.5 million",
    ],
)
def test_money_and_high_numbers_are_no_ages(text: str) -> None:
    assert read_range(text, "years") is None


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("0", 0),
        ("$0", 0),
        ("I have $0", 0),
        ("zero dollars", 0),
        ("0-10k", 0),
        ("$0 to $5,000", 0),
        ("30-something thousand", 3),
        ("forty-something k", 4),
        ("mid-thirties thousand", 3),
        ("I'm 34 and make 60k", 6),
        ("I'm at 60,000", 6),
        ("about 60k", 6),
        ("under 25,000", 2),
        ("under $10,000", 0),
        ("less than 20k", 1),
        ("over $200,000", 12),
        ("more than 2 million", 12),
        ("between 40,000 and 50,000", 4),
        ("45 to 60 thousand", 5),
        ("40 to 60 thousand", None),
        ("120k", 10),
    ],
)
def test_incomes_find_their_option(text: str, option: int | None) -> None:
    assert option_of(text, "dollars", INCOMES) == option


@pytest.mark.parametrize(
    "text",
    [
        "I'm 34",
        "34 years old",
        "in my forties",
        "thirty-something",
        "12",
        "60",
        "$60",
        "60 a year",
        "40 to 50",
        "between $40 and $50",
        "less than 20",
        "65 or older",
        "999",
        "I have zero patience for this",
    ],
)
def test_ages_and_small_numbers_are_no_incomes(text: str) -> None:
    assert read_range(text, "dollars") is None


@given(st.floats(18, 1000))
def test_every_number_has_the_option_that_holds_it(number: float) -> None:
    at = option_position(Range(number, number), AGES)
    assert at is not None
    low, high = AGES[at]
    assert low is not None
    assert low <= number < (high or inf)


def test_options_without_numbers_are_never_meant() -> None:
    assert option_position(Range(34, 34), [(None, None), (30, 50), (None, None)]) == 1
    assert option_position(Range(34, 34), [(None, None)]) is None
    assert option_position(Range(34, 34), []) is None


ranges = st.tuples(st.integers(-5, 5), st.integers(-5, 5)).map(lambda p: Range(min(p), max(p)))


@given(ranges, ranges, st.integers(-5, 5))
def test_a_meeting_holds_what_both_hold(one: Range, two: Range, number: int) -> None:
    both = one.meet(two)
    assert (both is not None and both.holds(number)) == (one.holds(number) and two.holds(number))
    assert both == two.meet(one)


@pytest.mark.parametrize(
    ("answer", "unit"),
    [
        ("$3000 monthly", "dollars"),
        ("3000 weekly", "dollars"),
        ("half a million", "dollars"),
        ("three quarters of a million", "dollars"),
        ("I work 40 hours a week", "years"),
        ("I lost 30 pounds", "years"),
        ("thirty miles from town", "years"),
        ("25 years here", "years"),
        ("after 30 years", "years"),
        ("30 years experience", "years"),
        ("low 60s", "years"),
        ("mid to late 30s", "years"),
    ],
)
def test_numbers_of_something_else_and_rare_phrasings_are_left_to_the_coder(
    answer: str, unit: Unit
) -> None:
    assert read_range(answer, unit) is None


@pytest.mark.parametrize(
    ("answer", "unit", "number"),
    [
        ("I'm 34 and half Irish", "years", 34),
        ("about 60k, split half and half with my wife", "dollars", 60_000),
        ("I make $45,000. I spent a quarter of it on rent", "dollars", 45_000),
    ],
)
def test_a_rare_word_elsewhere_does_not_hide_a_plain_number(
    answer: str, unit: Unit, number: float
) -> None:
    assert read_range(answer, unit) == Range(number, number)
