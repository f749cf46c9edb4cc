"""The most that a prefix cache can find, by which servers are measured."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.prefix_cache import most_cached_tokens

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
def test_the_most_is_what_the_best_order_finds(prompts: list[list[int]]) -> None:
    assert most_cached_tokens(prompts, BLOCK) == max(map(found, permutations(prompts)))


def test_the_last_token_is_never_cached() -> None:
    assert most_cached_tokens([[1, 2], [1, 2]], BLOCK) == 0
    assert most_cached_tokens([[1, 2, 3], [1, 2, 3]], BLOCK) == BLOCK


def test_equal_blocks_after_different_texts_differ() -> None:
    assert most_cached_tokens([[1, 1, 5, 5, 9], [2, 2, 5, 5, 9]], BLOCK) == 0
