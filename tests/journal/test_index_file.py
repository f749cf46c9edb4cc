"""The index that is kept beside the journal: it makes opening fast, and never changes an answer."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.journal import index_file as journalkept
from anthology.journal.format import HEADER, INDEX, SUFFIX, UNFINISHED, entry
from anthology.journal.index import Index
from anthology.journal.journal import Journal
from anthology.journal.prune import overview, prune
from tests.support.journals import MODEL, fill, found, key, line, payload, put


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an index kept of a single new entry."""
    monkeypatch.setattr(journalkept, "_WORTH", 1)
    monkeypatch.setattr(journalkept, "_SHARE", 1_000_000)


def answers(folder: Path, *numbers: int) -> list[list[bytes]]:
    with closing(Journal(folder)) as journal:
        return [journal.find(key(number)) for number in numbers]


def unaided(folder: Path, *numbers: int) -> list[list[bytes]]:
    """Return what a journal finds that has nothing but its files."""
    beside = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, beside, ignore=shutil.ignore_patterns(INDEX))
    try:
        return answers(beside, *numbers)
    finally:
        shutil.rmtree(beside)


def scanned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Open a journal and return how many entries were read from its files."""
    with monkeypatch.context() as patch:
        patch.setattr("anthology.journal.journal.keep", lambda *_: None)
        with closing(Journal(folder)) as journal:
            kept = journalkept.recall(folder, sorted(p.name for p in folder.glob(f"*{SUFFIX}")))
            return journal.entries - kept.entries


def later(path: Path, content: bytes) -> None:
    """Give a file another content some time after it was written."""
    moment = path.stat().st_mtime_ns + 1_000_000
    path.write_bytes(content)
    os.utime(path, ns=(moment, moment))


def test_what_the_index_knows_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", *map(line, range(5)))
    assert all(found(tmp_path, *range(5)))
    assert (tmp_path / INDEX).is_file()
    assert scanned(tmp_path, monkeypatch) == 0
    put(tmp_path, "2", line(5), line(6))
    assert scanned(tmp_path, monkeypatch) == 2
    assert all(found(tmp_path, *range(7)))


def test_an_index_is_kept_only_where_much_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journalkept, "_WORTH", 3)
    monkeypatch.setattr(journalkept, "_SHARE", 2)
    put(tmp_path, "1", line(0), line(1))
    answers(tmp_path)
    assert not (tmp_path / INDEX).exists()
    put(tmp_path, "2", *map(line, range(2, 10)))
    answers(tmp_path)
    first = (tmp_path / INDEX).read_bytes()
    put(tmp_path, "3", *map(line, range(10, 14)))
    answers(tmp_path)
    assert (tmp_path / INDEX).read_bytes() == first
    put(tmp_path, "4", line(14))
    answers(tmp_path)
    assert (tmp_path / INDEX).read_bytes() != first


def test_a_file_that_grew_is_read_on_from_where_the_index_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "1", line(1), line(2), line(3)[:-9])
    assert found(tmp_path, 1, 2, 3) == [True, True, False]
    with path.open("ab") as file:
        file.write(line(3)[-9:] + line(4))
    assert scanned(tmp_path, monkeypatch) == 2
    assert all(found(tmp_path, 1, 2, 3, 4))


def test_entries_of_one_key_keep_their_order_whatever_the_index_knew_first(tmp_path: Path) -> None:
    def says(*payloads: bytes) -> list[bytes]:
        return [entry(key(1), MODEL, payload) for payload in payloads]

    put(tmp_path, "2", *says(b"3", b"4"))
    assert answers(tmp_path, 1) == [[b"3", b"4"]]
    put(tmp_path, "1", *says(b"1", b"2"))
    put(tmp_path, "3", *says(b"5"))
    for _ in range(2):
        assert answers(tmp_path, 1) == [[b"1", b"2", b"3", b"4", b"5"]]


def test_a_file_that_is_gone_takes_its_entries_with_it(tmp_path: Path) -> None:
    for number in range(4):
        put(tmp_path, str(number), line(number))
    assert all(found(tmp_path, *range(4)))
    (tmp_path / f"1{SUFFIX}").unlink()
    with closing(Journal(tmp_path)) as journal:
        assert journal.entries == 3
    assert found(tmp_path, *range(4)) == [True, False, True, True]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER + line(8) + line(9), id="as long"),
        pytest.param(HEADER + line(8), id="shorter"),
        pytest.param(HEADER + line(7) + line(8) + line(9), id="longer"),
        pytest.param(HEADER, id="empty"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_file_that_became_another_one_is_read_anew(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, "1", line(1), line(2))
    put(tmp_path, "2", line(3))
    assert all(found(tmp_path, 1, 2, 3))
    later(path, content)
    assert answers(tmp_path, *range(10)) == unaided(tmp_path, *range(10))


def test_a_line_that_was_mended_in_its_place_is_found(tmp_path: Path) -> None:
    path = put(tmp_path, "1", line(1), b"x" + line(2)[1:], line(3))
    assert found(tmp_path, 1, 2, 3) == [True, False, True]
    later(path, HEADER + line(1) + line(2) + line(3))
    assert all(found(tmp_path, 1, 2, 3))


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _spoilt(content: bytes) -> bytes:
    at = len(content) - 30
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _spoilt,
        lambda content: content + b"x",
        lambda content: b"",
        lambda content: b"anthology index 1\n",
        lambda content: b"anthology index 1\n[]\n00000000\n",
        lambda content: b"anthology index 2\n" + content[18:],
        lambda content: b"\xff\xfe" * 100,
    ],
)
def test_an_index_that_is_not_as_it_was_written_is_not_used(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    put(tmp_path, "1", *map(line, range(20)))
    answers(tmp_path)
    path = tmp_path / INDEX
    path.write_bytes(spoil(path.read_bytes()))
    assert all(found(tmp_path, *range(20)))


def test_an_index_from_a_machine_that_writes_numbers_the_other_way_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", *map(line, range(5)))
    with monkeypatch.context() as patch:
        patch.setattr("anthology.journal.index_file.sys.byteorder", "middle")
        answers(tmp_path)
    assert scanned(tmp_path, monkeypatch) == 5


def test_the_index_of_another_journal_is_not_used(tmp_path: Path) -> None:
    put(tmp_path / "a", "1", line(1), line(2))
    answers(tmp_path / "a")
    put(tmp_path / "b", "1", line(3), line(4), line(5))
    shutil.copy(tmp_path / "a" / INDEX, tmp_path / "b")
    assert found(tmp_path / "b", 1, 2, 3, 4, 5) == [False, False, True, True, True]


def test_a_folder_in_the_place_of_the_index_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "1", line(1))
    (tmp_path / INDEX).mkdir()
    assert found(tmp_path, 1) == [True]
    assert not list(tmp_path.glob(f"*{UNFINISHED}"))


def test_a_folder_that_cannot_be_written_to_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    put(tmp_path, "1", line(1))
    monkeypatch.setattr("pathlib.Path.rename", refused)
    assert found(tmp_path, 1) == [True]
    assert not list(tmp_path.glob(f"*{UNFINISHED}"))


def test_of_two_that_open_a_journal_together_the_first_keeps_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", line(1))
    once: list[bytes] = []
    keep = journalkept.keep

    def slowly(*arguments: object) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("anthology.journal.journal.keep", keep)
            put(tmp_path, "2", line(2))
            assert all(found(tmp_path, 1, 2))
        once.append((tmp_path / INDEX).read_bytes())
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("anthology.journal.journal.keep", slowly)
    with closing(Journal(tmp_path)):
        assert [(tmp_path / INDEX).read_bytes()] == once


def test_an_index_written_while_a_file_grows_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "1", line(1))
    keep = journalkept.keep

    def meanwhile(*arguments: object) -> None:
        with path.open("ab") as file:
            file.write(line(2))
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("anthology.journal.journal.keep", meanwhile)
    assert found(tmp_path, 1, 2) == [True, False]
    monkeypatch.undo()
    assert all(found(tmp_path, 1, 2))


def test_a_file_that_cannot_be_read_is_told_of_although_the_index_knows_it(tmp_path: Path) -> None:
    path = put(tmp_path, "1", line(1))
    put(tmp_path, "2", line(2))
    answers(tmp_path)
    path.unlink()
    path.mkdir()
    with closing(Journal(tmp_path)) as journal:
        assert [unread.name for unread in journal.unread] == [path.name]
        assert journal.find(key(2)) == [payload(2)]


def test_pruning_takes_the_index_with_it(tmp_path: Path) -> None:
    path = put(tmp_path, "1", *map(line, range(10)))
    answers(tmp_path)
    prune(tmp_path, lambda known, _: known != key(3))
    assert not (tmp_path / INDEX).exists()
    assert found(tmp_path, *range(10)) == [number != 3 for number in range(10)]
    assert path.is_file()


def test_an_index_of_before_a_pruning_that_comes_after_it_misleads_nobody(tmp_path: Path) -> None:
    put(tmp_path, "1", *map(line, range(10)))
    put(tmp_path, "2", *map(line, range(10, 20)))
    answers(tmp_path)
    old = (tmp_path / INDEX).read_bytes()
    prune(tmp_path, lambda known, _: known != key(3))
    (tmp_path / INDEX).write_bytes(old)
    assert found(tmp_path, *range(20)) == [number != 3 for number in range(20)]


def test_the_overview_takes_the_index_for_no_journal_file(tmp_path: Path) -> None:
    put(tmp_path, "1", line(1))
    answers(tmp_path)
    seen = overview(tmp_path)
    assert not seen.unread
    assert seen.total().entries.total() == 1


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "put", "grow", "remove", "rewrite", "spoil", "prune"]),
        st.integers(0, 4),
        st.lists(st.integers(0, 9), max_size=4),
    ),
    max_size=12,
)


@given(CHANGES)
def test_a_journal_with_an_index_answers_as_its_files_alone_do(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[str, int, list[int]]],
) -> None:
    folder = tmp_path_factory.mktemp("journal") / "journal"
    folder.mkdir()
    for moment, (change, file, numbers) in enumerate(changes):
        path = folder / f"{file}{SUFFIX}"
        lines = [entry(key(n), MODEL, b"%d" % moment) for n in numbers]
        match change:
            case "add":
                fill(folder, *numbers) if numbers else None
            case "put" if not path.exists():
                put(folder, str(file), *lines)
            case "grow" if path.exists():
                path.write_bytes(path.read_bytes() + b"".join(lines))
            case "remove":
                path.unlink(missing_ok=True)
            case "rewrite" if path.exists():
                later(path, HEADER + b"".join(lines))
            case "spoil" if (folder / INDEX).exists():
                (folder / INDEX).write_bytes(_spoilt((folder / INDEX).read_bytes()))
            case "prune":
                prune(folder, lambda known, _: known != key(5))
        assert answers(folder, *range(10)) == unaided(folder, *range(10))


@given(
    st.lists(st.integers(0, 3), max_size=30),
    st.lists(st.integers(0, 3), max_size=30),
)
def test_entries_that_are_added_to_an_index_stand_where_they_would_in_a_whole_one(
    first: list[int], second: list[int]
) -> None:
    places = np.random.default_rng(0).permutation(len(first) + len(second)).astype(np.uint64)
    both = Index(np.array(first, np.uint64), places[: len(first)].copy())
    both.add(np.array(second, np.uint64), places[len(first) :].copy())
    whole = Index(np.array(first + second, np.uint64), places.copy())
    assert [both.find(n) for n in range(4)] == [whole.find(n) for n in range(4)]
    both.settle()
    assert [both.find(n) for n in range(4)] == [sorted(whole.find(n)) for n in range(4)]
