"""What figures read of the tables: rows, the names of conditions, and where all of it is from."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

from anthology.analysis.sources import SIMULATED, mark_simulated
from anthology.errors import DataError

RowKey = tuple[str, str]
"""A model and a condition; an empty model and `human` for the people."""
HUMAN: RowKey = ("", "human")
MARK = f" ({SIMULATED})"
"""What the name of a row ends with where its answers or people are simulated."""

_ORIGINS = {
    "humans": "the people",
    "backstories": "the stories",
    "traits": "what stories say of who they are",
    "answers": "the answers",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What all figures of a survey have in common.

    Parameters
    ----------
    survey
        The survey's name.
    keys
        Model and condition of each row of its table, in order.
    notice
        What of it is simulated, as a sentence; empty where nothing is.
    simulated
        The rows that are simulated, the respondents' included.
    """

    survey: str
    keys: Sequence[RowKey]
    notice: str
    simulated: frozenset[RowKey] = frozenset()

    @property
    def models(self) -> list[str]:
        """The models, in order."""
        return list(dict.fromkeys(model for model, _ in self.keys))

    def name(self, key: RowKey) -> str:
        """Return a row's label: condition, model where ambiguous, and whether it is simulated."""
        shared = sum(condition == key[1] for _, condition in self.keys) > 1
        name = "people" if key == HUMAN else f"{key[1]}, {key[0]}" if shared else key[1]
        return f"{name}{MARK}" if key in self.simulated else name


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV table.

    Raises
    ------
    DataError
        If there is none, or it lacks one of the columns.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            missing = [name for name in columns if name not in (reader.fieldnames or [])]
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    if missing:
        raise DataError(
            f"there is no column {missing[0]}",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        )
    return rows


def parse_number(cell: str) -> float:
    """Return the number in a cell, NaN where it is empty."""
    return float(cell) if cell else nan


def row_key(row: Mapping[str, str]) -> RowKey:
    """Return the model and the condition that a row is of."""
    return row["model"], row["condition"]


def read_header(survey: str, metrics: Sequence[Mapping[str, str]]) -> Header:
    """Return the header of a survey's figures from the rows of `metrics.csv`."""
    keys = [row_key(row) for row in metrics if row_key(row) != HUMAN]
    simulated = frozenset(row_key(row) for row in metrics if row.get("simulated") == "yes")
    return Header(survey, keys, _notice(metrics), simulated)


def _notice(metrics: Sequence[Mapping[str, str]]) -> str:
    parts = []
    for column, words in _ORIGINS.items():
        found = [row[column] for row in metrics if row.get(column)]
        made_up = [mark_simulated(source) == "yes" for source in found]
        if any(made_up):
            parts.append(words if all(made_up) else f"some of {words}")
    if not parts:
        return ""
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"SIMULATED: {listed}. Synthetic, no evidential value."
