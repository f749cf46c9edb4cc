"""Beside every artifact stands what made it, and nothing that is a secret."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import DataError
from anthology.models.usage import Usage
from anthology.provenance.environment import git_commit, scheduler_job
from anthology.provenance.record_files import describes_file, read_record, record_path
from anthology.provenance.secrets import redact_secrets
from tests.support.project import TABLE, Project, merge
from tests.support.watched_stage import record_of, run_stage, usage_of

KEY = "sk-never-to-be-seen"
ANSWERS = "results/w34/responses/simulated/qa.parquet"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.sav").write_bytes(b"people" * 1000)
    return tmp_path


def hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_record_tells_the_file_its_inputs_and_the_settings(here: Path) -> None:
    run_stage({"sav": Path("people.sav")}, {"output": Path("out/table.csv")})
    made = record_of(Path("out/table.csv"))
    assert made.file.model_dump() == {
        "path": "out/table.csv", "bytes": 12, "sha256": hashed(here / "out/table.csv"),
    }  # fmt: skip
    assert [file.model_dump() for file in made.inputs] == [
        {"path": "people.sav", "bytes": 6000, "sha256": hashed(here / "people.sav")}
    ]
    assert (made.stage, made.settings) == ("toy", {"seed": 7, "survey": "w34"})
    assert made.software.code == "0123abcd"
    assert made.software.packages["numpy"]
    assert made.run.started <= made.run.ended


def test_only_what_a_stage_wrote_gets_a_record(here: Path) -> None:
    for _ in range(2):  # The second time, the table is there before.
        run_stage({"sav": here / "people.sav"}, {"one": here / "1.csv", "two": here / "2.csv"})
        found = sorted(path.name for path in here.glob(".made/*"))
        assert found == ["1.csv.json", "2.csv.json"]
        assert record_of(here / "1.csv").run == record_of(here / "2.csv").run


def test_what_is_made_again_is_recorded_again(here: Path) -> None:
    run_stage({}, {"output": here / "1.csv"}, settings={"seed": 1})
    run_stage({}, {"output": here / "1.csv"}, settings={"seed": 2})
    assert record_of(here / "1.csv").settings == {"seed": 2}


def test_a_file_in_two_options_is_an_input_once(here: Path) -> None:
    both = here / "people.sav"
    run_stage({"sav": both, "files": [both, both]}, {"output": here / "1.csv"})
    assert len(record_of(here / "1.csv").inputs) == 1


def test_a_record_that_cannot_be_written_fails_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".made").write_text("in the way")
    run_stage({}, {"output": here / "1.csv"})
    assert (here / "1.csv").is_file()
    said = capsys.readouterr().err
    assert said.startswith("warning: what made the files was not recorded")
    assert said.count("\n") == 1


def test_a_changed_file_is_not_the_one_of_its_record(here: Path) -> None:
    run_stage({}, {"output": here / "1.csv"})
    made = record_of(here / "1.csv")
    assert describes_file(made, here / "1.csv")
    (here / "1.csv").write_text("a,b\n1,2\n3,5\n")  # Of the same size.
    assert not describes_file(made, here / "1.csv")


@pytest.mark.parametrize("content", ["", "[]", '{"format": 99}', '{"format": 1}', "\ufffd{"])
def test_a_damaged_record_is_said_to_be_one(here: Path, content: str) -> None:
    run_stage({}, {"output": here / "1.csv"})
    record_path(here / "1.csv").write_text(content)
    with pytest.raises(DataError, match="cannot be read as the record of a file"):
        read_record(here / "1.csv")


def test_models_are_recorded_with_what_asking_took(here: Path) -> None:
    counted = usage_of(requests=3, hits=4, prompt_tokens=10, completion_tokens=5, dollars=3e-5)
    run_stage({}, {"output": here / "1.csv"}, asked=[counted])
    (found,) = record_of(here / "1.csv").models
    assert found.identity["revision"] == "r2"
    assert (found.requests, found.hits, found.prompt_tokens) == (3, 4, 10)
    assert (found.version, found.price) == ("vllm 0.32.0", {"prompt": 1.0, "completion": 4.0})
    assert found.address == "http://node7:8000/v1"


def test_a_record_of_before_earlier_costs_were_told_is_read(here: Path) -> None:
    run_stage({}, {"output": here / "1.csv"}, asked=[usage_of(dollars=0.5)])
    plain = json.loads(record_path(here / "1.csv").read_text())
    for name in [name for name in plain["models"][0] if name.startswith("earlier")]:
        del plain["models"][0][name]
    record_path(here / "1.csv").write_text(json.dumps(plain))
    assert record_of(here / "1.csv").dollars == 0.5


def test_parts_are_folded_into_what_is_joined_from_them(here: Path) -> None:
    folder = here / "traits"
    numbers = ("1-of-2", "2-of-2")
    for number, requests in zip(numbers, (3, 5), strict=True):
        made = {"output": folder / f"all.{number}.parquet", "sources": folder / f"r.{number}.csv"}
        other = usage_of("other", hits=1, earlier_prompt_tokens=7, earlier_dollars=0.5)
        asked = [usage_of(requests=requests, dollars=0.25), other]
        run_stage({"sav": here / "people.sav"}, made, asked=asked)
    parts = [folder / f"all.{number}.parquet" for number in numbers]
    runs = [record_of(part).run for part in parts]
    joined = {"output": folder / "all.parquet", "sources": folder / "r.csv"}
    run_stage({"sav": here / "people.sav", "parts": parts}, joined, asked=[usage_of()])
    for path in joined.values():
        found = record_of(path)
        assert [file.path for file in found.inputs] == ["people.sav"]
        assert {model.name: (model.requests, model.hits) for model in found.models} == {
            "paid": (8, 0), "other": (0, 2),
        }  # fmt: skip
        assert [model.earlier_prompt_tokens for model in found.models] == [0, 14]
        assert (found.dollars, found.earlier_dollars) == (1.5, 1.0)
        assert found.shards == runs
    assert sorted(path.name for path in folder.glob(".made/*")) == [
        "all.parquet.json", "r.csv.json",
    ]  # fmt: skip


def test_counts_of_models_add_up_to_the_whole() -> None:
    meter = Usage()
    meter.of("a").requests += 2
    meter.of("b").requests += 3
    meter.of("b").dollars += 0.5
    assert meter.of("a").requests == 2
    assert (meter.total().requests, meter.total().dollars) == (5, 0.5)
    assert "5 requests answered" in meter.summary()


word = st.text(st.characters(categories=["L", "N"]), min_size=8, max_size=12)


@given(user=word, password=word, before=st.text(max_size=5))
def test_no_password_stays_in_an_address(user: str, password: str, before: str) -> None:
    text = f"{before} https://{user}:{password}@host.org/v1"
    found = redact_secrets({"list": [{"at": text}]})
    assert password not in json.dumps(found, ensure_ascii=False)
    assert found["list"][0]["at"].endswith("https://host.org/v1")


def test_only_the_values_of_secrets_are_hidden() -> None:
    said = {"api_key": "k", "X-Api-Key": "k", "password": "k", "access_token": "k"}
    assert set(redact_secrets(said).values()) == {"***"}
    kept = {"max_tokens": 3, "tokens": "k", "key": "age", "stop_token": 7, "mail": "a@b.org"}
    assert redact_secrets(kept) == kept


def test_a_checkout_is_known_by_its_commit_and_whether_it_was_changed(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")

    def git(*words: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        command = ["git", "-C", str(tmp_path), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert git_commit(package) == (None, None)
    git("init", "-q")
    assert git_commit(package) == (None, None)  # It lies there, and is not a part of it.
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert git_commit(package) == (git("rev-parse", "HEAD"), False)
    (package / "__init__.py").write_text("1")
    assert git_commit(package) == (git("rev-parse", "HEAD"), True)


def test_a_job_of_a_scheduler_is_named() -> None:
    assert scheduler_job({"SLURM_JOB_ID": "12"}) == "Slurm 12"
    assert scheduler_job({"HOME": "/root"}) is None


def test_every_artifact_of_a_study_has_a_true_record(made: Project) -> None:
    files = [
        path
        for path in made.path.glob("results/**/*")
        if path.is_file() and path.parent.name != ".made" and path.name != "README.md"
    ]
    assert len(files) > 18
    known = {}
    for path in files:
        found = json.loads(record_path(path).read_text())
        assert found["file"]["path"] == str(path.relative_to(made.path))
        assert found["file"]["sha256"] == hashed(path)
        known[found["file"]["path"]] = found
    for found in known.values():
        for used in found["inputs"]:
            assert used["sha256"] == hashed(made.path / used["path"])
    table = known[TABLE]
    conditions = [Path(used["path"]).stem for used in table["inputs"]]
    assert conditions[0] == "humans"
    assert len(conditions) == 5
    asked = known[ANSWERS]
    assert asked["settings"]["seed"] == 2024
    assert asked["models"][0]["version"].startswith("anthology ")


@pytest.mark.slow
def test_no_key_and_no_password_is_in_a_record(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATED_KEY", KEY)
    secret = "base_url: 'http://jane:hunter2@localhost/v1', key_env: SIMULATED_KEY"
    file = "config/models/simulated.yaml"
    project.replace(file, "max_concurrency: 64", f"max_concurrency: 64, {secret}")
    before = (project.path / ANSWERS).read_bytes(), record_path(project.path / ANSWERS).read_text()
    project.make(ANSWERS, "--force")
    after = (project.path / ANSWERS).read_bytes(), record_path(project.path / ANSWERS).read_text()
    assert after[0] == before[0]
    assert after[1] != before[1]  # It was another run.
    for hidden in (KEY, "hunter2", "jane"):
        assert hidden not in after[1]


@pytest.mark.slow
def test_shards_leave_one_record_of_all_of_them(project: Project) -> None:
    before = record_of(project.path / ANSWERS)
    project.configure(lambda config: merge(config, {"shards": {"responses": 2}}))
    project.make(ANSWERS, "--force")
    found = record_of(project.path / ANSWERS)
    assert found.file == before.file
    assert len(found.shards) == 2
    assert {file.path for file in found.inputs} == {file.path for file in before.inputs}
    assert [model.name for model in found.models] == ["simulated"]
    assert not list((project.path / ANSWERS).parent.glob(".made/*-of-*"))
