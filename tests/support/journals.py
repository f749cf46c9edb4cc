"""Small journals with numbered entries."""

from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from anthology.journal.format import HEADER, SUFFIX, format_entry
from anthology.journal.journal import Journal

MODEL, OTHER = "0123456789abcdef", "fedcba9876543210"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"


def key(number: int) -> bytes:
    return blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def payload(number: int) -> bytes:
    return b'{"text":"answer %d"}' % number


def line(number: int, model: str = MODEL) -> bytes:
    return format_entry(key(number), model, payload(number))


def fill(folder: Path, *numbers: int, model: str = MODEL) -> Path:
    """Add entries as one process does, and return the file that they are in."""
    before = set(folder.glob("*"))
    with closing(Journal(folder)) as journal:
        for number in numbers:
            journal.add(key(number), model, payload(number))
    (made,) = {path for path in folder.glob(f"*{SUFFIX}") if path not in before}
    return made


def put(folder: Path, name: str, *lines: bytes) -> Path:
    """Write a journal file as it might lie there."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}{SUFFIX}"
    path.write_bytes(HEADER + b"".join(lines))
    return path


def found(folder: Path, *numbers: int) -> list[bool]:
    """Say which of some entries are there as they were added."""
    with closing(Journal(folder)) as journal:
        return [journal.find(key(number)) == [payload(number)] for number in numbers]
