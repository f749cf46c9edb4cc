"""Random numbers that depend on a request and on nothing else."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from string import Formatter
from typing import TypeVar

import numpy as np

from anthology.models.base import Request

T = TypeVar("T")
_BLOCK = 256


def request_generator(request: Request) -> np.random.Generator:
    """Return a generator for everything that is drawn in reply to a request."""
    prompt = request.prompt
    text = (
        prompt
        if isinstance(prompt, str)
        else "\x1e".join(f"{message.role}\x1f{message.content}" for message in prompt)
    )
    how = request.sampling
    rest = (
        request.seed, how.temperature, how.top_p, how.max_tokens,
        request.stop, request.n, request.choices, request.logprobs,
    )  # fmt: skip
    return np.random.Generator(np.random.PCG64(hash_of(text, repr(rest))))


def hash_of(*texts: str) -> int:
    """Return a number below 2^64 that is the same for the same texts, always and everywhere."""
    return int.from_bytes(blake2b("\0".join(texts).encode(), digest_size=8).digest(), "big")


class Dice:
    """A stream of small random decisions, whose uniform numbers are drawn in blocks."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._numbers: list[float] = []

    def number(self) -> float:
        """Draw a uniform number from 0 to below 1."""
        if not self._numbers:
            self._numbers = self._rng.random(_BLOCK).tolist()
        return self._numbers.pop()

    def hits(self, share: float) -> bool:
        """Say yes in this share of all cases."""
        return self.number() < share

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + int(self.number() * (high - low + 1))

    def one(self, things: Sequence[T]) -> T:
        """Draw one of several things."""
        return things[int(self.number() * len(things))]

    def shuffle(self, things: Sequence[T]) -> list[T]:
        """Bring things into a random order."""
        numbers = [self.number() for _ in things]
        return [things[i] for i in sorted(range(len(things)), key=numbers.__getitem__)]

    def weighted(self, weights: Sequence[float]) -> int:
        """Draw a position with these odds."""
        left = self.number() * sum(weights)
        for position, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return position
        return len(weights) - 1

    def fill(self, template: str, slots: Mapping[str, Sequence[str]]) -> str:
        """Fill each brace of a template with one of the things its name stands for."""
        parts = _parts(template)
        if len(parts) == 1 and parts[0][1] is None:
            return parts[0][0]
        return "".join([text + (self.one(slots[name]) if name else "") for text, name in parts])


@lru_cache(maxsize=2048)
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((text, name) for text, name, _, _ in Formatter().parse(template))
