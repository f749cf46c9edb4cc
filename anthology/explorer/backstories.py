"""Natural stories as the page shows them: their texts, and what each says of who it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from anthology.explorer.text_table import TextTable
from anthology.explorer.wording import backstory_trait_texts
from anthology.io.parquet import read_metadata, read_table

_REST = ("declined", "unreadable", "unseen")
"""Answers of a story that are no part of a trait's distribution."""


@dataclass(frozen=True, slots=True)
class Backstories:
    """Natural stories.

    Parameters
    ----------
    path
        The stories' file.
    table
        Number, text and answers of each.
    """

    path: Path
    table: pa.Table

    @classmethod
    def read(cls, path: Path) -> "Backstories":
        """Read natural stories."""
        return cls(path, read_table(path, ["backstory", "text", "answers"]))

    def answers(self) -> dict[int, list[str]]:
        """Return the answers that make up each story, by its number."""
        numbers = self.table["backstory"].to_pylist()
        return dict(zip(numbers, self.table["answers"].to_pylist(), strict=True))

    def build_block(self, texts: TextTable) -> dict[str, Any]:
        """Return each story's number and the pieces of its text."""
        whole = self.table["text"].to_pylist()
        parts = self.table["answers"].to_pylist()
        return {
            "source": read_metadata(self.path)["source"],
            "numbers": self.table["backstory"].to_pylist(),
            "texts": [texts.pieces(*one) for one in zip(whole, parts, strict=True)],
        }


def trait_distributions(path: Path, numbers: Sequence[int]) -> dict[str, Any]:
    """Return what stories answered about every trait.

    Parameters
    ----------
    path
        The stories' traits.
    numbers
        The stories, in the order that is wanted.

    Returns
    -------
    dict
        `traits_source`, where the answers come from, and `traits`: for each the question, the
        options, and for each story how often it gave each option (None where it was not asked),
        whether it stated the trait, and its other answers.
    """
    table = read_table(path)
    row_of = {number: row for row, number in enumerate(table["backstory"].to_pylist())}
    rows = [row_of.get(number) for number in numbers]
    return {
        "traits_source": read_metadata(path)["traits"],
        "traits": [
            {
                "name": one.name,
                "wording": one.wording,
                "options": one.options,
                **_answers(table, one.name, rows),
            }
            for one in backstory_trait_texts(path)
        ],
    }


def _answers(table: pa.Table, name: str, rows: Sequence[int | None]) -> Mapping[str, Any]:
    counts = table[name].to_pylist()
    stated = table[f"{name}:stated"].to_pylist()
    rest = [table[f"{name}:{kind}"].to_pylist() for kind in _REST]
    return {
        "counts": [None if r is None else [round_number(c) for c in counts[r]] for r in rows],
        "stated": [r is not None and bool(stated[r]) for r in rows],
        "rest": [[0 if r is None else round_number(kind[r]) for kind in rest] for r in rows],
    }


def round_number(value: float, digits: int = 2) -> float:
    """Return a number with a few decimals, and a whole one without any."""
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded
