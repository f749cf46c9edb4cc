"""The duplicates stage lists nearly equal backstories by their numbers and removes none."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from anthology.config.stage import StageSettings
from anthology.io.parquet import write_table
from anthology.stages.duplicates import Settings, run
from tests.support.project import Project, merge

FILE = "results/backstories/duplicates.csv"


def listed(folder: Path, texts: list[str], numbers: list[int]) -> str:
    source, output = folder / "stories.parquet", folder / "duplicates.csv"
    table = pa.table({"backstory": numbers, "text": texts})
    write_table(source, table, stage="b", settings=StageSettings(), metadata={})
    run(Settings(shingle_words=2, min_similarity=0.5), backstories=source, output=output)
    return output.read_text()


def test_pairs_are_listed_by_the_numbers_of_stories_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [
        "by the sea I was born",
        "here is somebody else",
        "by the sea I was born",
        "By the sea I was",
    ]
    written = listed(tmp_path, texts, [7, 3, 5, 4])
    assert written == (
        "story_1,story_2,similarity\n4,5,0.800000\n4,7,0.800000\n5,7,1.000000\n"
    )  # fmt: skip
    said = capsys.readouterr().err
    assert "stories that are nearly the same as another: 3 of 4, in 3 pairs" in said
    assert "exact copies of an earlier story: 1" in said
    assert listed(tmp_path, texts[::-1], [4, 5, 3, 7]) == written


@pytest.mark.parametrize("texts", [[], ["alone in the world"], ["", "!"]])
def test_where_nothing_can_be_alike_the_list_is_empty(tmp_path: Path, texts: list[str]) -> None:
    numbers = pa.array(range(len(texts)), pa.int64())
    source, output = tmp_path / "stories.parquet", tmp_path / "duplicates.csv"
    table = pa.table({"backstory": numbers, "text": pa.array(texts, pa.string())})
    write_table(source, table, stage="b", settings=StageSettings(), metadata={})
    run(Settings(shingle_words=5, min_similarity=0.5), backstories=source, output=output)
    assert output.read_text() == "story_1,story_2,similarity\n"


@pytest.mark.slow
def test_copies_in_a_file_of_stories_are_reported_and_kept(fresh: Project) -> None:
    texts = [f"I am number {i} of {i} people who were born in the town of {i}." for i in range(9)]
    (fresh.path / "stories.txt").write_text("\n".join([*texts, texts[4], texts[2].upper()]))
    natural = {"file": "stories.txt", "count": "all"}
    changes = {"backstories": {"natural": natural}, "compare": ["qa"]}
    fresh.configure(lambda config: merge(config, changes))
    fresh.make(FILE)
    with (fresh.path / FILE).open(newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == [("2", "10", "1.000000"), ("4", "9", "1.000000")]
    log = (fresh.path / "logs/backstories/duplicates.log").read_text()
    assert "4 of 11, in 2 pairs" in log
    assert "exact copies of an earlier story: 1" in log
    closer = {"backstories": {"duplicates": {"min_similarity": 0.1}}}
    fresh.configure(lambda config: merge(config, closer))
    assert fresh.stale(FILE) == {FILE}
    assert FILE not in fresh.stale("results/traits/natural.parquet")
