"""File format of the journal: how lines are written, checked and found.

The first line is `anthology journal 1`. Every other line is an entry,

    <key, 32 hex digits> <model, 16> <check, 8> <payload>

or a note, `# <check> <JSON object>`. A check is the CRC-32 of the rest of its line.
Lines are only ever added, so what a killed process leaves behind is at worst one
line that is not whole, and such a line is skipped.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, FileIO
from json import loads
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from anthology.errors import AnthologyError
from anthology.records import canonical_json

HEADER = b"anthology journal 1\n"
SUFFIX = ".journal"
UNFINISHED = ".new"
"""What a file's name ends with while it is rewritten."""
LOCK = "lock"
"""The file that writers lock together and a rewriter alone."""

EMPTY = "empty"
"""Why a file is not used that ends within its first line; its writer came no further."""

KEY, MODEL, FRONT = 32, 16, 59
"""How many characters the key, the model and all that stands before the payload have."""

Unsigned = npt.NDArray[np.uint64]

_ENTRY = re.compile(rb"[0-9a-f]{32} [0-9a-f]{16} [0-9a-f]{8} [^\n]")
_NOTE = re.compile(rb"# ([0-9a-f]{8}) ([^\n]+)\n?")
_MODEL = re.compile(r"[0-9a-f]{16}")
_WINDOW = 1 << 20
_LONGEST = 64 << 20

_SPACES = [KEY, KEY + 1 + MODEL, FRONT - 1]
_BOUND = np.full(FRONT, 16, np.uint8)
_BOUND[_SPACES] = 17
_DIGIT = np.full(256, 255, np.uint8)
_DIGIT[list(b"0123456789abcdef ")] = np.arange(17)


class JournalError(AnthologyError):
    """The journal cannot be written or changed, or its folder cannot be read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file in the journal's folder whose content is not used.

    Parameters
    ----------
    name
        The file.
    reason
        Why it is not used.
    """

    name: str
    reason: str


def format_entry(key: bytes, model: str, payload: bytes) -> bytes:
    """Write one entry.

    Parameters
    ----------
    key
        What was asked, 16 bytes.
    model
        Who answered: 16 lower-case hex digits.
    payload
        The answer, without a newline.

    Raises
    ------
    ValueError
        If one of them has another form.
    """
    if len(key) * 2 != KEY or not _MODEL.fullmatch(model) or not payload or b"\n" in payload:
        raise ValueError(f"no entry can be made of {key!r}, {model!r} and {payload[:60]!r}")
    front = f"{key.hex()} {model} ".encode()
    return b"%s%08x %s\n" % (front, crc32(payload, crc32(front)), payload)


def format_note(said: dict[str, Any]) -> bytes:
    """Write one note, a line that lookups pass over."""
    text = canonical_json(said).encode()
    return b"# %08x %s\n" % (crc32(text), text)


def is_intact(line: bytes) -> bool:
    """Say whether the check of what has the form of an entry, less its newline, is right."""
    check = crc32(line[FRONT:], crc32(line[: FRONT - 9]))
    return line[FRONT - 9 : FRONT - 1] == b"%08x" % check


def is_entry(line: bytes) -> bool:
    """Say whether a line, less its newline, is an entry as it was written."""
    return _ENTRY.match(line) is not None and is_intact(line)


def read_note(line: bytes) -> dict[str, Any] | None:
    """Return what a note says, or None where the line is not one as it was written."""
    found = _NOTE.fullmatch(line)
    if found is None or found[1] != b"%08x" % crc32(found[2]):
        return None
    try:
        said = loads(found[2])
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def journal_files(folder: Path) -> tuple[list[str], list[Unread]]:
    """Return the names of a folder's journal files, sorted, and what else lies there.

    Raises
    ------
    JournalError
        If the folder is there and cannot be listed: to take it for empty would be to pay
        once more for everything in it.
    """
    try:
        found = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise JournalError(
            f"the journal cannot be read: {error.strerror}",
            where=str(folder),
            hint="It must be a folder that you may read and write, or not be there at all.",
        ) from error
    names = [name for name in found if name.endswith(SUFFIX)]
    known = {*names, LOCK}
    others = [name for name in found if name not in known and not name.endswith(UNFINISHED)]
    return names, [Unread(name, "not a journal file") for name in others]


def open_journal_file(path: Path) -> FileIO | Unread:
    """Open a journal file behind its first line, or say why it is not used."""
    file = None
    try:
        # What is not a plain file may block for ever when it is opened.
        if not stat.S_ISREG(path.stat().st_mode):
            return Unread(path.name, "not a plain file")
        file = FileIO(path)
        begun = file.read(len(HEADER))
    except OSError as error:
        if file is not None:
            file.close()
        return Unread(path.name, error.strerror or str(error))
    if begun == HEADER:
        return file
    file.close()
    if HEADER.startswith(begun):
        return Unread(path.name, EMPTY)
    return Unread(path.name, "not a journal file")


def read_lines(file: FileIO) -> Iterator[bytes]:
    """Read line by line, each with its newline; only the last one may lack it.

    What is longer than any answer comes in pieces, which are no entries.
    """
    reader = BufferedReader(file, 1 << 20)
    while line := reader.readline(_LONGEST):
        yield line


def scan(file: FileIO, window: int = _WINDOW) -> Iterator[tuple[Unsigned, Unsigned, int]]:
    """Find entries by their form, many at once; their checks are not looked at.

    Memory is bounded by the window, however long the file or a line is.

    Parameters
    ----------
    file
        A journal file, read on from where it stands, which must be where a line begins.
    window
        How many bytes are read at once.

    Yields
    ------
    :
        For each entry the first 8 bytes of its key as a number, and where in the file
        it begins; and where the last line that was read to its end ends.

    Raises
    ------
    OSError
        If the file cannot be read on.
    """
    buffer = np.empty(FRONT + window, np.uint8)
    fronts = np.ndarray(window + 1, f"V{FRONT}", buffer, strides=(1,))
    # Of a line that began in an earlier window, the first `held` bytes stand in front.
    position = begins = file.tell()
    held = 0
    while got := file.readinto(buffer.data[held : held + window]):
        filled, shift = held + got, position - held
        position += got
        ends = np.flatnonzero(buffer[:filled] == ord("\n"))
        rest = 0
        if len(ends):
            rest = int(ends[-1]) + 1
            starts = np.concatenate(([0], ends[:-1] + 1))
            places = starts + shift
            places[0], begins = begins, rest + shift
            long = ends + shift - places > FRONT
            digits = _DIGIT[fronts[starts[long]].view(np.uint8).reshape(-1, FRONT)]
            formed = (digits < _BOUND).all(axis=1) & (digits[:, _SPACES] == 16).all(axis=1)
            pairs = digits[formed, :16]
            prefixes = (pairs[:, ::2] << 4 | pairs[:, 1::2]).view(">u8").ravel()
            yield prefixes.astype(np.uint64), places[long][formed].astype(np.uint64), begins
        held = min(filled - rest, FRONT)
        buffer[:held] = buffer[rest : rest + held].copy()
