"""Questions: orders of options and labels."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.interview.question import Option, Question, label_options

MIXED = Question(
    "Tea or coffee?",
    tuple(Option(code, f"option {code}") for code in (1, 2, 3, 4, 99)),
    ordinal=False,
    last=frozenset({99}),
)
SCALE = Question("How much tea?", MIXED.options, ordinal=True, last=MIXED.last)

seeds = st.integers(0, 2**32)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    codes = draw(st.lists(st.integers(0, 99), min_size=2, max_size=8, unique=True))
    return Question(
        "Tea?",
        tuple(Option(code, f"option {code}") for code in codes),
        ordinal=draw(st.booleans()),
        last=frozenset(draw(st.lists(st.sampled_from(codes), max_size=2))),
    )


def codes(question: Question) -> list[int]:
    return [option.code for option in question.options]


@given(questions(), seeds)
def test_a_shuffle_keeps_the_options_and_what_stands_last(question: Question, seed: int) -> None:
    shuffled = question.shuffled(seed)
    assert sorted(codes(shuffled)) == sorted(codes(question))
    assert (shuffled.wording, shuffled.ordinal, shuffled.last) == (
        question.wording,
        question.ordinal,
        question.last,
    )
    last = [code for code in codes(question) if code in question.last]
    assert codes(shuffled)[len(codes(question)) - len(last) :] == last


@given(questions(), seeds)
def test_equal_seeds_give_equal_orders(question: Question, seed: int) -> None:
    one, two = (question.shuffled(seed) for _ in range(2))
    assert one == two


def test_scales_are_only_reversed() -> None:
    orders = [tuple(codes(SCALE.shuffled(seed))) for seed in range(400)]
    assert set(orders) == {(1, 2, 3, 4, 99), (4, 3, 2, 1, 99)}
    assert 150 < orders.count((1, 2, 3, 4, 99)) < 250


def test_other_options_come_in_every_order_alike() -> None:
    orders = [tuple(codes(MIXED.shuffled(seed))) for seed in range(2400)]
    assert len(set(orders)) == 24
    assert all(60 < orders.count(order) < 140 for order in set(orders))
    assert all(order[-1] == 99 for order in orders)


@given(seeds)
def test_a_further_option_leaves_the_order_of_the_others_alone(seed: int) -> None:
    fewer = replace(MIXED, options=MIXED.options[1:])
    without = [code for code in codes(MIXED.shuffled(seed)) if code != MIXED.options[0].code]
    assert codes(fewer.shuffled(seed)) == without


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        (Format(), ["(A) one", "(B) two"]),
        (Format(symbols="lower", brackets="square"), ["[a] one", "[b] two"]),
        (Format(symbols="number", brackets="dot"), ["1. one", "2. two"]),
        (Format(brackets="none"), ["A one", "B two"]),
    ],
)
def test_options_are_written_behind_their_labels(layout: Format, lines: list[str]) -> None:
    options = (Option(7, "one"), Option(3, "two"))
    assert label_options(options, layout) == lines
    assert Question("Which?", options).written(layout) == "\n".join(["Which?", *lines])


@pytest.mark.parametrize(
    ("symbols", "brackets"),
    list(product(("upper", "lower", "number"), ("round", "square", "dot", "none"))),
)
def test_labels_differ_and_hold_their_symbols(symbols: str, brackets: str) -> None:
    layout = Format.model_validate({"symbols": symbols, "brackets": brackets})
    labels = [layout.label(position) for position in range(26)]
    assert len(set(labels)) == 26
    assert all(layout.symbol(i) in label for i, label in enumerate(labels))
