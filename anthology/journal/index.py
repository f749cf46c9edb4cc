"""In-memory index of the journal: the place of each entry by its key."""

from bisect import bisect_left

import numpy as np

from anthology.journal.format import Unsigned

OFFSET_BITS = 40
"""A place is a file's number and, in this many bits, an entry's offset in it."""


class Index:
    """Where entries stand, by the first 8 bytes of their keys, in 20 bytes for each.

    Parameters
    ----------
    prefixes
        The first 8 bytes of each key, as a number.
    places
        Where its entry stands. Both arrays are the index's from now on.
    """

    def __init__(self, prefixes: Unsigned, places: Unsigned) -> None:
        # In place: at its largest this takes 32 bytes an entry.
        order = np.argsort(prefixes, kind="stable")
        prefixes[:] = prefixes[order]
        places[:] = places[order]
        # Single items are read from a memoryview in half the time that an array takes.
        self._prefixes, self._places = prefixes.data, places.data
        self._lead()

    def __len__(self) -> int:
        return len(self._prefixes)

    def find(self, prefix: int) -> list[int]:
        """Return where entries stand whose keys begin so, in the order in which they came."""
        bucket, prefixes = prefix >> self._shift, self._prefixes
        end = self._starts[bucket + 1]
        at = bisect_left(prefixes, prefix, self._starts[bucket], end)
        found = []
        while at < end and prefixes[at] == prefix:
            found.append(self._places[at])
            at += 1
        return found

    def add(self, prefixes: Unsigned, places: Unsigned) -> None:
        """Take in more entries, each behind those whose keys begin as its own does."""
        order = np.argsort(prefixes, kind="stable")
        prefixes, places = prefixes[order], places[order]
        at = np.searchsorted(np.asarray(self._prefixes), prefixes, side="right")
        # One after the other, so that no more than one of them is there twice.
        self._prefixes = np.insert(np.asarray(self._prefixes), at, prefixes).data
        self._places = np.insert(np.asarray(self._places), at, places).data
        self._lead()

    def _lead(self) -> None:
        """Note where the entries of each group of prefixes begin."""
        prefixes = np.asarray(self._prefixes)
        # Keys are hashes, so their first bits alone lead nearly to the spot.
        bits = max(1, len(prefixes).bit_length() - 1)
        self._shift = 64 - bits
        counts = np.bincount((prefixes >> self._shift).view(np.int64), minlength=1 << bits)
        starts = np.zeros(len(counts) + 1, np.uint32)
        np.cumsum(counts, out=starts[1:], dtype=np.uint32)
        self._starts = starts.data
