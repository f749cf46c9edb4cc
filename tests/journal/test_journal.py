"""What models answered is kept for good and found again."""

import multiprocessing
import os
import random
import signal
import threading
from contextlib import closing
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.journal.format import FRONT, SUFFIX, format_entry, scan
from anthology.journal.index import Index
from anthology.journal.journal import Journal
from anthology.journal.prune import overview
from tests.support.journals import MODEL, OTHER, fill, found, key, line, payload, put

KEYS = st.binary(min_size=16, max_size=16)
PAYLOADS = st.binary(min_size=1, max_size=3_000).filter(lambda text: b"\n" not in text)
OPEN = Path("/proc/self/fd")


def test_what_was_added_is_found_at_once(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "a/journal")) as journal:
        journal.add(key(1), MODEL, payload(1))
        assert journal.find(key(1)) == [payload(1)]
        assert journal.find(key(2)) == []
        assert journal.entries == 1


def test_what_was_added_is_found_by_the_next_process(tmp_path: Path) -> None:
    fill(tmp_path, 1, 2, 3)
    assert found(tmp_path, 1, 2, 3, 4) == [True, True, True, False]


def test_a_folder_is_made_only_by_the_first_write(tmp_path: Path) -> None:
    folder = tmp_path / "cache/journal"
    with closing(Journal(folder)) as journal:
        journal.name(MODEL, "some-model")
        assert journal.find(key(1)) == []
    assert not folder.exists()


def test_each_journal_writes_a_file_of_its_own(tmp_path: Path) -> None:
    assert fill(tmp_path, 1) != fill(tmp_path, 2)


@given(st.lists(st.tuples(KEYS, PAYLOADS), max_size=20), st.integers(0, 20))
def test_every_entry_comes_back_in_the_order_of_adding(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[bytes, bytes]], first: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    keys = [k for k, _ in entries]
    # A few keys share what stands in the index, so that whole keys must be compared.
    alike = [(k[:8] + bytes(8), text) for k, text in entries[::3]]
    expected: dict[bytes, list[bytes]] = {}
    put(folder, "0", *(format_entry(k, MODEL, text) for k, text in [*entries, *alike][:first]))
    with closing(Journal(folder)) as journal:
        for k, text in [*entries, *alike][first:]:
            journal.add(k, OTHER, text)
        for k, text in [*entries, *alike]:
            expected.setdefault(k, []).append(text)
        assert {k: journal.find(k) for k in expected} == expected
    with closing(Journal(folder)) as journal:
        assert {k: journal.find(k) for k in expected} == expected
    assert overview(folder).total.entries.total() == len(keys) + len(alike)


def test_several_entries_of_a_key_come_by_file_then_line_and_new_ones_last(
    tmp_path: Path,
) -> None:
    put(tmp_path, "20260102", *(format_entry(key(1), MODEL, text) for text in (b"3", b"4")))
    put(tmp_path, "20260101", *(format_entry(key(1), MODEL, text) for text in (b"1", b"2")))
    with closing(Journal(tmp_path)) as journal:
        journal.add(key(1), MODEL, b"5")
        assert journal.find(key(1)) == [b"1", b"2", b"3", b"4", b"5"]


def test_entries_keep_their_order_when_they_are_folded_into_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.journal.journal._FOLD", 3)
    put(tmp_path, "2026", format_entry(key(1), MODEL, b"0"))
    with closing(Journal(tmp_path)) as journal:
        for number in range(1, 8):
            journal.add(key(number % 2), MODEL, b"%d" % number)
        assert journal.find(key(0)) == [b"2", b"4", b"6"]
        assert journal.find(key(1)) == [b"0", b"1", b"3", b"5", b"7"]
        assert journal.entries == 8


@given(st.lists(st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1)), max_size=60))
def test_the_index_finds_every_place_of_a_prefix(prefixes: list[int]) -> None:
    index = Index(np.array(prefixes, np.uint64), np.arange(len(prefixes), dtype=np.uint64))
    for prefix in {*prefixes, 0, 1, 2**64 - 1}:
        assert index.find(prefix) == [i for i, other in enumerate(prefixes) if other == prefix]


@given(
    st.lists(st.one_of(PAYLOADS, st.just(b""), st.integers(0, 9).map(line)), max_size=12),
    st.integers(60, 400),
)
def test_entries_are_found_wherever_a_window_ends(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], window: int
) -> None:
    path = tmp_path_factory.mktemp("scan") / "file"
    lines = [text.removesuffix(b"\n") for text in lines]
    path.write_bytes(b"".join(text + b"\n" for text in lines) + line(1)[:-1])
    expected, at = [], 0
    for text in lines:
        if any(text == line(number)[:-1] for number in range(10)):
            expected.append((int(text[:16], 16), at))
        at += len(text) + 1
    with FileIO(path) as file:
        scanned = [
            pair
            for prefixes, places, _ in scan(file, window)
            for pair in zip(prefixes.tolist(), places.tolist(), strict=True)
        ]
    assert scanned == expected


@pytest.mark.parametrize("size", [900, 1024, 9_000, 3_000_000])
def test_a_payload_may_have_any_length(tmp_path: Path, size: int) -> None:
    for number, length in enumerate(range(size - FRONT - 2, size - FRONT + 2)):
        with closing(Journal(tmp_path)) as journal:
            journal.add(key(number), MODEL, b"x" * length)
    with closing(Journal(tmp_path)) as journal:
        assert [len(journal.find(key(number))[0]) for number in range(4)] == [
            *range(size - FRONT - 2, size - FRONT + 2)
        ]


def test_more_files_than_may_be_open_are_read(tmp_path: Path) -> None:
    numbers = range(150)
    for number in numbers:
        put(tmp_path, f"{number:03}", line(number))
    with closing(Journal(tmp_path)) as journal:
        before = len(list(OPEN.iterdir()))
        for number in [*numbers, *numbers]:
            assert journal.find(key(number)) == [payload(number)]
        assert len(list(OPEN.iterdir())) - before < 100


@pytest.mark.parametrize(
    ("short", "model", "text"),
    [
        (key(1)[:15], MODEL, b"{}"),
        (key(1), "0123", b"{}"),
        (key(1), MODEL.upper(), b"{}"),
        (key(1), MODEL, b"{\n}"),
        (key(1), MODEL, b""),
    ],
)
def test_what_is_no_entry_is_not_written(
    tmp_path: Path, short: bytes, model: str, text: bytes
) -> None:
    with closing(Journal(tmp_path)) as journal, pytest.raises(ValueError, match="no entry"):
        journal.add(short, model, text)
    assert not list(tmp_path.iterdir())


def _add_many(folder: Path, numbers: list[int]) -> None:
    with closing(Journal(folder)) as journal:
        for number in numbers:
            journal.add(key(number), MODEL, payload(number))


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    halves = [list(range(0, 4_000, 2)), list(range(1, 4_000, 2))]
    writers = [fork.Process(target=_add_many, args=(tmp_path, half)) for half in halves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 2
    assert all(found(tmp_path, *range(4_000)))


def _add_for_ever(folder: Path, said: int) -> None:
    with closing(Journal(folder)) as journal:
        for number in range(1_000_000):
            journal.add(key(number), MODEL, payload(number) * 2_000)
            os.write(said, number.to_bytes(4, "big"))


def test_a_killed_process_loses_nothing_that_was_added(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    moments = random.Random(0)
    for time in range(20):
        folder = tmp_path / str(time)
        reading, writing = os.pipe()
        process = fork.Process(target=_add_for_ever, args=(folder, writing))
        process.start()
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            pipe.read(4 * moments.randrange(1, 60))
            threading.Event().wait(moments.random() * 0.002)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            said = pipe.read()
        process.join()
        last = int.from_bytes(said[-4:], "big") if said else 0
        with closing(Journal(folder)) as journal:
            for number in range(last + 1):
                assert journal.find(key(number)) == [payload(number) * 2_000]
        assert overview(folder).total.damaged == 0
