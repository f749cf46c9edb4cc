"""Backstories, written in every form they come in and read back."""

import csv
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_table
from anthology.stages.released import Settings, choose_stories, run
from anthology.stories.story_files import read_stories
from anthology.study.story_count import stories_in

story = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
stories_of_lines = st.lists(
    story.filter(lambda text: "\n" not in text and "\r" not in text).map(lambda t: "x" + t),
    min_size=1,
)


def to_csv(path: Path, stories: list[str], column: str = "full_passage") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", column, "other"])
        writer.writerows([i, text, "x"] for i, text in enumerate(stories))


def to_csv_by_pandas(path: Path, stories: list[str]) -> None:
    pd.DataFrame({"backstory": stories}).to_csv(path, quoting=csv.QUOTE_NONNUMERIC)


def to_json(path: Path, stories: list[str]) -> None:
    path.write_text(json.dumps(stories))


def to_json_objects(path: Path, stories: list[str]) -> None:
    objects = [{"text": text, "id": 1} for text in stories]
    path.write_text(json.dumps(objects, ensure_ascii=False, indent=2), encoding="utf-8")


def to_json_lines(path: Path, stories: list[str]) -> None:
    lines = [json.dumps(text, ensure_ascii=False) + "\n" for text in stories]
    path.write_bytes("".join(lines).encode())


def to_json_lines_objects(path: Path, stories: list[str]) -> None:
    path.write_text("\r\n\r\n".join(json.dumps({"backstory": text}) for text in stories))


def to_parquet(path: Path, stories: list[str]) -> None:
    pq.write_table(pa.table({"n": list(range(len(stories))), "text": stories}), path)


def to_parquet_by_category(path: Path, stories: list[str]) -> None:
    pq.write_table(pa.table({"backstory": pa.array(stories).dictionary_encode()}), path)


@pytest.mark.parametrize(
    ("write", "suffix"),
    [
        (to_csv, ".csv"),
        (to_csv_by_pandas, ".CSV"),
        (to_json, ".json"),
        (to_json_objects, ".json"),
        (to_json_lines, ".jsonl"),
        (to_json_lines_objects, ".jsonl"),
        (to_parquet, ".parquet"),
        (to_parquet_by_category, ".parquet"),
    ],
)
@given(stories=st.lists(story, min_size=1, max_size=5))
def test_stories_are_read_back(
    write: Callable[[Path, list[str]], None], suffix: str, stories: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"my stories{suffix}"
        write(path, stories)
        assert list(read_stories(path)) == stories


@given(stories=stories_of_lines, end=st.sampled_from(["\n", "\r\n", "\n\n \n"]))
def test_lines_are_read_back(stories: list[str], end: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stories.txt"
        path.write_bytes(end.join(stories).encode())
        assert list(read_stories(path)) == stories


def test_the_full_passage_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "stories.csv"
    path.write_text("backstory,text,full_passage\nb,t,f\n")
    assert list(read_stories(path)) == ["f"]


def test_long_stories_are_read(tmp_path: Path) -> None:
    text = "I grew up, and then some. " * 20_000
    to_csv(tmp_path / "stories.csv", [text])
    assert list(read_stories(tmp_path / "stories.csv")) == [text]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "stories.csv"
    path.write_bytes(b"\xef\xbb\xbfbackstory\nI am.\n")
    assert list(read_stories(path)) == ["I am."]


def failing(path: Path, content: Any = None) -> str:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    with pytest.raises(DataError) as caught:
        list(read_stories(path))
    return str(caught.value).replace(str(path.parent) + "/", "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("s.csv", "story\nI am.\n", "s.csv: has no column full_passage, backstory or text"),
        ("s.csv", "story,Text\nI am.\n", "It has story, Text."),
        ("s.csv", "", "It has none at all."),
        ("s.csv", "text\n", "s.csv: holds no stories"),
        ("s.csv", 'n,text\n1,I am.\n2,""\n', "s.csv, row 2: holds an empty story"),
        ("s.csv", "n,text\n1,I am.\n2\n", "s.csv, row 2: holds nothing, where a story is expected"),
        ("s.csv", "text\nI am, too\n", "s.csv, row 1: is no valid CSV (more fields than"),
        ("s.csv", 'text\nI am.\n"I am', "s.csv, row 1: is no valid CSV (unexpected end of data)"),
        ("s.csv", b"text\nI \xe9m.\n", "s.csv: is not UTF-8 (byte 7 is 0xe9)"),
        ("s.txt", "\n \n", "s.txt: holds no stories"),
        ("s.txt", b"\xff\xfe", "s.txt: is not UTF-8 (byte 0 is 0xff)"),
        ("s.json", '["I am.",\n"I a', "s.json, line 2, column 1: is no valid JSON"),
        ("s.json", '{"text": "I am."}', "s.json: holds a dict, where a list is expected"),
        ("s.json", "[]", "s.json: holds no stories"),
        ("s.json", '["I am.", 3]', "s.json, row 2: holds a number, where a story is expected"),
        ("s.json", "[true]", "s.json, row 1: holds true or false"),
        ("s.json", '[{"story": "I"}]', "s.json, row 1: has no key full_passage, backstory or text"),
        ("s.json", '[{"text": null}]', "s.json, row 1: holds nothing"),
        ("s.json", '[["I am."]]', "s.json, row 1: holds a list"),
        ("s.json", '["I am \\ud83d."]', "s.json, row 1: holds half a character (at 5)"),
        ("s.jsonl", '"I am."\n\n{"text": }', "s.jsonl, line 3, column 10: is no valid JSON"),
        ("s.jsonl", '"I am."\n\n""', "s.jsonl, line 3: holds an empty story"),
        ("s.parquet", "PAR1 or not", "s.parquet: cannot be read as Parquet"),
        ("s.parquet", "", "s.parquet: cannot be read as Parquet"),
        ("s.xlsx", "", 's.xlsx: has the suffix ".xlsx", which names no kind of story file'),
        ("s.jsn", "", 'did you mean ".json"? Known: .csv, .json, .jsonl, .parquet, .txt.'),
        ("s", "", 's: has the suffix ""'),
        ("s.json", None, "s.json: cannot be read (No such file or directory)"),
    ],
)
def test_what_holds_no_stories_is_told(
    tmp_path: Path, name: str, content: str | bytes | None, message: str
) -> None:
    assert message in failing(tmp_path / name, content)


def test_parquet_without_stories_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"story": ["I am."]}), path)
    assert "It has story." in failing(path)
    pq.write_table(pa.table({"text": ["I am.", None]}), path)
    assert "s.parquet, row 2: holds nothing" in failing(path)
    pq.write_table(pa.table({"text": [1.5]}), path)
    assert "s.parquet, row 1: holds a number" in failing(path)


def test_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.csv").mkdir()
    assert "s.csv: cannot be read (Is a directory)" in failing(tmp_path / "s.csv")


@pytest.mark.parametrize("name", ["s.pkl", "its own.pickle"])
def test_pickles_are_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps(["I am.", "So am I."]))
    message = failing(path)
    assert "loading one can run arbitrary code" in message
    code = message.split('python -c "')[1].rstrip().removesuffix('"')
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert list(read_stories(path.with_suffix(".json"))) == ["I am.", "So am I."]


def taken(count: int | None, *, shuffle: bool, seed: int = 4) -> list[int]:
    return choose_stories(50, Settings(seed=seed, count=count, shuffle=shuffle), "a file")


def test_a_number_of_stories_are_the_first_of_all() -> None:
    assert taken(None, shuffle=False) == list(range(50))
    assert taken(7, shuffle=False) == list(range(7))


@given(st.integers(1, 49))
def test_a_shuffled_choice_begins_with_every_smaller_one(count: int) -> None:
    assert taken(count + 1, shuffle=True)[:count] == taken(count, shuffle=True)


def test_a_shuffle_is_seeded_and_loses_no_story() -> None:
    assert sorted(taken(None, shuffle=True)) == list(range(50))
    assert taken(None, shuffle=True) == taken(50, shuffle=True)
    assert taken(50, shuffle=True) not in (taken(50, shuffle=True, seed=5), list(range(50)))


def test_more_stories_than_there_are_is_an_error_that_says_so() -> None:
    with pytest.raises(DataError, match=r"a file: holds 50 stories, .*count asks for 51"):
        taken(51, shuffle=False)


def test_a_story_from_a_file_is_one_answer_and_says_which_of_the_file_it_is(
    tmp_path: Path,
) -> None:
    source, output = tmp_path / "stories.json", tmp_path / "natural.parquet"
    to_json(source, [f"I am number {number}." for number in range(20)])
    run(Settings(seed=1, count=5, shuffle=True), stories=source, output=output)
    rows = read_table(output).to_pylist()
    assert [row["backstory"] for row in rows] == list(range(5))
    assert all(row["text"] == f"I am number {row['row'] - 1}." for row in rows)
    assert all(row["answers"] == [row["text"]] for row in rows)
    assert read_metadata(output) == {"source": "stories.json", "available": 20}


def test_a_file_is_counted_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, cache = tmp_path / "stories.json", tmp_path / "cache/stories.json"
    to_json(source, ["I am.", "So am I."])
    assert stories_in(source, cache) == 2
    with monkeypatch.context() as patched:
        patched.setattr("anthology.study.story_count.read_stories", None)
        assert stories_in(source, cache) == 2
    to_json(source, ["I am."])
    assert stories_in(source, cache) == 1


@pytest.mark.parametrize("kept", ["", "[]", '{"file": null, "stories": 7}', "{"])
def test_a_count_that_cannot_be_believed_is_made_again(tmp_path: Path, kept: str) -> None:
    source, cache = tmp_path / "stories.json", tmp_path / "kept.json"
    to_json(source, ["I am.", "So am I."])
    cache.write_text(kept)
    assert stories_in(source, cache) == 2
    with pytest.raises(DataError, match="cannot be read"):
        stories_in(tmp_path / "none.json", cache)


def test_a_count_that_cannot_be_kept_is_made_each_time(tmp_path: Path) -> None:
    source = tmp_path / "stories.json"
    to_json(source, ["I am."])
    (tmp_path / "cache").write_text("in the way")
    assert stories_in(source, tmp_path / "cache/stories.json") == 1


def test_rows_beyond_the_first_batch_are_told_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"text": [*["I am."] * 3000, None]}), path)
    assert "s.parquet, row 3001: holds nothing" in failing(path)


def test_a_byte_that_is_no_text_is_told_by_its_place_in_the_file(tmp_path: Path) -> None:
    assert "byte 11 is 0xe9" in failing(tmp_path / "s.txt", "I á.\nHere ".encode() + b"\xe9\n")


def test_lines_may_end_with_carriage_returns_alone(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b"n,text\r1,I am.\r2,So am I.\r")
    assert list(read_stories(tmp_path / "s.csv")) == ["I am.", "So am I."]
