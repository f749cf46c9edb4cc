"""The append-only store of paid-for replies, so that nothing is paid for twice.

The journal is a folder of text files (see `journal/format.py`), one for each process that
wrote to it, read by all. Files are only ever added to, each by one process, so that no
two writers can spoil each other's, on a network file system either.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np

from anthology.journal.format import (
    FRONT,
    HEADER,
    SUFFIX,
    JournalError,
    Unread,
    Unsigned,
    format_entry,
    format_note,
    is_intact,
    journal_files,
    open_journal_file,
    scan,
)
from anthology.journal.index import OFFSET_BITS, Index
from anthology.journal.writer import Writer

__all__ = ["Journal", "JournalError"]

_OWN = (1 << 64 - OFFSET_BITS) - 1
"""The number of the file that the journal itself writes; others count up from 0."""
_FOLD = 100_000
"""How many new entries are held in a dictionary before they go into the arrays."""
_APART = 1.0
"""Seconds between two looks at the folder. An answer takes about as long to come, so that
looking more often would find little more, and a look costs a system call for each file."""
_LONG = 0.05
"""A look that takes more seconds, as over a network, puts off the next one in proportion, so
that looking never takes more than a twentieth of the time."""
_OPEN = 64
"""The most files that are open for looking up; connections need descriptors too."""


@dataclass(slots=True)
class _Reading:
    """How far a file was read.

    Parameters
    ----------
    number
        The file.
    whole
        Where the last line ends that was read to its end.
    size
        How long the file was then.
    """

    number: int
    whole: int = len(HEADER)
    size: int = 0


class Journal:
    """Everything that was ever answered, to be looked up and added to by one thread.

    Parameters
    ----------
    folder
        Where it is kept; made when something is first written to it. What other
        processes add later on is seen after `refresh`.

    Attributes
    ----------
    unread
        What lay in the folder at first and is not used, with the reason.

    Raises
    ------
    JournalError
        If the folder is there and cannot be listed.
    """

    def __init__(self, folder: Path) -> None:
        names, self.unread = journal_files(folder)
        self._folder = folder
        self._paths: list[Path] = []
        self._readings: dict[str, _Reading] = {}
        self._index = Index(*self._read(names, self.unread))
        self._new: dict[int, list[int]] = {}
        self._unfolded = 0
        self._files: dict[int, int] = {}
        self._writer = Writer(folder)
        self._names: dict[str, list[bytes]] = {}
        self._named: set[tuple[str, str]] = set()
        self._next_look = monotonic() + _APART

    @property
    def entries(self) -> int:
        """How many entries can be found, damaged ones included."""
        return len(self._index) + self._unfolded

    def find(self, key: bytes) -> list[bytes]:
        """Return all payloads that were added with a key.

        Parameters
        ----------
        key
            16 bytes.

        Returns
        -------
        :
            By the name of the file, then by line; behind that what this journal added and
            what it found by `refresh`, in the order in which it did so. So what was once the
            first stays the first.

        Raises
        ------
        JournalError
            If this process may open no more files.
        """
        prefix = int.from_bytes(key[:8], "big")
        places = self._index.find(prefix)
        if prefix in self._new:
            places += self._new[prefix]
        if not places:
            return []
        wanted = key.hex().encode()
        payloads = []
        for place in places:
            line = self._line(place)
            if line.startswith(wanted) and is_intact(line):
                payloads.append(line[FRONT:])
        return payloads

    def add(self, key: bytes, model: str, payload: bytes) -> None:
        """Write an entry; when this returns it can be found, and a kill does not lose it.

        Parameters
        ----------
        key
            What was asked, 16 bytes.
        model
            The fingerprint of who answered, 16 lower-case hex digits.
        payload
            The answer, a JSON text without newlines.

        Raises
        ------
        JournalError
            If it cannot be written. What was written before stays, and more can be added
            as soon as there is room.
        """
        line = format_entry(key, model, payload)
        before = b"".join(self._names.get(model, ()))
        offset = self._writer.append(before + line) + len(before)
        self._names.pop(model, None)
        prefix = int.from_bytes(key[:8], "big")
        self._new.setdefault(prefix, []).append(_OWN << OFFSET_BITS | offset)
        self._unfolded += 1
        if self._unfolded >= _FOLD:
            self._fold()

    def refresh(self) -> bool:
        """Look, at most once a second, for what other processes have added by now.

        A line that is still being written is found by a later look, and so is all that
        cannot be read at the moment.

        Returns
        -------
        :
            Whether there is more to be found than before.
        """
        if monotonic() < self._next_look:
            return False
        began, before = monotonic(), self.entries
        prefixes, places = self._read(self._grown(), [])
        if len(prefixes) < _FOLD:
            for prefix, place in zip(prefixes.tolist(), places.tolist(), strict=True):
                self._new.setdefault(prefix, []).append(place)
            self._unfolded += len(prefixes)
            if self._unfolded >= _FOLD:
                self._fold()
        else:
            self._fold()
            self._index.add(prefixes, places)
        ended = monotonic()
        self._next_look = ended + _APART * max(1.0, (ended - began) / _LONG)
        return self.entries > before

    def name(self, model: str, name: str) -> None:
        """Have the file say how people call a model, before the model's next entry."""
        if (model, name) not in self._named:
            self._named.add((model, name))
            self._names.setdefault(model, []).append(format_note({"model": model, "name": name}))

    def add_run(self, stage: str, hits: int, sent: int) -> None:
        """Write how many requests of a stage were found here, and how many were sent.

        Raises
        ------
        JournalError
            If it cannot be written.
        """
        self._writer.append(format_note({"run": stage, "hits": hits, "sent": sent}))

    def close(self) -> None:
        """Let go of all files. Nothing can be found or added any more.

        Raises
        ------
        JournalError
            If the file system says only now that it did not keep what was written.
        """
        for file in self._files.values():
            os.close(file)
        self._files.clear()
        self._writer.close()

    def _follow(self, name: str) -> _Reading:
        """Give a file the next number."""
        reading = self._readings[name] = _Reading(len(self._paths))
        self._paths.append(self._folder / name)
        return reading

    def _read(self, names: Iterable[str], unread: list[Unread]) -> tuple[Unsigned, Unsigned]:
        """Return the prefixes and places of the entries in files, from where reading ended."""
        # Byte arrays grow where they are, while arrays would have to be put together at the end.
        prefixes, places = bytearray(), bytearray()
        for name in names:
            reading = self._readings.get(name) or self._follow(name)
            file = open_journal_file(self._paths[reading.number])
            if isinstance(file, Unread):
                unread.append(file)
                continue
            first = np.uint64(reading.number << OFFSET_BITS)
            try:
                with file:
                    file.seek(reading.whole)
                    for found, offsets, whole in scan(file):
                        prefixes += found.data
                        places += (offsets | first).data
                        reading.whole = whole
                    reading.size = file.tell()
            except OSError as error:
                unread.append(Unread(name, f"not read to its end: {error.strerror}"))
        return np.frombuffer(prefixes, np.uint64), np.frombuffer(places, np.uint64)

    def _grown(self) -> list[str]:
        """Return the names of other processes' files that are longer than when they were read."""
        names = []
        with suppress(OSError), os.scandir(self._folder) as files:
            for file in files:
                if file.name.endswith(SUFFIX) and file.name != self._writer.name:
                    reading = self._readings.get(file.name)
                    with suppress(OSError):
                        if file.stat().st_size > (reading.size if reading else 0):
                            names.append(file.name)
        return sorted(names)

    def _fold(self) -> None:
        """Move what was added into the arrays, where it takes a tenth of the memory."""
        counts = [len(places) for places in self._new.values()]
        places = np.array([p for places in self._new.values() for p in places], np.uint64)
        prefixes = np.repeat(np.fromiter(self._new, np.uint64, len(counts)), counts)
        self._index.add(prefixes, places)
        self._new.clear()
        self._unfolded = 0

    def _line(self, place: int) -> bytes:
        """Read one line; empty where it cannot be read to its end."""
        number, offset = place >> OFFSET_BITS, place & (1 << OFFSET_BITS) - 1
        size = 1024
        try:
            file = self._file(number)
            line = os.pread(file, size, offset)
            end = line.find(b"\n")
            while end < 0 and len(line) == size:
                size *= 8
                line = os.pread(file, size, offset)
                end = line.find(b"\n")
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise JournalError(
                    f"the journal cannot be read: {error.strerror}",
                    where=str(self._paths[number]),
                    hint="Allow more open files (ulimit -n), or ask fewer at the same time.",
                ) from error
            return b""
        return line[: max(end, 0)]

    def _file(self, number: int) -> int:
        """Return a descriptor of a file, at the cost of the one that was opened first."""
        if number == _OWN:
            return self._writer.file
        file = self._files.get(number)
        if file is None:
            if len(self._files) == _OPEN:
                os.close(self._files.pop(next(iter(self._files))))
            file = os.open(self._paths[number], os.O_RDONLY | os.O_CLOEXEC)
            self._files[number] = file
        return file
