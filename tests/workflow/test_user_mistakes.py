"""What a user sees of a mistake, from the commands that a user runs."""

import csv
import json
from pathlib import Path

import pytest

from anthology.cli.main import main
from anthology.config.stage import StageSettings
from anthology.errors import DataError
from anthology.io.parquet import read_table, write_table
from tests.support.project import Project


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (["--config", "sede=1"], ["sede = 1", 'did you mean "seed"?']),
        (["--config", 'humans={w34: "no such.sav"}'], ["no such.sav", "is no file"]),
        (
            ["--config", "backstories={natural: {count: 10}}"],
            ["backstories.natural.count = 10", "expected at least as many stories"],
        ),
        (["results/w43/metrics.csv"], ['did you mean "w34"?']),
        (["results/w34/personas/boi.parquet"], ['did you mean "bio"?']),
    ],
)
def test_a_mistake_in_a_command_is_one_message_with_status_1(
    made: Project, arguments: list[str], fragments: list[str]
) -> None:
    done = made.snakemake("-n", *arguments)
    assert done.status == 1
    assert "Traceback" not in done.text
    assert 'File "' not in done.text
    assert done.text.count("error: ") == 1
    for fragment in fragments:
        assert fragment in done.text


def test_a_file_that_is_no_survey_is_refused_before_anything_runs(
    fresh: Project, tmp_path: Path
) -> None:
    wrong = tmp_path / "some where" / "ATP W34.sav"
    wrong.parent.mkdir()
    wrong.write_text("not a survey")
    done = fresh.snakemake("results/w34/metrics.csv", "--config", f'humans={{w34: "{wrong}"}}')
    assert done.status == 1
    assert "Traceback" not in done.text
    assert "ATP W34.sav" in done.text
    assert not (fresh.path / "results").exists()


@pytest.mark.slow
def test_a_users_own_file_is_read_and_named(project: Project, tmp_path: Path) -> None:
    own = tmp_path / "some where" / "ATP W34.sav"
    own.parent.mkdir()
    own.write_bytes((project.path / "results/w34/population.sav").read_bytes())
    own_file = f'humans={{w34: "{own}"}}'
    project.make("results/w34/humans.parquet", "--config", own_file)
    before = read_table(project.path / "results/w34/humans.parquet")
    assert before.num_rows == 30


def test_a_file_cut_short_fails_with_its_log(fresh: Project, made: Project, tmp_path: Path) -> None:
    whole = (made.path / "results/w34/population.sav").read_bytes()
    cut = tmp_path / "cut.sav"
    cut.write_bytes(whole[: len(whole) - 2_000])
    done = fresh.snakemake("results/w34/humans.parquet", "--config", f"humans={{w34: {cut}}}")
    assert done.status == 1
    assert "Traceback" not in done.text
    assert "cut.sav" in done.text


def test_unknown_settings_of_a_stage_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = json.dumps({"splitz": 3})
    arguments = ["--settings", settings, "--metrics", str(tmp_path), "--output", str(tmp_path)]
    assert main(["summary", *arguments]) == 1
    assert "splitz = 3" in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["splits", "[1]", "3"])
def test_settings_that_are_not_json_objects_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: str
) -> None:
    arguments = ["--settings", settings, "--metrics", str(tmp_path), "--output", str(tmp_path)]
    assert main(["summary", *arguments]) == 1
    assert "--settings: takes JSON objects" in capsys.readouterr().err


def test_show_describes_an_artifact(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.path / "results/w34/responses/simulated/greedy_bio.parquet"
    assert main(["show", str(path), "--rows", "1"]) == 0
    shown = capsys.readouterr().out
    for fragment in (
        "240 rows",
        "stage responses",
        "condition: greedy_bio",
        "max_attempts: 10",
        "row 0",
    ):
        assert fragment in shown


def test_show_prints_one_row_whole(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.path / "results/w34/personas/greedy_bio.parquet"
    turns = read_table(path)["turns"].to_pylist()[3]
    assert main(["show", str(path), "--row", "3"]) == 0
    shown = capsys.readouterr().out
    assert all(turn["question"] in shown and turn["answer"] in shown for turn in turns)
    assert main(["show", str(path), "--row", "30"]) == 1
    assert "rows are 0 to 29" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("results/w34/codebook.json", '"FUD37A_W34"'),
        ("results/w34/population.sav", "a survey file of 30 people (Simulated population)"),
        ("logs/w34/humans.log", "30 respondents read"),
        ("results/w34/metrics.csv", "greedy_bio"),
    ],
)
def test_show_prints_every_kind_of_file(
    made: Project, capsys: pytest.CaptureFixture[str], file: str, said: str
) -> None:
    assert main(["show", str(made.path / file)]) == 0
    assert said in capsys.readouterr().out


def test_show_refuses_binary_files_and_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0")
    assert main(["show", str(tmp_path / "program")]) == 1
    assert main(["show", str(tmp_path)]) == 1
    assert main(["show", str(tmp_path / "program"), "--row", "1"]) == 1
    said = capsys.readouterr().err
    assert "neither a table nor an artifact nor text" in said
    assert "is a folder" in said
    assert "--row is for Parquet files" in said


def test_show_refuses_files_that_are_not_artifacts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(tmp_path / "none.parquet")]) == 1
    assert "there is no such file" in capsys.readouterr().err
    (tmp_path / "x.parquet").write_text("hello")
    assert main(["show", str(tmp_path / "x.parquet")]) == 1
    assert "no artifact" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 0, "no rows; columns: none"),
        (b"a,b\n", 0, "no rows; columns: a, b"),
        (b"a,b\n1\n", 1, "line 2: has 1 cells under 2 names"),
        (b"a\n\xff\n", 1, "is not UTF-8 at byte 2"),
        (b"a\n" + b"x" * 200_000, 1, "is no table"),
    ],
)
def test_show_copes_with_odd_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, status: int, said: str
) -> None:
    csv.field_size_limit(131_072)  # As in a new process; reading stories raises it for its own.
    (tmp_path / "table.csv").write_bytes(content)
    assert main(["show", str(tmp_path / "table.csv")]) == status
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("seed: [1", "is no valid YAML"),
        ("seed:\t1\n  x: 2", "is no valid YAML"),
        ("- a list", "must hold a mapping"),
        ("", "must hold a mapping"),
    ],
)
def test_a_broken_configuration_file_is_named(fresh: Project, broken: str, said: str) -> None:
    (fresh.path / "config/config.yaml").write_text(broken)
    done = fresh.snakemake("-n")
    assert done.status == 1
    assert "Traceback" not in done.text
    assert "config/config.yaml" in done.text
    assert said in done.text


def test_a_survey_without_a_matching_trait_names_both_remedies(fresh: Project) -> None:
    fresh.replace("config/surveys/w34.yaml", "\n  party:", "\n  parti:")
    fresh.replace("config/config.yaml", "    w92:\n", "    w34: [age, party]\n    w92:\n")
    text = fresh.snakemake("-n").text
    assert "config/surveys/w34.yaml has no such trait" in text
    assert 'did you mean "parti"?' in text
    assert "give w34 a list of its own under matching.traits" in text


def test_too_few_backstories_in_a_file_are_reported_before_anything_runs(fresh: Project) -> None:
    (fresh.path / "few.txt").write_text("I was born.\nI was born too.\n")
    for count, said in (("all", "there are 2 stories; w34"), ("3", "holds 2 stories")):
        natural = f"backstories={{natural: {{file: few.txt, count: {count}}}}}"
        done = fresh.snakemake("-n", "--config", natural)
        assert done.status == 1
        assert said in done.text


def test_a_backstory_file_is_checked_before_anything_runs(fresh: Project) -> None:
    (fresh.path / "stories.pkl").write_bytes(b"\x80\x04.")
    natural = "backstories={natural: {file: stories.pkl, count: all}}"
    done = fresh.snakemake("-n", "--config", natural)
    assert done.status == 1
    assert "Traceback" not in done.text
    assert "stories.pkl" in done.text


def test_too_few_backstories_for_a_survey_file_are_reported_before_anything_runs(
    fresh: Project, made: Project
) -> None:
    own = made.path / "results/w34/population.sav"
    few = "backstories={natural: {count: 29}}"
    done = fresh.snakemake("-n", "--config", f"humans={{w34: {own}}}", few)
    assert done.status == 1
    assert "w34 has 30 respondents or more" in done.text
    assert not (fresh.path / "results").exists()


def test_an_artifact_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "a" / "b.parquet"
    write_table(path, pa.table({"x": [1]}), stage="s", settings=StageSettings(), metadata={})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_table(
            path,
            pa.table({"x": [2]}),
            stage="s",
            settings=StageSettings(),
            metadata={"f": object()},
        )
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["b.parquet"]
    path.write_bytes(before[:-10])
    with pytest.raises(DataError, match="cannot be read"):
        read_table(path)
