"""The one file of the journal that a process writes."""

import errno
import fcntl
import os
import re
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

from anthology.journal.format import HEADER, LOCK, SUFFIX, JournalError


class Writer:
    """A file of its own, made when something is first written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder
        self._lock = -1
        self._end = 0
        self._torn = False
        self.file = -1

    @property
    def name(self) -> str:
        """The file's name, once there is one."""
        return self._path.name

    def append(self, lines: bytes) -> int:
        """Write whole lines and return where in the file they begin.

        Raises
        ------
        JournalError
            If they cannot be written. What follows will still be readable.
        """
        try:
            if self.file < 0:
                self._create()
            # Bytes are never taken back: another process may be reading them.
            before = b"" if self._end else HEADER
            if self._torn:
                before = b"\n"
            left = memoryview(before + lines)
            while left:
                left = left[os.write(self.file, left) :]
        except OSError as error:
            self._recover()
            raise _unwritable(error, self._path) from error
        except BaseException:
            self._recover()
            raise
        start = self._end + len(before)
        self._end = start + len(lines)
        self._torn = False
        return start

    def close(self) -> None:
        """Close the file for good."""
        file, lock = self.file, self._lock
        self.file = self._lock = -1
        self._end, self._torn = 0, False
        if lock >= 0:
            os.close(lock)
        if file >= 0:
            try:
                os.fsync(file)
            except OSError as error:
                raise _unwritable(error, self._path) from error
            finally:
                os.close(file)

    def _create(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._lock = os.open(self._folder / LOCK, flags, 0o666)
        # Where a file system has no locks, writing goes on and only pruning refuses.
        with suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        path = self._folder / _new_name()
        self.file = os.open(path, flags | os.O_EXCL | os.O_APPEND, 0o666)
        self._path = path

    def _recover(self) -> None:
        """Make ready for the next write, whatever became of the last one."""
        if self.file >= 0 and self._end:
            end = os.lseek(self.file, 0, os.SEEK_END)
            self._torn = self._torn or end > self._end
            self._end = end
            return
        # Without its first line whole a file is no journal file, so it begins again.
        if self.file >= 0:
            with suppress(OSError):
                self._path.unlink()
        with suppress(JournalError):
            self.close()
        self._path = self._folder


def _new_name() -> str:
    """Name a file so that names sort by time and none is ever given twice."""
    host = re.sub(r"[^A-Za-z0-9]+", "_", socket.gethostname())[:40]
    when = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return f"{when}-{host}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"


def _unwritable(error: OSError, path: Path) -> JournalError:
    hint = {
        errno.ENOSPC: "Make room on the disk and run again",
        errno.EDQUOT: "Make room within your quota and run again",
        errno.EACCES: "Make it writable for you and run again",
        errno.EPERM: "Make it writable for you and run again",
        errno.EROFS: "Make it writable for you and run again",
        errno.EEXIST: "Move away what stands where the journal's folder belongs and run again",
        errno.ENOTDIR: "Move away what stands where the journal's folder belongs and run again",
    }.get(error.errno or 0, "See that it can be written to and run again")
    return JournalError(
        f"the journal cannot be written: {error.strerror or error}",
        where=str(path),
        hint=f"{hint}; what it holds already is not asked again.",
    )
