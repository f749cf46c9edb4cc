"""Mistakes in an experiment as a whole, and the error that reports them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from anthology.errors import ConfigurationError

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """A key of the experiment whose value does not fit with the rest."""

    key: Key
    value: object
    sentence: str


def refuse(found: Iterable[Mistake], where: Callable[[Key], str]) -> None:
    """Raise one error that lists all mistakes with their files; do nothing if there are none."""
    lines = dict.fromkeys(
        f"{where(mistake.key)}: {'.'.join(map(str, mistake.key))} = {mistake.value!r}\n"
        f"  {mistake.sentence}"
        for mistake in found
    )
    if lines:
        raise ConfigurationError("\n".join(lines))
