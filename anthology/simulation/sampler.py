"""Drawing many small things of one generator at little cost."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from string import Formatter
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 256


class Lot:
    """A stream of uniform numbers, drawn in blocks."""

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

    def one(self, things: Sequence[T]) -> T:
        """Draw one of several things."""
        return things[int(self.number() * len(things))]

    def mixed(self, things: Sequence[T]) -> list[T]:
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

    def filled(self, template: str, slots: Mapping[str, Sequence[str]]) -> str:
        """Fill each brace of a template with one of the things its name stands for."""
        parts = _parts(template)
        if len(parts) == 1 and parts[0][1] is None:
            return parts[0][0]
        return "".join([text + (self.one(slots[name]) if name else "") for text, name in parts])


@lru_cache(maxsize=2048)
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((text, name) for text, name, _, _ in Formatter().parse(template))
