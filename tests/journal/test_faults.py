"""Files that are not as they should be, and disks that take no more."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.journal.format import EMPTY, HEADER, SUFFIX
from anthology.journal.journal import Journal, JournalError
from anthology.journal.prune import overview, prune
from anthology.journal.writer import Writer
from tests.support.journals import MODEL, PNG, found, key, line, payload, put

NOBODY = 65534


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    whole = HEADER + line(1) + line(2)
    path = put(tmp_path, "2026")
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        first = end >= len(HEADER + line(1))
        assert found(tmp_path, 1, 2) == [first, False], end


def test_a_torn_line_in_the_middle_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, "2026", line(1), line(2)[:40], b"\n", line(3), line(4)[:-5], b"\n", line(5))
    assert found(tmp_path, 1, 2, 3, 4, 5) == [True, False, True, False, True]
    assert overview(tmp_path).total.damaged == 2


@pytest.mark.parametrize("at", [3, 32, 40, 55, 58, 70])
def test_a_line_with_a_wrong_byte_is_not_found(tmp_path: Path, at: int) -> None:
    spoilt = bytearray(line(2))
    spoilt[at] = ord("e") if spoilt[at] != ord("e") else ord("d")
    put(tmp_path, "2026", line(1), bytes(spoilt), line(3))
    assert found(tmp_path, 1, 2, 3) == [True, False, True]
    assert overview(tmp_path).total.damaged == 1


@given(st.lists(st.one_of(st.binary(max_size=200), st.integers(1, 9).map(line)), max_size=10))
def test_reading_survives_any_file_content(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    put(folder, "1", *pieces, b"\n", line(10))
    (folder / f"2{SUFFIX}").write_bytes(b"".join(pieces))
    assert found(folder, 10) == [True]
    with closing(Journal(folder)) as journal:
        intact = sum(len(journal.find(key(number))) for number in range(1, 11))
        assert journal.entries >= intact
    assert overview(folder).total.entries.total() == intact


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", EMPTY),
        (HEADER[:9], EMPTY),
        (PNG, "not a journal file"),
        (b"Dear diary,\n", "not a journal file"),
        (b"anthology journal 2\n", "not a journal file"),
        (b"\0" * 10_000, "not a journal file"),
    ],
)
def test_a_file_that_is_no_journal_is_left_out_and_named(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    put(tmp_path, "2", line(1))
    (tmp_path / f"1{SUFFIX}").write_bytes(content)
    with closing(Journal(tmp_path)) as journal:
        assert journal.find(key(1)) == [payload(1)]
        assert [(file.name, file.reason) for file in journal.unread] == [(f"1{SUFFIX}", reason)]


def test_a_file_of_another_name_is_left_out_and_named(tmp_path: Path) -> None:
    put(tmp_path, "1", line(1)).rename(tmp_path / "notes.txt")
    with closing(Journal(tmp_path)) as journal:
        assert journal.find(key(1)) == []
        assert [file.name for file in journal.unread] == ["notes.txt"]


def test_a_folder_and_a_pipe_among_the_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "3", line(1))
    (tmp_path / f"1{SUFFIX}").mkdir()
    os.mkfifo(tmp_path / f"2{SUFFIX}")
    with closing(Journal(tmp_path)) as journal:
        assert journal.find(key(1)) == [payload(1)]
        assert [file.reason for file in journal.unread] == ["not a plain file"] * 2


@pytest.fixture
def not_root() -> Iterator[Path]:
    """A folder, and a user who owns it and whom permissions bind, which they do not root."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


def test_a_file_that_may_not_be_read_is_left_out_and_named(not_root: Path) -> None:
    put(not_root, "1", line(1)).chmod(0)
    put(not_root, "2", line(2))
    with closing(Journal(not_root)) as journal:
        assert journal.find(key(2)) == [payload(2)]
        assert [file.reason for file in journal.unread] == ["Permission denied"]


def test_a_folder_that_may_not_be_listed_is_an_error(not_root: Path) -> None:
    put(not_root, "1", line(1))
    not_root.chmod(0o300)
    with pytest.raises(JournalError, match="cannot be read: Permission denied"):
        Journal(not_root)
    not_root.chmod(0o700)


def test_a_read_only_folder_is_read_and_not_written(not_root: Path) -> None:
    put(not_root, "1", line(1))
    not_root.chmod(0o500)
    with closing(Journal(not_root)) as journal:
        assert journal.find(key(1)) == [payload(1)]
        with pytest.raises(JournalError, match=r"(?s)Permission denied.*Make it writable"):
            journal.add(key(2), MODEL, payload(2))
    not_root.chmod(0o700)


def test_a_file_that_breaks_off_while_it_is_read_gives_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", line(1), *(line(number) for number in range(2, 20_000)))

    class Broken(FileIO):
        def readinto(self, buffer: Any) -> int:
            if self.tell() > len(HEADER):
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(buffer)

    monkeypatch.setattr("anthology.journal.format.FileIO", Broken)
    with closing(Journal(tmp_path)) as journal:
        assert journal.find(key(1)) == [payload(1)]
        assert journal.find(key(19_999)) == []
        assert "Input/output error" in journal.unread[0].reason


def test_a_file_that_goes_away_is_as_if_it_had_held_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, "1", line(1))
    with closing(Journal(tmp_path)) as journal:
        path.unlink()
        assert journal.find(key(1)) == []


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("not a folder")
    with pytest.raises(JournalError, match=r"journal: the journal cannot be read: Not a dir"):
        Journal(tmp_path / "journal")


def test_a_folder_that_cannot_be_made_is_an_error_at_the_first_write(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("not a folder")
    writer = Writer(tmp_path / "cache/journal")
    with pytest.raises(JournalError, match=r"(?s)cache/journal: .*written.*Move away"):
        writer.append(line(1))


def mounted(folder: Path, options: str) -> None:
    """Mount a small file system, or skip the test."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    mounted(disk, "size=64k")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_an_error_and_loses_nothing(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(20_000))
    with closing(Journal(small_disk / "journal")) as journal:
        added = 0
        with pytest.raises(JournalError, match=r"(?s)No space left.*Make room on the disk"):
            for number in range(1_000):
                journal.add(key(number), MODEL, payload(number) * 20)
                added += 1
        assert 50 < added < 1_000
        for number in range(added):
            assert journal.find(key(number)) == [payload(number) * 20]
        ballast.unlink()
        journal.add(key(2_000), MODEL, payload(2_000))
        assert journal.find(key(2_000)) == [payload(2_000)]
    with closing(Journal(small_disk / "journal")) as journal:
        for number in range(added):
            assert journal.find(key(number)) == [payload(number) * 20]
        assert journal.find(key(added)) == []
        assert journal.find(key(2_000)) == [payload(2_000)]


def test_a_read_only_disk_is_read_and_not_written(small_disk: Path) -> None:
    put(small_disk, "1", line(1))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with closing(Journal(small_disk)) as journal:
        assert journal.find(key(1)) == [payload(1)]
        with pytest.raises(JournalError, match=r"(?s)Read-only file system.*Make it writable"):
            journal.add(key(2), MODEL, payload(2))
    with pytest.raises(JournalError, match="Read-only file system"):
        prune(small_disk, lambda key, model: False)


class Disk:
    """Stands for os.write on a disk that takes some more bytes and is then full."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, file: int, text: bytes | memoryview) -> int:
        taken = bytes(text[: self.room])
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(taken)
        return self._write(file, taken)


@pytest.mark.parametrize("room", range(0, 2 * len(line(2)) + 8, 7))
def test_a_line_that_was_written_in_part_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    with closing(Journal(tmp_path)) as journal:
        journal.add(key(1), MODEL, payload(1))
        disk = Disk(room)
        monkeypatch.setattr("anthology.journal.writer.os.write", disk)
        added = [1]
        for number in (2, 3, 4):
            try:
                journal.add(key(number), MODEL, payload(number))
                added.append(number)
            except JournalError:
                pass
        disk.room = 1_000_000
        journal.add(key(5), MODEL, payload(5))
        added.append(5)
        for number in added:
            assert journal.find(key(number)) == [payload(number)]
    assert all(found(tmp_path, *added))


@pytest.mark.parametrize("room", [0, 5, len(HEADER), len(HEADER) + 70])
def test_a_first_write_that_fails_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    disk = Disk(room)
    monkeypatch.setattr("anthology.journal.writer.os.write", disk)
    with closing(Journal(tmp_path)) as journal:
        with pytest.raises(JournalError, match="No space left"):
            journal.add(key(1), MODEL, payload(1))
        assert not list(tmp_path.glob(f"*{SUFFIX}"))
        disk.room = 1_000_000
        journal.add(key(1), MODEL, payload(1))
        assert journal.find(key(1)) == [payload(1)]
    assert found(tmp_path, 1) == [True]


def test_a_slow_disk_that_takes_a_line_in_pieces_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr("anthology.journal.writer.os.write", lambda f, text: write(f, text[:11]))
    with closing(Journal(tmp_path)) as journal:
        journal.add(key(1), MODEL, payload(1))
        journal.add(key(2), MODEL, payload(2))
    assert found(tmp_path, 1, 2) == [True, True]
