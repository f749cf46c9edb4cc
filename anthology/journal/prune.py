"""The journal as a whole: an overview of it, and removing what is no longer needed."""

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
class Content:
    """What one file of the journal holds, or all of them together.

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
    size: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    entry_bytes: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    unfinished: bool = False
    names: dict[str, set[str]] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def count(self, line: bytes) -> bool:
        """Add a line of a file, and say whether it is an entry."""
        self.size += len(line)
        if not line.endswith(b"\n"):
            self.unfinished = True
        elif is_entry(line[:-1]):
            model = _model(line)
            self.entries[model] += 1
            self.entry_bytes[model] += len(line)
            return True
        else:
            match read_note(line):
                case {"model": str(model), "name": str(name)}:
                    self.names.setdefault(model, set()).add(name)
                case {"run": str(stage), "hits": int(hits), "sent": int(sent)}:
                    self.hits[stage] += hits
                    self.sent[stage] += sent
                case None if line != b"\n":
                    self.damaged += 1
        return False


@dataclass(frozen=True, slots=True)
class Overview:
    """What the journal holds: each file, all of them together, and what is not used."""

    files: list[Content]
    total: Content
    unread: list[Unread]


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
    files, total = [], Content("total")
    for name in names:
        file = open_journal_file(folder / name)
        if isinstance(file, Unread):
            unread.append(file)
            continue
        content = Content(name, len(HEADER))
        try:
            with file:
                for line in read_lines(file):
                    content.count(line)
        except OSError as error:
            unread.append(Unread(name, f"not read to its end: {error.strerror}"))
            continue
        files.append(content)
        total.size += content.size
        total.damaged += content.damaged
        total.unfinished |= content.unfinished
        for counter in ("entries", "entry_bytes", "hits", "sent"):
            getattr(total, counter).update(getattr(content, counter))
        for model, called in content.names.items():
            total.names.setdefault(model, set()).update(called)
    return Overview(files, total, unread)


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
    lock = _lock_alone(folder)
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


def _model(line: bytes) -> str:
    return line[KEY + 1 : KEY + 1 + MODEL].decode()


def _lock_alone(folder: Path) -> int:
    """Take the lock that every writer shares, and so make sure that nobody writes."""
    lock = -1
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if lock < 0:
            what = f"the journal cannot be pruned: {error.strerror}"
            hint = "Make the folder writable for you."
        elif isinstance(error, BlockingIOError):
            what = "the journal cannot be pruned while another process uses it"
            hint = "Prune when no run is going on."
        else:
            what = f"the journal cannot be locked, so it may be in use: {error.strerror}"
            hint = "Prune a copy of it on a local disk and put that in its place."
        if lock >= 0:
            os.close(lock)
        raise JournalError(what, where=str(folder), hint=hint) from error
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
            old = Content(path.name, len(HEADER))
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
    file: FileIO, beside: Path, needed: Callable[[bytes, str], bool], old: Content
) -> tuple[int, int]:
    """Copy what is needed and count what was there; return entries and bytes of the copy."""
    kept = 0
    with beside.open("wb") as copy:
        copy.write(HEADER)
        for line in read_lines(file):
            if old.count(line):
                if needed(bytes.fromhex(line[:KEY].decode()), _model(line)):
                    kept += copy.write(line) > 0
            elif "name" in (read_note(line) or {}):
                copy.write(line)
        copy.flush()
        os.fsync(copy.fileno())
        return kept, copy.tell()
