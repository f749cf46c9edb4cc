"""The rows of a survey's people, and what their codes stand for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anthology.errors import DataError

TRAIT_PREFIX = "trait:"
"""What the names of trait columns begin with."""

Positions = npt.NDArray[np.int16]
"""Answers as positions 1..k among a variable's options, in the survey's order; 0 for no answer."""


def list_respondents(humans: pa.Table) -> list[tuple[str, dict[str, int | None]]]:
    """Return for each respondent the id and the code of each trait, None where there is none."""
    names = [name for name in humans.column_names if name.startswith(TRAIT_PREFIX)]
    columns = [humans[name].to_pylist() for name in names]
    traits = [name.removeprefix(TRAIT_PREFIX) for name in names]
    rows = zip(*columns, strict=True) if columns else ((),) * humans.num_rows
    ids = humans["respondent"].to_pylist()
    return [(who, dict(zip(traits, row, strict=True))) for who, row in zip(ids, rows, strict=True)]


def read_positions(
    column: pa.ChunkedArray, codes: Sequence[int], name: str, path: Path
) -> Positions:
    """Return each code's position 1..k among a variable's codes, and 0 where there is none.

    Raises
    ------
    DataError
        If a code is none of the variable's.
    """
    values = column.combine_chunks()
    found = pc.index_in(values, value_set=pa.array(codes, values.type))
    unknown = values.filter(pc.and_(found.is_null(), values.is_valid()))
    if len(unknown):
        raise unknown_code_error(name, unknown[0], codes, path)
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False) + 1, dtype=np.int16)


def unknown_code_error(name: str, code: object, codes: Sequence[int], path: Path) -> DataError:
    """Return the error that a code is none of a variable's."""
    return DataError(
        f"{name} holds {code}, which is none of its codes",
        where=str(path),
        hint=f"The survey's codes for it are {list(codes)}.",
    )
