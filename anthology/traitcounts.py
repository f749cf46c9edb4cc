"""What stories say of themselves: how often each option of a trait was answered."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anthology.errors import DataError


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
