"""How probable it is that an answer begins with each of some choices."""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import ModelError
from anthology.models.base import LabelProbs
from anthology.providers.http.label_tree import (
    EMPTY_PREFIX,
    LabelSet,
    Prefix,
    Token,
    TokenLogprobs,
    WalkResult,
    sum_label_probs,
    walk_tokens,
)

ABC = ("(A)", "(B)", "(C)")
END = ""


def position(
    token: str | None, shown: Mapping[str, float], *, exact: bool = False
) -> TokenLogprobs:
    return TokenLogprobs(token, {text: math.log(p) for text, p in shown.items() if p}, exact)


def walked(choices: tuple[str, ...], *positions: TokenLogprobs) -> WalkResult:
    return walk_tokens(positions, LabelSet(choices))


def test_a_token_that_spells_a_choice_gives_it_its_probability() -> None:
    found = walked(("A", "B"), position("A", {"A": 0.6, "B": 0.3, "x": 0.1}))
    assert found.label_probs.probs == pytest.approx((0.6, 0.3))
    assert found.label_probs.unseen == pytest.approx(0)
    assert found.open_prefixes == ()


def test_choices_with_and_without_a_leading_space_add_up() -> None:
    found = walked(("A", "B"), position(" A", {" A": 0.5, "A": 0.2, " B": 0.1, "\nB": 0.05}))
    assert found.label_probs.probs == pytest.approx((0.7, 0.15))
    assert found.label_probs.unseen == pytest.approx(0.15)


def test_an_opening_bracket_alone_decides_nothing() -> None:
    found = walked(
        ABC, position("(", {"(": 0.8, "[": 0.2}), position("A", {"A": 0.5, "B": 0.25, "C": 0.25})
    )
    assert found.label_probs.probs == pytest.approx((0.4, 0.2, 0.2))


def test_one_decides_nothing_where_ten_is_a_choice_too() -> None:
    found = walked(
        ("1", "10"),
        position("1", {"1": 0.9, "10": 0.1}),
        position(".", {".": 0.5, "0": 0.2, END: 0.1, "2": 0.2}),
    )
    assert found.label_probs.probs == pytest.approx((0.9 * 0.6, 0.1 + 0.9 * 0.2))
    assert found.open_prefixes == ()


def test_the_longer_of_two_choices_is_meant_where_both_were_written() -> None:
    labels = LabelSet(("Yes", "Yes, sure"))
    assert labels.candidates("Yes,") == (1, 0)
    assert labels.candidates("Yes, sure.") == (1,)
    assert labels.candidates("Yes, no") == (0,)
    assert labels.candidates("Yesterday") == ()


def test_an_answer_that_ends_in_a_bracket_is_no_choice() -> None:
    found = walked(ABC, position("(", {"(": 1.0}), position(END, {END: 1.0}))
    assert found.label_probs == LabelProbs((0.0, 0.0, 0.0), 0.0)
    assert found.open_prefixes == ()


def test_unshown_probability_is_weighted_by_that_of_its_prefix() -> None:
    found = walked(ABC, position("(", {"(": 0.5}), position("A", {"A": 0.6}))
    assert found.label_probs.unseen == pytest.approx(0.5 + 0.5 * 0.4)


def test_what_an_exact_position_leaves_out_belongs_to_no_choice() -> None:
    found = walked(ABC, position("(A", {"(A": 0.3, "(B": 0.1}, exact=True))
    assert found.label_probs.probs == pytest.approx((0.3, 0.1, 0.0))
    assert found.label_probs.unseen == 0


def test_what_an_exact_position_leaves_out_belongs_to_the_choice_so_far() -> None:
    found = walked(
        ("1", "10"),
        position("1", {"1": 1.0}, exact=True),
        position(None, {"0": 0.25}, exact=True),
    )
    assert found.label_probs.probs == pytest.approx((0.75, 0.25))
    assert found.label_probs.unseen == 0


def test_prefixes_off_the_written_answer_stay_open() -> None:
    found = walked(ABC, position(" (", {" (": 0.7, "(": 0.2, "\n": 0.1}))
    assert {branch.text: branch.mass for branch in found.open_prefixes} == pytest.approx(
        {" (": 0.7, "(": 0.2, "\n": 0.1}
    )


def test_an_open_prefix_is_followed_from_where_it_ends() -> None:
    found = walk_tokens([position("B", {"B": 1.0})], LabelSet(ABC), Prefix("\n(", 0.25))
    assert found.label_probs.probs == pytest.approx((0.0, 0.25, 0.0))


def test_a_token_of_unknown_text_ends_the_walk() -> None:
    found = walked(ABC, position(None, {"(A": 0.25}, exact=True), position("(B", {"(B": 1.0}))
    assert found.label_probs.probs == pytest.approx((0.25, 0.0, 0.0))
    assert (found.label_probs.unseen, found.open_prefixes) == (0, ())


def test_no_positions_leave_everything_open() -> None:
    assert walked(ABC) == WalkResult(LabelProbs((0.0, 0.0, 0.0)), (EMPTY_PREFIX,))


@pytest.mark.parametrize("choices", [("A", " A"), ("A", "")])
def test_indistinguishable_choices_are_refused(choices: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match="are indistinguishable"):
        LabelSet(choices)


def test_labels_need_only_the_tokens_that_distinguish_them() -> None:
    very, some = [Token(1, "Very"), Token(2, " likely")], [Token(3, "Some"), Token(4, "what")]
    needed = LabelSet(("Very likely", "Somewhat")).tokens_needed([very, some])
    assert (dict(needed.texts), needed.depth) == ({1: "Very", 3: "Some"}, 1)


def test_a_choice_that_starts_another_needs_one_more_token() -> None:
    needed = LabelSet(("1", "10")).tokens_needed([[Token(1, "1")], [Token(1, "1"), Token(2, "0")]])
    assert (dict(needed.texts), needed.depth) == ({1: "1", 2: "0"}, 2)


# A toy model: how probable each token is after each text, ended for certain when it is long.
Model = Callable[[str], Mapping[str, float]]
TOKENS = ("(", ")", "A", "B", "(A", "1", "0", "10", " ", ".", "x", END)
LONGEST = 3
CHOICES = (("(A)", "(B)"), ("A", "B", "1"), ("1", "10", "0"), ("A.", "A"), ("10", "1", "100"))


@st.composite
def models(draw: st.DrawFn) -> Model:
    seed = Random(draw(st.integers(0, 2**32)))
    known: dict[str, dict[str, float]] = {}

    def following(text: str) -> dict[str, float]:
        if text not in known:
            weights = [seed.random() ** 3 for _ in TOKENS]
            if len(text) >= LONGEST:
                weights = [float(token == END) for token in TOKENS]
            known[text] = {t: w / sum(weights) for t, w in zip(TOKENS, weights, strict=True) if w}
        return known[text]

    return following


def written(model: Model, text: str) -> Iterator[TokenLogprobs]:
    """Write the likeliest answer after a text."""
    while True:
        shown = model(text)
        token = max(shown, key=lambda t: shown[t])
        yield position(token, shown)
        if token == END:
            return
        text += token


def followed(model: Model, choices: tuple[str, ...]) -> LabelProbs:
    labels, parts, to_follow = LabelSet(choices), [], [EMPTY_PREFIX]
    while to_follow:
        start = to_follow.pop()
        found = walk_tokens(written(model, start.text), labels, start)
        parts.append(found.label_probs)
        to_follow += found.open_prefixes
    return sum_label_probs(parts)


def what_it_means(tokens: tuple[str, ...], choices: tuple[str, ...]) -> str | None:
    """Read a whole answer slowly, by the definition."""
    text = ""
    for token in tokens:
        text = (text + token).lstrip()
        if token == END:
            whole = text.rstrip()
            if whole in choices:
                return whole
            longer = [c for c in choices if whole.startswith(c) and not whole[len(c)].isalnum()]
            return max(longer, key=len, default=None)
        if not text:
            continue
        going_on = {c for c in choices if c[: len(text)] == text}
        gone_by = [
            c for c in choices if text[: len(c)] == c and text != c and not text[len(c)].isalnum()
        ]
        possible = going_on | {max(gone_by, key=len)} if gone_by else going_on
        if len(possible) < 2:
            return next(iter(possible), None)
    raise AssertionError("no end")


def all_answers(
    model: Model, text: str = "", before: tuple[str, ...] = (), mass: float = 1.0
) -> Iterator[tuple[tuple[str, ...], float]]:
    for token, chance in model(text).items():
        if token == END:
            yield (*before, END), mass * chance
        else:
            yield from all_answers(model, text + token, (*before, token), mass * chance)


@given(models(), st.sampled_from(CHOICES))
def test_following_all_prefixes_equals_enumerating_all_answers(
    model: Model, choices: tuple[str, ...]
) -> None:
    counted = dict.fromkeys((*choices, None), 0.0)
    for tokens, chance in all_answers(model):
        counted[what_it_means(tokens, choices)] += chance
    shares = followed(model, choices)
    assert shares.probs == pytest.approx([counted[c] for c in choices], abs=1e-9)
    assert shares.unseen == pytest.approx(0, abs=1e-9)


@given(models(), st.sampled_from(CHOICES))
def test_exact_positions_need_only_the_tokens_that_lead_to_another_choice(
    model: Model, choices: tuple[str, ...]
) -> None:
    labels = LabelSet(choices)

    def exactly(text: str) -> Iterator[TokenLogprobs]:
        for each in written(model, text):
            whole = labels.final_match(text)
            idle = [() if whole is None else (whole,)]
            kept = {
                token: p
                for token, p in each.shown.items()
                if token
                and (not (text + token).strip() or labels.candidates(text + token) not in idle)
            }
            yield TokenLogprobs(each.token if each.token in kept else None, kept, exact=True)
            text += each.token or ""

    parts, to_follow = [], [EMPTY_PREFIX]
    while to_follow:
        start = to_follow.pop()
        found = walk_tokens(exactly(start.text), labels, start)
        parts.append(found.label_probs)
        to_follow += found.open_prefixes
    assert sum_label_probs(parts).probs == pytest.approx(followed(model, choices).probs, abs=1e-9)
    assert sum_label_probs(parts).unseen == 0


@given(models(), st.sampled_from(CHOICES), st.integers(0, 12), st.integers(0, 3))
def test_probabilities_never_add_up_to_more_than_one(
    model: Model, choices: tuple[str, ...], most: int, many: int
) -> None:
    def few(positions: Iterator[TokenLogprobs]) -> Iterator[TokenLogprobs]:
        for _, each in zip(range(many), positions, strict=False):
            kept = sorted(each.shown.items(), key=lambda pair: -pair[1])[:most]
            yield TokenLogprobs(each.token, dict(kept))

    found = walk_tokens(few(written(model, "")), LabelSet(choices))
    total = (
        sum(found.label_probs.probs)
        + found.label_probs.unseen
        + sum(b.mass for b in found.open_prefixes)
    )
    assert min(found.label_probs.probs) >= 0
    assert total <= 1 + 1e-9


@given(models(), st.sampled_from(CHOICES), st.randoms(use_true_random=False))
def test_the_order_of_choices_does_not_matter(
    model: Model, choices: tuple[str, ...], chance: Random
) -> None:
    order = chance.sample(range(len(choices)), len(choices))
    straight, mixed = followed(model, choices), followed(model, tuple(choices[i] for i in order))
    assert mixed.probs == pytest.approx([straight.probs[i] for i in order], abs=1e-12)


def taken_apart(odds: Mapping[str, float], cuts: tuple[int, ...]) -> Iterator[TokenLogprobs]:
    """Write the first of some texts in pieces that end at the cuts."""
    before = ""
    for start, end in pairwise((0, *cuts, max(map(len, odds)))):
        left = {text: p for text, p in odds.items() if text.startswith(before)}
        shown: dict[str, float] = {}
        for text, p in left.items():
            shown[text[start:end]] = shown.get(text[start:end], 0) + p / sum(left.values())
        piece = next(iter(shown))
        yield position(piece, shown)
        before += piece


@given(
    st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    st.sets(st.integers(1, 3)).map(lambda cuts: tuple(sorted(cuts))),
)
def test_the_tokenization_of_labels_does_not_matter(
    weights: list[float], cuts: tuple[int, ...]
) -> None:
    odds = dict(zip((" (A)", " (B)", " (C)", " [D]"), weights, strict=True))
    found = walk_tokens(taken_apart(odds, cuts), LabelSet(ABC))
    assert found.label_probs.probs == pytest.approx([w / sum(weights) for w in weights[:3]])
    assert found.label_probs.unseen == pytest.approx(0)
