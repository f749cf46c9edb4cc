"""The rows of what personas answered, a few thousand at a time, whatever their order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from anthology.analysis.distances import IntArray
from anthology.errors import DataError
from anthology.io.parquet import open_parquet

_ROWS = 1 << 16
"""Rows at a time, at most."""
_WHOSE = ["respondent", "item"]


@dataclass(frozen=True, slots=True)
class RowIndex:
    """Which row of an array a respondent has, and which column an item.

    Parameters
    ----------
    people, items
        The places by ids and by variables.
    """

    people: Mapping[str, int]
    items: Mapping[str, int]

    @classmethod
    def of(cls, ids: pa.Array, names: Sequence[str]) -> "RowIndex":
        """Give people and items their places, in their order."""
        places = [
            {name: place for place, name in enumerate(known)} for known in (ids.to_pylist(), names)
        ]
        return cls(*places)

    def cells(self, rows: pa.RecordBatch | pa.Table, path: Path) -> tuple[IntArray, IntArray]:
        """Return the places of the person and of the item of each row.

        Raises
        ------
        DataError
            If one is not known.
        """
        people = _places(rows["respondent"], self.people, "the respondent", path)
        return people, _places(rows["item"], self.items, "the item", path)


@dataclass(frozen=True, slots=True)
class ResponseRows:
    """Some consecutive rows of an artifact.

    Parameters
    ----------
    first
        The number of the first of them, from 0.
    person, item
        Whose they are, by place.
    values
        What stands in them.
    """

    first: int
    person: IntArray
    item: IntArray
    values: pa.RecordBatch


def read_response_rows(
    path: Path, roster: RowIndex, columns: Sequence[str]
) -> Iterator[ResponseRows]:
    """Read some columns of all rows of an artifact that names respondents and items.

    Parameters
    ----------
    path
        The artifact.
    roster
        The respondents and the items.
    columns
        What is read beside these.

    Raises
    ------
    DataError
        If the file cannot be read, or names a respondent or an item that is not there.
    """
    first = 0
    # Each id is looked up once for all its rows.
    with open_parquet(path, _WHOSE) as file:
        for batch in file.iter_batches(_ROWS, columns=[*_WHOSE, *columns]):
            yield ResponseRows(first, *roster.cells(batch, path), batch)
            first += len(batch)


def _places(
    values: pa.Array | pa.ChunkedArray, known: Mapping[str, int], what: str, path: Path
) -> IntArray:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.DictionaryArray):
        values = values.dictionary_encode()
    places = [known.get(value, -1) for value in values.dictionary.to_pylist()]
    # The last one stands for an empty value.
    of_value = np.array([*places, -1], dtype=np.int64)
    found: IntArray = of_value[values.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)]
    if (found < 0).any():
        wrong = values[int(np.argmax(found < 0))]
        raise DataError(f"{what} {wrong} is not known to the survey", where=str(path))
    return found
