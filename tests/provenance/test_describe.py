"""`anthology show` tells what made a file, and when its record is of another."""

from pathlib import Path

import pytest

from anthology.cli.main import main
from tests.support.project import TABLE, Project
from tests.support.watched_stage import run_stage, usage_of


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("people.sav").write_bytes(b"people")
    asked = [usage_of(requests=1200, hits=3, prompt_tokens=10, completion_tokens=5, dollars=1.5)]
    run_stage({"sav": Path("people.sav")}, {"output": Path("table.csv")}, asked=asked)
    return Path("table.csv")


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    assert main(["show", *map(str, arguments)]) == 0
    said = capsys.readouterr()
    return said.out, said.err


def test_all_of_a_record_is_told(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = shown(capsys, "--made", table)
    for fragment in (
        "made by anthology ",
        "in stage toy",
        "code: 0123abcd",
        "numpy ",
        "paid: provider openai, api chat, model m-1, revision r2",
        "version: vllm 0.32.0",
        "1,200 requests, 0 retries, 3 from the journal; 10 tokens read, 5 written",
        "$1.5000 at $1 per million tokens read, $4 written",
        "people.sav",
        "seed: 7",
    ):
        assert fragment in out
    assert "hunter2" not in out
    assert err == ""


def test_what_answers_from_the_journal_had_cost_is_part_of_the_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = usage_of(
        requests=5, dollars=2.0, hits=95, earlier_prompt_tokens=190, earlier_dollars=38.0
    )
    run_stage({}, {"output": tmp_path / "t.csv"}, asked=[counted])
    out, _ = shown(capsys, "--made", tmp_path / "t.csv")
    assert "$40.00 ($38.00 of it earlier, for answers from the journal)" in out
    assert "answers from the journal had taken 190 tokens read, 0 written" in out
    assert "$2.0000 and $38.0000 earlier at $1 per million tokens read" in out


def test_a_table_stays_a_table_with_a_line_beside_it(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = shown(capsys, table)
    assert out == "a  b\n1  2\n3  4\n"
    assert err.startswith("made by anthology ")
    assert f"for more: `anthology show --made {table}`" in err
    assert err.count("\n") == 1


def test_a_table_without_a_record_is_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.csv").write_text("a,b\n1,2\n3,4\n")
    assert shown(capsys, tmp_path / "own.csv") == ("a  b\n1  2\n3  4\n", "")


def test_a_file_without_a_record_is_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.csv").write_text("a\n1\n")
    assert main(["show", "--made", str(tmp_path / "own.csv")]) == 1
    said = capsys.readouterr().err
    assert "own.csv: has no record of what made it" in said
    assert "The plan and the report" in said


def test_a_file_that_was_changed_is_told(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_text("a,b\n1,2\n3,5\n")
    assert "changed or replaced since" in shown(capsys, table)[1]
    assert "changed or replaced since" in shown(capsys, "--made", table)[0]


@pytest.mark.parametrize("name", ["picture.svg", "page.html"])
def test_of_a_picture_or_a_page_its_record_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run_stage({}, {"output": tmp_path / name}, text="<x/>")
    out, _ = shown(capsys, tmp_path / name)
    assert "in stage toy" in out
    assert "<x/>" not in out


def test_a_text_is_printed_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_stage({}, {"output": tmp_path / "codebook.json"}, text='{"a": 1}')
    out, err = shown(capsys, tmp_path / "codebook.json")
    assert out == '{"a": 1}\n'
    assert "in stage toy" in err


def test_an_artifact_is_told_with_its_record(
    made: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.path)
    out, err = shown(capsys, "results/w34/responses/simulated/qa.parquet", "--rows", "0")
    for fragment in (
        "240 rows",
        "packages: ",
        "made from",
        "personas/qa.parquet",
        "max_attempts: 10",
    ):
        assert fragment in out
    assert err == ""
    assert "in stage metrics" in shown(capsys, TABLE)[1]
