"""Nearly equal backstories are found exactly: all pairs, and no others."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.seeds import rng_for
from anthology.stories import near_duplicates
from anthology.stories.near_duplicates import find_similar_pairs, shingle_matrix

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9)
stories = st.lists(words.map(" ".join), min_size=1, max_size=7)


def similar_pairs(texts: list[str], length: int, least: float) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for first, second, similarity in find_similar_pairs(shingle_matrix(texts, length), least):
        rows = zip(first.tolist(), second.tolist(), similarity.tolist(), strict=True)
        found |= {(a, b): index for a, b, index in rows}
    return found


def shingles(text: str, length: int) -> set[tuple[str, ...]]:
    said = re.findall(r"\w+", text.lower())
    if 0 < len(said) < length:
        return {tuple(said)}
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}


def from_definition(texts: list[str], length: int, least: float) -> dict[tuple[int, int], float]:
    """Compute the same pair by pair from the definition."""
    found = {}
    for a, one in enumerate(texts):
        for b, other in enumerate(texts[:a]):
            left, right = shingles(one, length), shingles(other, length)
            if left and right:
                index = Fraction(len(left & right), len(left | right))
                if index >= Fraction(str(least)):
                    found[b, a] = float(index)
    return found


@given(stories, st.integers(1, 5), st.sampled_from([0.01, 0.2, 0.25, 0.5, 0.7, 1.0]))
def test_pairs_equal_those_of_the_definition(texts: list[str], length: int, least: float) -> None:
    assert similar_pairs(texts, length, least) == pytest.approx(
        from_definition(texts, length, least)
    )


@given(stories, st.integers(1, 4), st.integers(1, 4), st.integers(1, 8))
def test_block_sizes_change_no_pair(texts: list[str], length: int, rows: int, pairs: int) -> None:
    whole = similar_pairs(texts, length, 0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "_ROWS", rows)
        patch.setattr(near_duplicates, "_PAIRS", pairs)
        assert similar_pairs(texts, length, 0.3) == whole


@given(stories, st.randoms())
def test_the_order_of_stories_changes_no_pair(texts: list[str], random: object) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    before = similar_pairs(texts, 2, 0.3)
    after = similar_pairs([texts[place] for place in order], 2, 0.3)
    named = {(order[a], order[b]): index for (a, b), index in after.items()}
    assert {(min(pair), max(pair)): index for pair, index in named.items()} == before


def test_similarity_is_the_share_of_common_shingles() -> None:
    one = "I grew up on a farm near a river."
    other = "I grew up on a boat near a river."
    # Each has seven shingles of three words; I-grew-up, grew-up-on, up-on-a and near-a-river are
    # in both.
    assert similar_pairs([one, other], 3, 0.1) == {(0, 1): pytest.approx(4 / 10)}


@pytest.mark.parametrize(
    "other",
    [
        "I GREW up; on a farm -- near\n\nthe river",
        "\u201cI grew up on a farm\u201d \u2014 near the river\u2026",
        "i, grew. up! on? a: farm (near) [the] river'",
    ],
)
def test_case_and_punctuation_do_not_count(other: str) -> None:
    assert similar_pairs(["I grew up on a farm near the river.", other], 5, 1.0) == {(0, 1): 1.0}


def test_stories_shorter_than_a_shingle_are_one_shingle() -> None:
    texts = ["I am.", "i AM", "I am here.", "", "...", "", "I am and here is more of me"]
    assert similar_pairs(texts, 5, 0.01) == {(0, 1): 1.0}


def test_every_planted_copy_is_found_among_many_stories() -> None:
    rng = rng_for(3, "stories")
    texts = [" ".join(f"w{n}" for n in rng.zipf(1.3, 120) % 5000) for _ in range(300)]
    for copy in range(40):
        said = texts[copy].split()
        said[30:45] = [f"x{copy}"] * 15
        texts.append(" ".join(said).upper())
    planted = {(copy, 300 + copy) for copy in range(40)}
    assert set(similar_pairs(texts, 5, 0.5)) == planted
