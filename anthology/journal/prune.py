"""The journal as a whole: what it holds, and taking out what nobody needs any more."""

import fcntl
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from anthology.journal.format import (
    EMPTY,
    HEADER,
    KEY,
    LOCK,
    MODEL,
    UNFINISHED,
    JournalError,
    Unread,
    is_entry,
    journal_files,
    open_journal_file,
    read_lines,
    read_note,
)


@dataclass(slots=True)
class FileContent:
    """What one file of the journal holds.

    Parameters
    ----------
    name
        The file.
    size
        Its length in bytes.
    entries, entry_bytes
        For each model's fingerprint, how many answers and how long their lines are.
    damaged
        Lines that are neither an entry nor a note as it was written.
    unfinished
        Whether the last line ends nowhere, as after a kill.
    names
        For each model's fingerprint, what people called it.
    hits, sent
        For each stage, how many requests its runs found in the journal and how many
        they sent.
    """

    name: str
    size: int = len(HEADER)
    entries: Counter[str] = field(default_factory=Counter)
    entry_bytes: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    unfinished: bool = False
    names: dict[str, set[str]] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the journal holds: file by file, and what is not used."""

    files: list[FileContent]
    unread: list[Unread]

    def total(self) -> FileContent:
        """Return the sum over all files, under the name `total`."""
        whole = FileContent("total", size=0)
        for file in self.files:
            whole.size += file.size
            whole.damaged += file.damaged
            whole.unfinished = whole.unfinished or file.unfinished
            for counter in ("entries", "entry_bytes", "hits", "sent"):
                getattr(whole, counter).update(getattr(file, counter))
            for model, names in file.names.items():
                whole.names.setdefault(model, set()).update(names)
        return whole


@dataclass(slots=True)
class Pruned:
    """What pruning did.

    Parameters
    ----------
    kept, removed
        Entries in the files that were gone through.
    freed
        By how many bytes the journal is smaller.
    left
        What was left as it was, with the reason: damaged and foreign files.
    """

    kept: int = 0
    removed: int = 0
    freed: int = 0
    left: list[Unread] = field(default_factory=list)


def overview(folder: Path) -> Overview:
    """Read the whole journal and check every line.

    Parameters
    ----------
    folder
        Where it is kept; a folder that is not there is an empty journal.

    Raises
    ------
    JournalError
        If the folder is there and cannot be listed.
    """
    names, unread = journal_files(folder)
    files = []
    for name in names:
        content = _content(folder / name)
        if isinstance(content, Unread):
            unread.append(content)
        else:
            files.append(content)
    return Overview(files, unread)


def prune(folder: Path, needed: Callable[[bytes, str], bool]) -> Pruned:
    """Take out of the journal what is not needed, and what runs counted.

    Each file is written anew beside itself and then takes its own place, so that the
    order of entries stays, and a kill or a full disk at any moment loses nothing.

    Parameters
    ----------
    folder
        Where it is kept.
    needed
        Says of an entry's key (16 bytes) and model (fingerprint) whether it stays.

    Raises
    ------
    JournalError
        If another process is writing to the journal, or it cannot be read or changed.
    """
    names, others = journal_files(folder)
    done = Pruned(left=others)
    if not folder.exists():
        return done
    lock = _locked_alone(folder)
    try:
        for rest in folder.glob(f"*{UNFINISHED}"):
            rest.unlink(missing_ok=True)
        for name in names:
            _prune_file(folder / name, needed, done)
    except OSError as error:
        raise JournalError(
            f"the journal cannot be pruned: {error.strerror}",
            where=str(error.filename or folder),
            hint="Nothing that is needed is lost; mend this and prune again.",
        ) from error
    finally:
        os.close(lock)
    return done


def _content(path: Path) -> FileContent | Unread:
    file = open_journal_file(path)
    if isinstance(file, Unread):
        return file
    content = FileContent(path.name)
    try:
        with file:
            for line in read_lines(file):
                _count(line, content)
    except OSError as error:
        return Unread(path.name, f"not read to its end: {error.strerror}")
    return content


def _count(line: bytes, content: FileContent) -> bool:
    """Add a line to what its file holds, and say whether it is an entry."""
    content.size += len(line)
    if not line.endswith(b"\n"):
        content.unfinished = True
    elif is_entry(line[:-1]):
        model = _model(line)
        content.entries[model] += 1
        content.entry_bytes[model] += len(line)
        return True
    else:
        match read_note(line):
            case {"model": str(model), "name": str(name)}:
                content.names.setdefault(model, set()).add(name)
            case {"run": str(stage), "hits": int(hits), "sent": int(sent)}:
                content.hits[stage] += hits
                content.sent[stage] += sent
            case None if line != b"\n":
                content.damaged += 1
    return False


def _model(line: bytes) -> str:
    return line[KEY + 1 : KEY + 1 + MODEL].decode()


def _locked_alone(folder: Path) -> int:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise JournalError(
            f"the journal cannot be pruned: {error.strerror}",
            where=str(folder),
            hint="Make the folder writable for you.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise JournalError(
            "the journal cannot be pruned while another process uses it",
            where=str(folder),
            hint="Prune when no run is going on.",
        ) from None
    except OSError as error:
        os.close(lock)
        raise JournalError(
            f"the journal cannot be locked, so nobody knows whether it is in use: {error.strerror}",
            where=str(folder),
            hint="Prune a copy of it on a local disk and put that in its place.",
        ) from error
    return lock


def _prune_file(path: Path, needed: Callable[[bytes, str], bool], done: Pruned) -> None:
    file = open_journal_file(path)
    if isinstance(file, Unread):
        if file.reason == EMPTY:
            path.unlink()
        else:
            done.left.append(file)
        return
    beside = path.with_name(path.name + UNFINISHED)
    try:
        with file:
            old = FileContent(path.name)
            kept, size = _copy(file, beside, needed, old)
        if old.damaged:
            done.left.append(Unread(path.name, f"{old.damaged} damaged lines"))
            return
        if kept:
            beside.rename(path)
        else:
            path.unlink()
    finally:
        beside.unlink(missing_ok=True)
    done.kept += kept
    done.removed += old.entries.total() - kept
    done.freed += old.size - (size if kept else 0)


def _copy(
    file: FileIO, beside: Path, needed: Callable[[bytes, str], bool], old: FileContent
) -> tuple[int, int]:
    """Copy what is needed and count what was there; return entries and bytes of the copy."""
    kept = 0
    with beside.open("wb") as copy:
        copy.write(HEADER)
        for line in read_lines(file):
            if _count(line, old):
                if needed(bytes.fromhex(line[:KEY].decode()), _model(line)):
                    kept += copy.write(line) > 0
            elif "name" in (read_note(line) or {}):
                copy.write(line)
        copy.flush()
        os.fsync(copy.fileno())
        return kept, copy.tell()
