"""Shards: pieces of an artifact made by several jobs, and how they are joined."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from anthology.errors import ConfigurationError, DataError
from anthology.io.parquet import open_writer, read_producer, read_row_groups
from anthology.records import Record

_FORM = re.compile(r"(\d+)-of-(\d+)")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several shards of equal size, in order.

    Parameters
    ----------
    number
        Which, from 1.
    of
        How many there are.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2-of-4`, or `whole`.

        Raises
        ------
        ConfigurationError
            If it is neither.
        """
        if text == "whole":
            return cls()
        found = _FORM.fullmatch(text)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ConfigurationError(
                f'takes "whole", or a shard such as 2-of-4, not {text!r}', where="--shard"
            )
        return cls(int(found[1]), int(found[2]))

    def span(self, total: int) -> range:
        """Return which of so many things are in it."""
        return range(self._start(self.number - 1, total), self._start(self.number, total))

    def span_by_key(self, keys: npt.ArrayLike) -> range:
        """Return which things are in it where neighbours with equal keys stay together.

        Parameters
        ----------
        keys
            One for each thing. What has none, or NaN, has no such neighbour.
        """
        found = np.asarray(keys)
        first = np.flatnonzero(np.append(True, found[1:] != found[:-1])) if len(found) else found
        ends = np.append(first, len(found))
        span = self.span(len(found))
        start, stop = np.searchsorted(ends, [span.start, span.stop])
        return range(int(ends[start]), int(ends[stop]))

    def _start(self, number: int, total: int) -> int:
        return number * total // self.of


def join_shards(parts: Sequence[Path], output: Path, *, stage: str, settings: Record) -> None:
    """Write the rows of all parts as the one artifact that one job would have made.

    Raises
    ------
    DataError
        If a part was made with other settings, or parts differ in where their data comes from.
    """
    made = [read_producer(path) for path in parts]
    wanted = settings.model_dump(mode="json")
    for path, own in zip(parts, made, strict=True):
        if (own["stage"], own["settings"]) != (stage, wanted):
            raise DataError(
                "was made with other settings",
                where=str(path),
                hint="Remove it; the workflow makes it again.",
            )
    columns, groups = read_row_groups(parts)
    with open_writer(output, columns, stage=stage, settings=settings) as sheet:
        sheet.metadata = _common(parts, [own["metadata"] for own in made])
        for group in groups:
            sheet.extend(group)


def _common(parts: Sequence[Path], metadata: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the metadata of the whole: counts are summed, all else must be the same."""
    common: dict[str, Any] = {}
    for name in metadata[0]:
        values = [own[name] for own in metadata]
        if isinstance(values[0], dict) and all(
            isinstance(n, int) for v in values for n in v.values()
        ):
            summed: Counter[str] = Counter()
            for counts in values:
                summed.update(counts)
            common[name] = dict(sorted(summed.items()))
        elif all(value == values[0] for value in values):
            common[name] = values[0]
        else:
            listed = "; ".join(
                f"{path}: {value}" for path, value in zip(parts, values, strict=True)
            )
            raise DataError(
                f"parts of one artifact differ in {name}: {listed}",
                hint="Name the model in its file, so that one answers all; and remove the parts.",
            )
    return common
