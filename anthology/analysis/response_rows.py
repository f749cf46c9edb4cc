"""Reads the rows of responses, a few thousand at a time, whatever their order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from anthology.analysis.groups import IntArray
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
        Row numbers by ids, and column numbers by variables.
    """

    people: Mapping[str, int]
    items: Mapping[str, int]

    @classmethod
    def build(cls, ids: pa.Array, names: Sequence[str]) -> "RowIndex":
        """Give respondents and items numbers in their order."""
        return cls(*({name: i for i, name in enumerate(own)} for own in (ids.to_pylist(), names)))

    def locate(self, rows: pa.RecordBatch | pa.Table, path: Path) -> tuple[IntArray, IntArray]:
        """Return the row number of the respondent and the column number of the item of each row.

        Raises
        ------
        DataError
            If one is not known.
        """
        people = _numbers(rows["respondent"], self.people, "the respondent", path)
        return people, _numbers(rows["item"], self.items, "the item", path)


@dataclass(frozen=True, slots=True)
class ResponseRows:
    """Some consecutive rows of an artifact.

    Parameters
    ----------
    first
        The number of the first of them, from 0.
    person, item
        Whose they are, by row and column number.
    values
        What stands in them.
    """

    first: int
    person: IntArray
    item: IntArray
    values: pa.RecordBatch


def read_response_rows(
    path: Path, index: RowIndex, columns: Sequence[str]
) -> Iterator[ResponseRows]:
    """Read some columns of all rows of an artifact that names respondents and items.

    Parameters
    ----------
    path
        The artifact.
    index
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
            yield ResponseRows(first, *index.locate(batch, path), batch)
            first += len(batch)


def _numbers(
    values: pa.Array | pa.ChunkedArray, known: Mapping[str, int], what: str, path: Path
) -> IntArray:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.DictionaryArray):
        values = values.dictionary_encode()
    # The last one stands for an empty value.
    by_value = [*(known.get(value, -1) for value in values.dictionary.to_pylist()), -1]
    place = values.indices.fill_null(len(by_value) - 1).to_numpy(zero_copy_only=False)
    found: IntArray = np.array(by_value, dtype=np.int64)[place]
    if (found < 0).any():
        wrong = values[int(np.argmax(found < 0))]
        raise DataError(f"{what} {wrong} is not known to the survey", where=str(path))
    return found
