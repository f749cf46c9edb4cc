"""A multiple-choice question as it is put to one persona."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from anthology.config.formats import Format
from anthology.config.traits import Unit
from anthology.seeds import derive_seed

DECLINED = 2**15
"""The code of an option to decline, which is no value that a survey's variable can have."""


class Option(NamedTuple):
    """One option: the code it is stored under and the words it is read out in."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """Wording and options in the survey's order.

    Parameters
    ----------
    wording
        The question.
    options
        What can be answered.
    ordinal
        Whether the options are a scale, which may be reversed but not mixed.
    last
        Codes of options that stay at the end in every order.
    unit
        What numbers in an answer count; None where numbers name no option.
    bounds
        Where they do, the smallest number of each option and the first one above it.
    """

    wording: str
    options: tuple[Option, ...]
    ordinal: bool = True
    last: frozenset[int] = frozenset()
    unit: Unit | None = None
    bounds: tuple[tuple[float | None, float | None], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The options' words."""
        return tuple([option.text for option in self.options])

    def declinable(self, text: str) -> "Question":
        """Return the same question with a last option to decline, behind all others that stay."""
        option = Option(DECLINED, text)
        return replace(self, options=(*self.options, option), last=self.last | {DECLINED})

    def shuffled(self, seed: int) -> "Question":
        """Return the same question with its options in the allowed order that a seed names.

        Each option has its own place from the seed, so that a further one leaves the order
        of the others alone.
        """
        if self.ordinal:
            return _order_scale(self, reverse=derive_seed(seed, "reversed") % 2 == 1)
        return self._order(lambda free: sorted(free, key=lambda o: derive_seed(seed, o.code)))

    def _order(self, order: Callable[[list[Option]], list[Option]]) -> "Question":
        free = [option for option in self.options if option.code not in self.last]
        fixed = [option for option in self.options if option.code in self.last]
        return replace(self, options=(*order(free), *fixed))

    def written(self, layout: Format) -> str:
        """Write the wording with one labelled option a line."""
        return "\n".join([self.wording, *label_options(self.options, layout)])


@lru_cache(maxsize=4096)
def _order_scale(question: Question, *, reverse: bool) -> Question:
    """Return a scale in one of its two orders; the same object each time, which is found faster."""
    return question._order(lambda free: free[::-1] if reverse else free)


def label_options(options: Sequence[Option], layout: Format) -> list[str]:
    """Write each option behind its label."""
    return [f"{layout.label(i)} {option.text}" for i, option in enumerate(options)]
