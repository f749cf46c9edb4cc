"""Which things are in which part, and joining what parts hold."""

from collections.abc import Mapping
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import ConfigurationError, DataError
from anthology.io.parquet import (
    ROW_GROUP_SIZE,
    open_writer,
    read_metadata,
    read_rows,
    read_table,
    write_table,
)
from anthology.io.shards import Shard, join_shards
from anthology.records import Record

COLUMNS = pa.schema([("number", pa.int64()), ("words", pa.list_(pa.string()))])


class Settings(Record):
    """What a made-up stage is told."""

    colour: str = "red"


def rows(span: range) -> list[tuple[int, list[str] | None]]:
    return [(i, None if i % 7 == 0 else [f"word {i // 3}"] * (i % 3)) for i in span]


def write(path: Path, span: range, told: Mapping[str, Any], colour: str = "red") -> Path:
    with open_writer(path, COLUMNS, stage="toy", settings=Settings(colour=colour)) as sheet:
        for row in rows(span):
            sheet.add(*row)
        sheet.metadata = told
    return path


@given(total=st.integers(0, 500), of=st.integers(1, 20))
def test_parts_follow_each_other_cover_everything_and_are_of_one_size(total: int, of: int) -> None:
    spans = [Shard(number, of).span(total) for number in range(1, of + 1)]
    assert [i for span in spans for i in span] == list(range(total))
    sizes = [len(span) for span in spans]
    assert max(sizes) - min(sizes) <= 1


@given(
    runs=st.lists(st.integers(1, 9), max_size=40),
    of=st.integers(1, 12),
)
def test_neighbours_with_one_key_stay_together(runs: list[int], of: int) -> None:
    keys = [key for key, length in enumerate(runs) for _ in range(length)]
    spans = [Shard(number, of).span_by_key(keys) for number in range(1, of + 1)]
    assert [i for span in spans for i in span] == list(range(len(keys)))
    for one, other in pairwise(span for span in spans if len(span)):
        assert keys[one[-1]] != keys[other[0]]
    longest = max(runs, default=0)
    assert all(len(span) < len(keys) / of + longest + 1 for span in spans)


def test_what_has_no_key_stands_alone() -> None:
    spans = [Shard(number, 4).span_by_key([float("nan")] * 8) for number in range(1, 5)]
    assert [len(span) for span in spans] == [2, 2, 2, 2]


@pytest.mark.parametrize("text", ["", "2", "0-of-3", "4-of-3", "a-of-b", "1-of-2-of-3"])
def test_a_name_of_no_part_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--shard"):
        Shard.parse(text)


def test_names_of_parts_are_read() -> None:
    assert Shard.parse("whole") == Shard(1, 1)
    assert Shard.parse("2-of-4") == Shard(2, 4)


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_parts_of_any_number_join_to_the_same_bytes(tmp_path: Path, of: int) -> None:
    total = 2 * ROW_GROUP_SIZE + 1234
    told = {"source": "toy", "rejected": {"late": of, "short": 0}}
    whole = write(tmp_path / "whole.parquet", range(total), told)
    parts = []
    for number in range(1, of + 1):
        own = {"source": "toy", "rejected": {"late": 1} if number > 1 else {"late": 1, "short": 0}}
        parts.append(write(tmp_path / f"{number}.parquet", Shard(number, of).span(total), own))
    join_shards(parts, tmp_path / "joined.parquet", stage="toy", settings=Settings())
    assert (tmp_path / "joined.parquet").read_bytes() == whole.read_bytes()


def test_a_part_of_nothing_joins_as_well(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"{n}", span, {}) for n, span in enumerate([range(0), range(5)])]
    join_shards(parts, tmp_path / "joined", stage="toy", settings=Settings())
    assert read_table(tmp_path / "joined")["number"].to_pylist() == list(range(5))


def test_a_part_made_with_other_settings_is_refused(tmp_path: Path) -> None:
    parts = [
        write(tmp_path / "red.parquet", range(3), {}),
        write(tmp_path / "blue.parquet", range(3, 6), {}, colour="blue"),
    ]
    with pytest.raises(DataError, match=r"blue\.parquet.*other settings"):
        join_shards(parts, tmp_path / "joined.parquet", stage="toy", settings=Settings())
    assert not (tmp_path / "joined.parquet").exists()


def test_parts_by_different_models_are_refused(tmp_path: Path) -> None:
    parts = [
        write(tmp_path / "1.parquet", range(3), {"answers": "local (one)"}),
        write(tmp_path / "2.parquet", range(3, 6), {"answers": "local (other)"}),
    ]
    with pytest.raises(DataError, match=r"differ in answers: .*local \(one\).*local \(other\)"):
        join_shards(parts, tmp_path / "joined.parquet", stage="toy", settings=Settings())


@given(start=st.integers(0, 3000), length=st.integers(0, 3000))
def test_a_span_of_rows_is_read_as_it_was_written(written: Path, start: int, length: int) -> None:
    span = range(min(start, 3000), min(start + length, 3000))
    assert list(read_rows(written, ["number", "words"], span)) == rows(span)
    assert [n for (n,) in read_rows(written, ["number"], span)] == list(span)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("rows") / "rows.parquet", range(3000), {})


def test_row_by_row_or_as_a_whole_gives_the_same_bytes(tmp_path: Path) -> None:
    own = write(tmp_path / "rows.parquet", range(ROW_GROUP_SIZE + 10), {"source": "toy"})
    table = pa.table(list(zip(*rows(range(ROW_GROUP_SIZE + 10)), strict=True)), schema=COLUMNS)
    settings = Settings()
    write_table(
        tmp_path / "table.parquet",
        table,
        stage="toy",
        settings=settings,
        metadata={"source": "toy"},
    )
    assert own.read_bytes() == (tmp_path / "table.parquet").read_bytes()
    assert read_metadata(own) == {"source": "toy"}


def test_a_text_that_neighbours_share_is_stored_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    story = [rng.bytes(2000).hex() for _ in range(500)]
    sizes = {}
    for name, sharers in (("one", 1), ("four", 4)):
        path = tmp_path / name
        with open_writer(path, COLUMNS, stage="toy", settings=Settings()) as sheet:
            for number, group in groupby(range(500 * sharers), key=lambda i: i // sharers):
                for _ in group:
                    sheet.add(number, [story[number]])
        sizes[name] = path.stat().st_size
    assert sizes["four"] < 1.1 * sizes["one"]


def test_what_fails_on_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    def half() -> None:
        with open_writer(
            tmp_path / "x.parquet", COLUMNS, stage="toy", settings=Settings()
        ) as sheet:
            sheet.add(1, ["a"])
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_error() -> None:
    with (
        pytest.raises(DataError, match="cannot be written"),
        open_writer(Path("/proc/nowhere/x.parquet"), COLUMNS, stage="toy", settings=Settings()),
    ):
        raise AssertionError("never begun")


def test_a_disk_that_fills_up_on_the_way_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with (
        pytest.raises(DataError, match=r"cannot be written"),
        open_writer(path, COLUMNS, stage="toy", settings=Settings()) as sheet,
        pytest.MonkeyPatch.context() as patch,
    ):

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(sheet._writer, "write_table", full)
        for row in rows(range(ROW_GROUP_SIZE + 1024)):
            sheet.add(*row)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".x.parquet.123.part").write_bytes(b"half")
    (tmp_path / ".y.parquet.123.part").write_bytes(b"of another file")
    write(tmp_path / "x.parquet", range(3), {})
    assert {p.name for p in tmp_path.iterdir()} == {"x.parquet", ".y.parquet.123.part"}
