"""Distributions of answers about a trait, with the source that settled each answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anthology.errors import DataError
from anthology.io.parquet import count_rows, read_rows
from anthology.io.tables import Row

SOURCES = ("stated", "read", "number", "coded", "declined", "unreadable", "unseen")
"""The ways in which an answer is settled.

`stated`: a reader found the trait in the story, and nothing was asked. `read`: the answer names an
option by its label or its words. `number`: it holds a number that falls into an option. `coded`: a
coder said which option it comes to. `declined`, `unreadable`: it names none. `unseen`: the model
did not show whether it names one.
"""

COLUMNS = ("trait", "source", "backstories", "answers", "share")
"""The columns of `sources.csv`."""
_BESIDE = ("stated", "declined", "unreadable", "unseen", "number", "coded")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one story answers to one question about itself.

    Parameters
    ----------
    counts
        Answers for each option. Where the model was asked for the probabilities of
        the labels, here and below how many answers they make one expect.
    stated
        Whether a reader found the answer in the story's own words.
    declined, unreadable
        Answers that named no option.
    unseen
        Answers of which the model did not show whether they name an option.
    number, coded
        Those of the counted answers that were read from a number, and that a coder
        placed.
    """

    counts: tuple[float, ...]
    stated: bool = False
    declined: float = 0
    unreadable: float = 0
    unseen: float = 0
    number: float = 0
    coded: float = 0

    def __add__(self, other: "Distribution") -> "Distribution":
        """Put together what two groups of answers say."""
        return Distribution(
            tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)),
            self.stated or other.stated,
            self.declined + other.declined,
            self.unreadable + other.unreadable,
            self.unseen + other.unseen,
            self.number + other.number,
            self.coded + other.coded,
        )

    @property
    def values(self) -> tuple[Any, ...]:
        """What fills a question's columns, in the order of `distribution_columns`."""
        return (list(self.counts), *(getattr(self, name) for name in _BESIDE))

    @property
    def silent(self) -> float:
        """How many answers named no option, as far as the model showed."""
        return self.declined + self.unreadable + self.unseen

    def sources(self) -> dict[str, float]:
        """Return how many answers each source settled."""
        placed = sum(self.counts)
        return {
            "stated": placed if self.stated else 0,
            "read": 0 if self.stated else max(0, placed - self.number - self.coded),
            "number": self.number,
            "coded": self.coded,
            "declined": self.declined,
            "unreadable": self.unreadable,
            "unseen": self.unseen,
        }


def source_rows(found: Mapping[str, Iterable[Distribution]]) -> list[Row]:
    """Compute the share of answers that each source settled.

    Parameters
    ----------
    found
        For each trait, and each of its steps, what every story answered.

    Returns
    -------
    list
        A row for each trait and source: how many stories have such an answer, how many
        answers there are, and their share of all answers to the trait's question. The
        shares of a trait sum to 1; there are none where it was never asked.
    """
    rows: list[Row] = []
    for name, distributions in found.items():
        stories, answers = Counter[str](), dict.fromkeys(SOURCES, 0.0)
        for distribution in distributions:
            for source, settled in distribution.sources().items():
                stories[source] += settled > 0
                answers[source] += settled
        total = sum(answers.values())
        # Drawn answers are counted, expected ones are not whole.
        whole = all(settled.is_integer() for settled in answers.values())
        for source in SOURCES:
            rows.append(
                {
                    "trait": name,
                    "source": source,
                    "backstories": stories[source],
                    "answers": int(answers[source]) if whole else answers[source],
                    "share": answers[source] / total if total else nan,
                }
            )
    return rows


def distribution_columns(name: str) -> list[tuple[str, pa.DataType]]:
    """Return the columns that hold what stories answer to one question."""
    beside = [(f"{name}:{rest}", pa.float32()) for rest in _BESIDE[1:]]
    return [(name, pa.list_(pa.float32())), (f"{name}:stated", pa.bool_()), *beside]


def read_distributions(path: Path, name: str) -> Iterator[Distribution]:
    """Read what every story answers to one question."""
    names = [column for column, _ in distribution_columns(name)]
    for counts, *beside in read_rows(path, names, range(count_rows(path))):
        yield Distribution(tuple(counts), *beside)


def trait_counts(stories: pa.Table, name: str, options: int, path: Path) -> npt.NDArray[np.float64]:
    """Return how often each story gave each option of a trait.

    Parameters
    ----------
    stories
        What stories say of themselves, a column of lists for each trait.
    name
        The trait.
    options
        How many options it was asked with.
    path
        Where the table was read from, for the error.

    Returns
    -------
    numpy.ndarray
        Stories x options.

    Raises
    ------
    DataError
        If a story has not one count for each option.
    """
    column = stories[name].combine_chunks()
    lengths = pc.list_value_length(column)
    if lengths.null_count or not pc.all(pc.equal(lengths, options)).as_py():
        raise DataError(
            f"{name} does not hold one count for each of its {options} options", where=str(path)
        )
    flat = column.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return np.asarray(flat.reshape(len(stories), options))
