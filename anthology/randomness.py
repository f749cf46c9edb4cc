"""Random numbers that depend on what they are for and on nothing else.

Every draw comes from a generator named by the experiment's seed, the stage and
the thing drawn for, so a further persona changes no other, and neither order
nor concurrency changes anything.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice, permutations

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence

_Words = npt.NDArray[np.uint32]

_BATCH = 4096
# NumPy's way from a seed to a generator's state, which it keeps the same in all versions: what
# `np.random.SeedSequence` does, here for many seeds at once.
_POOL, _STATE = 4, 8
_IN, _OUT = (0x43B0D7E5, 0x931E8875), (0x8B51F9DD, 0x58F38DED)
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_HALF = np.uint32(16)


def derive(seed: int, *path: str | int) -> int:
    """Return the 63-bit seed of the thing that `path` names under `seed`."""
    name = "\x1f".join([str(seed), *map(str, path)])
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return a generator for the thing that `path` names under `seed`."""
    return np.random.Generator(np.random.PCG64(derive(seed, *path)))


def generators(seeds: Iterable[int]) -> Iterator[np.random.Generator]:
    """Return for each seed the generator that `generator` gives, in a quarter of the time."""
    left = iter(seeds)
    while batch := [derive(seed) for seed in islice(left, _BATCH)]:
        for words in _states(np.array(batch, np.uint64)):
            # NumPy names fewer kinds of seeds than it takes.
            bits = np.random.PCG64(_Ready(words))  # type: ignore[arg-type]
            yield np.random.Generator(bits)


class _Ready(ISeedSequence):
    """What seeds one generator, worked out before."""

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(
        self,
        n_words: int,  # noqa: ARG002
        dtype: npt.DTypeLike = np.uint32,  # noqa: ARG002
    ) -> npt.NDArray[np.uint64]:
        return self._words


def _states(seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return seeds x 4 words, for each seed those that `SeedSequence(seed)` gives PCG64."""
    low, high = seeds.astype(np.uint32), (seeds >> np.uint64(32)).astype(np.uint32)
    none = np.zeros_like(low)
    constants = _powers(*_IN)
    pool = [_hashed(word, constants) for word in (low, high, none, none)]
    for source, target in permutations(range(_POOL), 2):
        mixed = _LEFT * pool[target] - _RIGHT * _hashed(pool[source], constants)
        pool[target] = mixed ^ (mixed >> _HALF)
    constants = _powers(*_OUT)
    words = [_hashed(pool[i % _POOL], constants) for i in range(_STATE)]
    return np.stack(words, axis=1).astype("<u4").view("<u8").astype(np.uint64)


def _powers(constant: int, step: int) -> Iterator[tuple[np.uint32, np.uint32]]:
    """Count a constant up, each time by the same factor."""
    while True:
        following = constant * step % 2**32
        yield np.uint32(constant), np.uint32(following)
        constant = following


def _hashed(words: _Words, constants: Iterator[tuple[np.uint32, np.uint32]]) -> _Words:
    before, after = next(constants)
    found = (words ^ before) * after
    return found ^ (found >> _HALF)
