"""The journal's index as it is kept beside the journal, so that opening need not read all of it.

The file `index` says of each journal file up to where it knows the entries, and where these
stand. It is only ever a copy of what the files say: whoever opens the journal reads what the
index does not know, and what it knows of a file that has become another one is dropped. So a
journal without it, or with one that is torn or of long ago, is opened more slowly and
answers the same.
"""

import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import numpy as np

from anthology.journal.format import INDEX, UNFINISHED, Unsigned
from anthology.journal.index import OFFSET_BITS, Index
from anthology.records import canonical_json

_FIRST = b"anthology index 1\n"
_END = 4096
"""How many bytes at both ends of what is known of a file tell it from others."""
_WORTH = 100_000
"""Fewer new entries are read again by everybody sooner than an index is written."""
_SHARE = 8
"""An index is written again when an eighth as many entries are new as it has."""
_GONE = 2**64 - 1
"""The number of a file that is not there any more, or is another one by now."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Up to where an index knows a file.

    Parameters
    ----------
    whole
        Where the last line ends whose entry is known.
    size, modified
        How long the file was, and its time of change in nanoseconds.
    ends
        A hash of the first and the last bytes of what is known.
    """

    whole: int
    size: int
    modified: int
    ends: str


@dataclass(slots=True)
class Kept:
    """What an index says that still holds.

    Parameters
    ----------
    index
        The entries; a file's number is its position in the folder.
    entries
        How many they are.
    wholes
        For each file that is known, up to where.
    stamp
        Tells the index from one that another process writes.
    """

    index: Index
    entries: int
    wholes: dict[str, int]
    stamp: tuple[int, int] | None


def recall(folder: Path, names: Sequence[str]) -> Kept:
    """Read what is kept beside a journal, as far as it is true of the files.

    Parameters
    ----------
    folder
        Where the journal is kept.
    names
        Its files, sorted.
    """
    stamp = _stamp(folder / INDEX)
    try:
        covers, prefixes, places = _read(folder / INDEX)
    except (OSError, ValueError, KeyError, TypeError):
        covers, prefixes, places = {}, np.empty(0, np.uint64), np.empty(0, np.uint64)
    positions = {name: position for position, name in enumerate(names)}
    wholes = {
        name: cover.whole
        for name, cover in covers.items()
        if name in positions and _holds(folder / name, cover)
    }
    numbers = np.array([positions[name] if name in wholes else _GONE for name in covers], np.uint64)
    if not np.array_equal(numbers, np.arange(len(covers))):
        prefixes, places = _renumbered(prefixes, places, numbers)
    return Kept(Index(prefixes, places, ordered=True), len(prefixes), wholes, stamp)


def keep(folder: Path, index: Index, wholes: Mapping[str, tuple[int, int]], kept: Kept) -> None:
    """Write an index beside a journal, where enough is new; without it all goes on as well.

    Parameters
    ----------
    folder
        Where the journal is kept.
    index
        All entries; a file's number is its position in `wholes`.
    wholes
        For each file up to where it was read, and how long it was then.
    kept
        What was kept before.
    """
    if len(index) - kept.entries < max(_WORTH, kept.entries // _SHARE):
        return
    beside = folder / f"{INDEX}-{secrets.token_hex(8)}{UNFINISHED}"
    with suppress(OSError):
        covers = [[name, *astuple(_cover(folder / name, *read))] for name, read in wholes.items()]
        said = {"files": covers, "entries": len(index), "order": sys.byteorder}
        front = _FIRST + canonical_json(said).encode() + b"\n"
        try:
            # Of many jobs that start together, the first to be done does it for all.
            if _stamp(folder / INDEX) == kept.stamp:
                with beside.open("xb") as file:
                    file.write(front)
                    check = crc32(front)
                    for array in index.arrays:
                        check = crc32(array.data, check)
                        file.write(array.data)
                    file.write(b"%08x\n" % check)
                beside.rename(folder / INDEX)
        finally:
            beside.unlink(missing_ok=True)


def _read(path: Path) -> tuple[dict[str, Cover], Unsigned, Unsigned]:
    """Read an index file: up to where it knows each file, by number, and where entries stand.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        If there is none, or it is not as it was written.
    """
    with path.open("rb") as file:
        front = file.readline(len(_FIRST)) + file.readline()
        if not front.startswith(_FIRST):
            raise ValueError("not an index")
        said = json.loads(front[len(_FIRST) :])
        entries = said["entries"]
        whole = len(front) + 16 * entries + len(b"%08x\n" % 0)
        if os.fstat(file.fileno()).st_size != whole or said["order"] != sys.byteorder:
            raise ValueError("not whole, or from another kind of machine")
        arrays = np.empty(entries, np.uint64), np.empty(entries, np.uint64)
        check = crc32(front)
        for array in arrays:
            file.readinto(array.data)
            check = crc32(array.data, check)
        if file.read() != b"%08x\n" % check:
            raise ValueError("damaged")
    return {name: Cover(*cover) for name, *cover in said["files"]}, *arrays


def _renumbered(
    prefixes: Unsigned, places: Unsigned, numbers: Unsigned
) -> tuple[Unsigned, Unsigned]:
    """Give files the numbers that they have now, and drop the entries of those that are gone."""
    now = numbers[places >> OFFSET_BITS]
    places = now << np.uint64(OFFSET_BITS) | places & np.uint64((1 << OFFSET_BITS) - 1)
    stay = now != _GONE
    return (prefixes, places) if stay.all() else (prefixes[stay], places[stay])


def _cover(path: Path, whole: int, size: int) -> Cover:
    if not size:
        return Cover(0, 0, 0, "not read")
    return Cover(whole, size, path.stat().st_mtime_ns, _ends(path, whole))


def _holds(path: Path, cover: Cover) -> bool:
    """Say whether a file still begins with what is known of it, and was only added to."""
    with suppress(OSError):
        now = path.stat()
        if now.st_size == cover.size:
            return now.st_mtime_ns == cover.modified
        return now.st_size > cover.size and _ends(path, cover.whole) == cover.ends
    return False


def _ends(path: Path, whole: int) -> str:
    digest = blake2b(digest_size=8)
    with path.open("rb") as file:
        digest.update(file.read(min(_END, whole)))
        file.seek(max(0, whole - _END))
        digest.update(file.read(min(_END, whole)))
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        now = path.stat()
        return now.st_mtime_ns, now.st_ino
    return None
