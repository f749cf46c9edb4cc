"""The tables of all surveys as one."""

import csv
from pathlib import Path

import pytest

from anthology.analysis.metric_rows import metric_columns
from anthology.errors import DataError
from anthology.stages.summary import Settings, run

COLUMNS = metric_columns()


def table(path: Path, survey: str) -> list[list[str]]:
    """Write a survey's table and return its rows."""
    rows = [[survey, f"{survey} {row}", *("1" for _ in COLUMNS[2:])] for row in range(3)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    return rows


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_tables_stand_in_the_order_of_the_surveys(tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    toy, game = table(files[0], "toy"), table(files[1], "game")
    output = tmp_path / "summary.csv"
    for surveys, expected in (["toy", "game"], toy + game), (["game", "toy"], game + toy):
        run(Settings(surveys=surveys), metrics=files, output=output)
        assert read(output) == [list(COLUMNS), *expected]


@pytest.mark.parametrize("surveys", [["toy"], ["toy", "game", "play"]])
def test_the_tables_must_be_those_of_the_surveys(tmp_path: Path, surveys: list[str]) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    table(files[0], "toy")
    table(files[1], "game")
    with pytest.raises(DataError, match="the tables are of game, toy, not of toy"):
        run(Settings(surveys=surveys), metrics=files, output=tmp_path / "summary.csv")
    assert not (tmp_path / "summary.csv").exists()


@pytest.mark.parametrize("wrong", ["survey,model\n", ""])
def test_a_table_with_other_columns_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "a.csv").write_text(wrong)
    with pytest.raises(DataError, match="its columns are"):
        run(
            Settings(surveys=["toy"]), metrics=[tmp_path / "a.csv"], output=tmp_path / "summary.csv"
        )


def test_a_row_that_is_cut_off_is_named(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", "toy")
    with (tmp_path / "a.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"a.csv, line 5: has 0 cells under"):
        run(
            Settings(surveys=["toy"]), metrics=[tmp_path / "a.csv"], output=tmp_path / "summary.csv"
        )
