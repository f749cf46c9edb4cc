"""The codebook: what a survey's questions and options say, read from its file's labels."""

import json
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from anthology.errors import DataError
from anthology.records import Record


class Entry(Record):
    """One question of the survey."""

    wording: str
    """The question; empty where the file has no words for it."""
    options: tuple[tuple[int, str], ...]
    """Code and words of each option, in the order the survey's declaration gives."""

    @property
    def texts(self) -> dict[int, str]:
        """The words of each option by its code, in order."""
        return dict(self.options)


class TraitEntry(Entry):
    """The question behind one trait."""

    variable: str
    """The variable's name in the survey file."""


class Codebook(Record):
    """The wording of one survey's traits and items."""

    survey: str
    """The survey's name in the experiment."""
    source: str
    """`simulated`, or the name of the file it was read from."""
    traits: dict[str, TraitEntry]
    """By the trait's name."""
    items: dict[str, Entry]
    """By the variable's name."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a codebook that the humans stage wrote.

        Raises
        ------
        DataError
            If there is none, or it is damaged.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise DataError(
                f"is no codebook ({place + ': ' if place else ''}{first['msg']})",
                where=str(path),
                hint="Remove the file; the workflow makes it again.",
            ) from None

    def as_json(self) -> str:
        """Write the codebook as JSON, in the form that `load` reads."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
