"""What other processes add to the journal while it is open."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.journal.format import HEADER, SUFFIX, format_entry
from anthology.journal.journal import Journal
from tests.support.journals import MODEL, PNG, fill, key, line, payload, put


class Clock:
    """Stands for the clock of the journal, and counts the looks at its folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.looks, self.slow = 0.0, 0, 0.0
        self._scandir = os.scandir
        monkeypatch.setattr("anthology.journal.journal.monotonic", lambda: self.now)
        monkeypatch.setattr("anthology.journal.journal.os.scandir", self._look)

    def _look(self, folder: Path) -> Any:
        self.looks += 1
        self.now += self.slow
        return self._scandir(folder)

    def refreshed(self, journal: Journal) -> bool:
        """Refresh a journal when a long time has gone by."""
        self.now += 1_000
        return journal.refresh()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with closing(Journal(tmp_path)) as opened:
        clock.looks = 0
        yield opened


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_what_another_process_adds_is_found_after_a_refresh_and_not_before(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    fill(tmp_path, 1, 2)
    assert journal.find(key(1)) == []
    assert clock.refreshed(journal)
    assert [journal.find(key(number)) for number in (1, 2)] == [[payload(1)], [payload(2)]]
    assert journal.entries == 2


def test_a_file_that_was_there_is_read_on_from_where_reading_ended(
    tmp_path: Path, clock: Clock
) -> None:
    path = put(tmp_path, "1", line(1))
    with closing(Journal(tmp_path)) as journal:
        for number in (2, 3, 4):
            append(path, line(number))
            assert clock.refreshed(journal)
        assert journal.entries == 4
        assert all(journal.find(key(number)) == [payload(number)] for number in (1, 2, 3, 4))


def test_without_anything_new_a_refresh_says_so(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    assert not clock.refreshed(journal)
    fill(tmp_path, 1)
    assert clock.refreshed(journal)
    assert not clock.refreshed(journal)


def test_a_folder_that_is_not_there_yet_holds_nothing_new(tmp_path: Path, clock: Clock) -> None:
    with closing(Journal(tmp_path / "cache/journal")) as journal:
        assert not clock.refreshed(journal)
        fill(tmp_path / "cache/journal", 1)
        assert clock.refreshed(journal)


def test_thousands_of_refreshes_within_a_second_look_once(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    put(tmp_path, "1", line(1))
    clock.now += 0.99
    assert not any(journal.refresh() for _ in range(5_000))
    assert clock.looks == 0
    clock.now += 0.01
    assert sum(journal.refresh() for _ in range(5_000)) == 1
    assert clock.looks == 1


def test_a_slow_look_puts_off_the_next_one(clock: Clock, journal: Journal) -> None:
    clock.slow = 0.5
    clock.refreshed(journal)
    clock.now += 9.9
    journal.refresh()
    assert clock.looks == 1
    clock.now += 0.1
    journal.refresh()
    assert clock.looks == 2


@pytest.mark.parametrize("there", [b"", HEADER, HEADER + line(1)])
def test_a_line_seen_while_it_is_written_is_found_when_it_is_whole(
    tmp_path: Path, clock: Clock, there: bytes
) -> None:
    whole = HEADER + line(1) + line(2) + line(3)
    path = tmp_path / f"1{SUFFIX}"
    for end in range(len(there), len(whole)):
        path.write_bytes(there)
        with closing(Journal(tmp_path)) as journal:
            append(path, whole[len(there) : end])
            clock.refreshed(journal)
            append(path, whole[end:])
            assert clock.refreshed(journal)
            assert [journal.find(key(n)) for n in (1, 2, 3)] == [[payload(n)] for n in (1, 2, 3)]
            assert journal.entries == 3, end


def test_a_line_that_never_became_whole_hides_no_later_one(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    path = put(tmp_path, "1", line(1), line(2)[:-9])
    assert clock.refreshed(journal)
    append(path, b"\n" + line(3))
    assert clock.refreshed(journal)
    assert [journal.find(key(n)) for n in (1, 2, 3)] == [[payload(1)], [], [payload(3)]]


def test_what_a_killed_process_left_is_not_read_at_every_look(
    tmp_path: Path, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", line(1), line(2)[:-9])
    clock.refreshed(journal)
    monkeypatch.setattr("anthology.journal.journal.open_journal_file", None)
    assert not clock.refreshed(journal)


def test_the_journals_own_file_is_not_read_again(clock: Clock, journal: Journal) -> None:
    journal.add(key(1), MODEL, payload(1))
    assert not clock.refreshed(journal)
    assert journal.find(key(1)) == [payload(1)]
    assert journal.entries == 1


def test_new_files_are_not_taken_for_the_journals_own(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    journal.add(key(0), MODEL, payload(0))
    for number in range(1, 100):
        fill(tmp_path, number)
        assert clock.refreshed(journal)
    journal.add(key(100), MODEL, payload(100))
    assert all(journal.find(key(number)) == [payload(number)] for number in range(101))


@pytest.mark.parametrize("fold", [3, 100])
def test_entries_stay_in_the_order_in_which_they_were_seen(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, fold: int
) -> None:
    monkeypatch.setattr("anthology.journal.journal._FOLD", fold)

    def of_one_key(*numbers: int) -> list[bytes]:
        return [format_entry(key(1), MODEL, b"%d" % number) for number in numbers]

    path = put(tmp_path, "5", *of_one_key(1))
    with closing(Journal(tmp_path)) as journal:
        journal.add(key(1), MODEL, b"2")
        put(tmp_path, "7", *of_one_key(5, 6, 7, 8))
        append(path, b"".join(of_one_key(4)))
        put(tmp_path, "3", *of_one_key(3))
        assert clock.refreshed(journal)
        journal.add(key(1), MODEL, b"9")
        assert journal.find(key(1)) == [b"%d" % number for number in range(1, 10)]


_STEPS = st.lists(
    st.tuples(st.sampled_from(["own", "other", "torn", "refresh"]), st.integers(0, 2)), max_size=40
)


@given(_STEPS, st.integers(1, 5))
def test_entries_only_ever_follow_behind_those_that_were_found(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], fold: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    other, torn = put(folder, "other"), b""
    added = {0: 0, 1: 0, 2: 0}
    found: dict[int, list[bytes]] = {number: [] for number in added}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anthology.journal.journal._FOLD", fold)
        clock = Clock(patch)
        with closing(Journal(folder)) as journal:
            for step, number in [*steps, ("other", 0), ("refresh", 0)]:
                text = b"%d of %d by %s" % (added[number], number, step.encode())
                match step:
                    case "own":
                        journal.add(key(number), MODEL, text)
                    case "other":
                        append(other, torn + format_entry(key(number), MODEL, text))
                        torn = b""
                    case "torn":
                        whole = torn + format_entry(key(number), MODEL, text)
                        append(other, whole[:-7])
                        torn = whole[-7:]
                    case "refresh":
                        clock.refreshed(journal)
                added[number] += step != "refresh"
                for number, before in found.items():
                    found[number] = journal.find(key(number))
                    assert found[number][: len(before)] == before
            assert {number: len(set(texts)) for number, texts in found.items()} == added
            assert journal.entries == sum(added.values())


def test_a_file_that_is_no_journal_stays_unread_until_it_is_one(
    tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    (tmp_path / f"1{SUFFIX}").write_bytes(PNG)
    (tmp_path / f"2{SUFFIX}").mkdir()
    (tmp_path / f"3{SUFFIX}").symlink_to(tmp_path / "nowhere")
    path = tmp_path / f"4{SUFFIX}"
    path.write_bytes(HEADER[:7])
    put(tmp_path, "5", line(5)).rename(tmp_path / "notes.txt")
    assert not clock.refreshed(journal)
    put(tmp_path, "6", line(6))
    append(path, HEADER[7:] + line(4))
    assert clock.refreshed(journal)
    assert [bool(journal.find(key(n))) for n in (4, 5, 6)] == [True, False, True]
    assert journal.unread == []


def test_what_cannot_be_read_at_the_moment_is_found_later_and_once(
    tmp_path: Path, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", *(line(number) for number in range(20_000)))
    broken = True

    class Breaking(FileIO):
        def readinto(self, buffer: Any) -> int:
            if broken and self.tell() > len(HEADER):
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(buffer)

    monkeypatch.setattr("anthology.journal.format.FileIO", Breaking)
    assert clock.refreshed(journal)
    assert 0 < journal.entries < 20_000
    broken = False
    assert clock.refreshed(journal)
    assert journal.entries == 20_000
    assert [journal.find(key(n)) for n in (0, 19_999)] == [[payload(0)], [payload(19_999)]]


def test_a_folder_that_cannot_be_listed_at_the_moment_stops_nothing(
    tmp_path: Path, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 1)
    scandir = os.scandir

    def failing(_folder: Path) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("anthology.journal.journal.os.scandir", failing)
    assert not clock.refreshed(journal)
    monkeypatch.setattr("anthology.journal.journal.os.scandir", scandir)
    assert clock.refreshed(journal)
