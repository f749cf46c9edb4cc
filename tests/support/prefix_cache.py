"""The most that a server's prefix cache can give, whatever the order of prompts."""

from collections.abc import Iterable, Sequence


def most_cached_tokens(prompts: Iterable[Sequence[int]], block: int) -> int:
    """Return the most tokens that a cache can give to prompts, whatever their order.

    Parameters
    ----------
    prompts
        The tokens of each.
    block
        How many tokens the cache keeps or forgets together.
    """
    found = 0
    # Blocks by the block before them, so that equal ones behind different texts stay apart.
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    for prompt in sorted(prompts, key=len):
        before = 0
        for end in range(block, len(prompt) + 1, block):
            key = (before, tuple(prompt[end - block : end]))
            if key in known and end < len(prompt):
                found += block
            before = known.setdefault(key, len(known) + 1)
    return found
