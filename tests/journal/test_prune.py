"""What the journal holds, and taking out of it what nobody needs."""

import errno
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.journal.format import HEADER, SUFFIX, UNFINISHED, format_entry
from anthology.journal.journal import Journal, JournalError
from anthology.journal.prune import overview, prune
from tests.support.journals import MODEL, OTHER, PNG, fill, found, key, line, payload, put


def test_the_overview_counts_by_file_and_model(tmp_path: Path) -> None:
    first = fill(tmp_path, 1, 2)
    with closing(Journal(tmp_path)) as journal:
        journal.name(OTHER, 'a "model"\nof mine')
        journal.name(MODEL, "never asked")
        journal.add(key(3), OTHER, payload(3))
        journal.name(OTHER, 'a "model"\nof mine')
        journal.add(key(4), OTHER, payload(4))
    seen = overview(tmp_path)
    assert seen.unread == []
    sizes = {file.name: file.size for file in seen.files}
    assert sizes == {path.name: path.stat().st_size for path in tmp_path.glob(f"*{SUFFIX}")}
    assert {file.name: file.entries.total() for file in seen.files}[first.name] == 2
    total = seen.total
    assert total.entries == {MODEL: 2, OTHER: 2}
    assert total.entry_bytes[OTHER] == len(line(3)) + len(line(4))
    assert total.names == {OTHER: {'a "model"\nof mine'}}
    assert total.damaged == 0


def test_the_overview_sums_what_runs_found_and_sent(tmp_path: Path) -> None:
    for hits, sent in [(0, 40), (30, 10)]:
        with closing(Journal(tmp_path)) as journal:
            journal.add_run("traits", hits, sent)
    total = overview(tmp_path).total
    assert (total.hits["traits"], total.sent["traits"]) == (30, 50)
    assert total.entries.total() == 0


def test_the_overview_tells_a_torn_end_from_damage(tmp_path: Path) -> None:
    put(tmp_path, "1", line(1), line(2)[:70])
    (file,) = overview(tmp_path).files
    assert (file.unfinished, file.damaged, file.entries.total()) == (True, 0, 1)


def test_an_overview_of_no_folder_is_empty(tmp_path: Path) -> None:
    assert overview(tmp_path / "none").total.entries.total() == 0


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=4), st.sets(st.integers(0, 9)))
def test_pruning_keeps_exactly_what_is_needed_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], needed: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    for name, numbers in enumerate(files):
        put(
            folder,
            f"{name}",
            *(format_entry(key(n), MODEL, b"%d" % i) for i, n in enumerate(numbers)),
        )
    with closing(Journal(folder)) as journal:
        before = {number: journal.find(key(number)) for number in range(10)}
    wanted = {key(number) for number in needed}
    size = sum(path.stat().st_size for path in folder.iterdir())
    done = prune(folder, lambda key, model: key in wanted)
    with closing(Journal(folder)) as journal:
        after = {number: journal.find(key(number)) for number in range(10)}
    assert after == {n: found if n in needed else [] for n, found in before.items()}
    assert done.kept == sum(len(found) for found in after.values())
    assert done.removed == sum(map(len, files)) - done.kept
    assert done.freed == size - sum(path.stat().st_size for path in folder.iterdir())


def test_pruning_asks_for_the_model_too_and_keeps_names(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        for number, model in enumerate((MODEL, OTHER)):
            journal.name(model, f"model {model}")
            journal.add(key(number), model, payload(number))
    prune(tmp_path, lambda key, model: model == OTHER)
    total = overview(tmp_path).total
    assert total.entries == {OTHER: 1}
    assert total.names[OTHER] == {f"model {OTHER}"}


def test_pruning_drops_a_torn_end_and_what_an_earlier_pruning_left(tmp_path: Path) -> None:
    path = put(tmp_path, "1", line(1), line(2)[:70])
    (tmp_path / f"0{SUFFIX}{UNFINISHED}").write_bytes(HEADER + line(1))
    prune(tmp_path, lambda key, model: True)
    assert path.read_bytes() == HEADER + line(1)
    assert not list(tmp_path.glob(f"*{UNFINISHED}"))


def test_pruning_leaves_damaged_and_foreign_files_alone(tmp_path: Path) -> None:
    damaged = put(tmp_path, "1", line(1), b"garbage\n")
    foreign = tmp_path / f"2{SUFFIX}"
    foreign.write_bytes(PNG)
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    before = damaged.read_bytes()
    put(tmp_path, "3", line(3))
    done = prune(tmp_path, lambda key, model: False)
    assert damaged.read_bytes() == before
    assert foreign.read_bytes() == PNG
    assert other.read_text() == "mine"
    assert {file.name for file in done.left} == {damaged.name, foreign.name, other.name}
    assert not (tmp_path / f"3{SUFFIX}").exists()


def test_pruning_is_refused_while_another_process_writes(tmp_path: Path) -> None:
    with closing(Journal(tmp_path)) as journal:
        journal.add(key(1), MODEL, payload(1))
        with pytest.raises(JournalError, match=r"while another process.*\n.*no run"):
            prune(tmp_path, lambda key, model: False)
        assert journal.find(key(1)) == [payload(1)]
    assert prune(tmp_path, lambda key, model: False).removed == 1


def test_pruning_that_fails_half_way_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1", line(1), line(2))
    put(tmp_path, "2", line(3), line(4))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("anthology.journal.prune.os.fsync", full)
    with pytest.raises(JournalError, match="cannot be pruned: No space left"):
        prune(tmp_path, lambda k, model: k in (key(1), key(3)))
    assert found(tmp_path, 1, 2, 3, 4) == [True] * 4
    assert not list(tmp_path.glob(f"*{UNFINISHED}"))
