"""What is found wrong with an experiment as a whole, and how it is told."""

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
    """Raise an error that tells all mistakes, each with the file it stands in; none, no error."""
    told = dict.fromkeys(
        f"{where(mistake.key)}: {'.'.join(map(str, mistake.key))} = {mistake.value!r}\n"
        f"  {mistake.sentence}"
        for mistake in found
    )
    if told:
        raise ConfigurationError("\n".join(told))
