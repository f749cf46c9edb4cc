"""The most that a prefix cache can find, by which servers are measured."""

from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from anthology.io.parquet import read_table
from benchmarks.prefix import PEOPLE, STORIES, make, possible
from benchmarks.sharing import distinct
from benchmarks.survey import Inputs

BLOCK = 2
PROMPTS = st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=7), max_size=5)


def found(prompts: tuple[list[int], ...]) -> int:
    """Ask one prompt after another of a cache that keeps every whole block."""
    kept: set[tuple[int, ...]] = set()
    total = 0
    for prompt in prompts:
        ends = range(BLOCK, len(prompt) + 1, BLOCK)
        total += BLOCK * sum(end < len(prompt) and tuple(prompt[:end]) in kept for end in ends)
        kept.update(tuple(prompt[:end]) for end in ends)
    return total


@given(PROMPTS)
def test_no_order_finds_more_and_one_finds_as_much(prompts: list[list[int]]) -> None:
    assert possible(prompts, BLOCK) == max(map(found, permutations(prompts)))


@given(PROMPTS)
def test_each_beginning_is_read_once_by_a_cache_that_keeps_all(prompts: list[list[int]]) -> None:
    beginnings = {tuple(prompt[:end]) for prompt in prompts for end in range(1, len(prompt) + 1)}
    assert distinct(prompts) == len(beginnings)


def test_the_last_token_is_never_found() -> None:
    assert possible([[1, 2], [1, 2]], BLOCK) == 0
    assert possible([[1, 2, 3], [1, 2, 3]], BLOCK) == BLOCK


def test_equal_blocks_behind_different_texts_are_not_the_same() -> None:
    assert possible([[1, 1, 5, 5, 9], [2, 2, 5, 5, 9]], BLOCK) == 0


def test_personas_share_stories_that_are_not_asked_for_their_traits(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    make(inputs, "http://127.0.0.1:1/v1")
    personas = read_table(inputs.personas)
    numbers = personas["backstory"].to_pylist()
    told = [turns[0]["answer"] for turns in personas["turns"].to_pylist()]
    assert len(told) == PEOPLE
    assert len(set(told)) == len(set(zip(numbers, told, strict=True))) == STORIES
    asked = read_table(inputs.stories)["text"].to_pylist()
    assert len(set(asked)) == STORIES
    assert not set(asked) & set(told)
