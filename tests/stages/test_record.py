"""The record of a run: one archive for a paper's supplement, without anybody's answers."""

import csv
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.errors import DataError
from anthology.provenance.lineage import trace_lineage
from anthology.provenance.secrets import strip_folders
from anthology.stages.record import describe_sources, read_sources
from tests.support.project import TABLE, Project, merge
from tests.support.watched_stage import run_stage, usage_of

RECORD = "results/record.zip"
METADATA = "ro-crate-metadata.json"


@pytest.fixture(scope="module")
def recorded(made: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small study of one survey with its record."""
    copy = tmp_path_factory.mktemp("record") / "copy"
    shutil.copytree(made.path, copy, symlinks=True)
    project = Project(copy)
    project.configure(lambda config: merge(config, {"surveys": ["w34"]}))
    project.make(RECORD)
    return project


def entities(project: Project) -> dict[str, Any]:
    with zipfile.ZipFile(project.path / RECORD) as archive:
        graph = json.loads(archive.read(METADATA))["@graph"]
    return {entity["@id"]: entity for entity in graph}


def actions(project: Project) -> list[Any]:
    return [one for one in entities(project).values() if one["@type"] == "CreateAction"]


def listed(value: Any) -> list[str]:
    return [one["@id"] for one in (value if isinstance(value, list) else [value])]


@pytest.mark.slow
def test_it_can_be_read_as_an_ro_crate(recorded: Project) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate")
    crate = rocrate.ROCrate(recorded.path / RECORD)
    assert crate.name == "A study of virtual personas: w34"
    assert crate.mainEntity.id == "workflow/Snakefile"
    held = {entity.id for entity in crate.data_entities}
    with zipfile.ZipFile(recorded.path / RECORD) as archive:
        assert held == set(archive.namelist()) - {METADATA}


@pytest.mark.slow
def test_every_command_is_an_action_with_its_software_inputs_and_results(
    recorded: Project,
) -> None:
    known = entities(recorded)
    stages = {action["name"].split()[1].rstrip(":") for action in actions(recorded)}
    assert {"population", "backstories", "traits", "matches", "responses", "metrics"} <= stages
    (metrics,) = [one for one in actions(recorded) if one["name"].startswith("anthology metrics")]
    assert listed(metrics["result"]) == [TABLE, "results/w34/answers.csv"]
    names = [known[used]["name"] for used in listed(metrics["object"])]
    assert names[:2] == ["results/w34/humans.parquet", "results/w34/responses/simulated/qa.parquet"]
    assert known[listed(metrics["instrument"])[0]]["name"] == "anthology"
    asked = next(one for one in actions(recorded) if "simulated/qa.parquet" in one["name"])
    assert known[listed(asked["instrument"])[1]]["name"] == "simulated"
    assert "seed 2024" in asked["description"]


@pytest.mark.slow
def test_hashes_are_those_of_the_files(recorded: Project) -> None:
    known = [one for one in entities(recorded).values() if "sha256" in one]
    by_name = {one["name"]: one["sha256"] for one in known}
    made = json.loads((recorded.path / "results/w34/.made/humans.parquet.json").read_text())
    assert by_name["results/w34/humans.parquet"] == made["file"]["sha256"]
    assert len(by_name) > 30


@pytest.mark.slow
def test_nobodys_answers_are_in_it(recorded: Project) -> None:
    with zipfile.ZipFile(recorded.path / RECORD) as archive:
        names = archive.namelist()
        every = b"".join(map(archive.read, names))
    tables = [name for name in names if name.startswith("results/")]
    assert tables == ["results/summary.csv", "results/w34/answers.csv", TABLE]
    assert not [name for name in names if name.endswith((".parquet", ".sav"))]
    stories = recorded.path / "results/backstories/natural.parquet"
    from anthology.io.parquet import read_table

    for text in read_table(stories)["text"].to_pylist():
        assert text[:60].encode() not in every


@pytest.mark.slow
def test_it_says_what_was_simulated(recorded: Project) -> None:
    root = entities(recorded)["./"]
    assert "Synthetic: respondents, backstories" in root["description"]
    assert "no evidential value" in root["description"]


@pytest.mark.slow
def test_its_date_is_that_of_the_last_run_in_it(recorded: Project) -> None:
    ends = [action["endTime"] for action in actions(recorded)]
    assert entities(recorded)["./"]["datePublished"] == max(ends)


@pytest.mark.slow
def test_its_configuration_is_the_merged_one(recorded: Project) -> None:
    with zipfile.ZipFile(recorded.path / RECORD) as archive:
        configuration = yaml.safe_load(archive.read("configuration.yaml"))
    assert configuration["surveys"] == ["w34"]
    assert configuration["metrics"]["bootstrap_resamples"] == 2000  # A default that no file gives.


@pytest.mark.slow
def test_the_same_study_gives_the_same_bytes(recorded: Project) -> None:
    before = (recorded.path / RECORD).read_bytes()
    recorded.make(RECORD, "--force")
    assert (recorded.path / RECORD).read_bytes() == before


@pytest.mark.slow
def test_it_passes_what_the_profiles_require(
    recorded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = pytest.importorskip("rocrate_validator.services", reason="needs roc-validator")
    models = pytest.importorskip("rocrate_validator.models")
    http = pytest.importorskip("rocrate_validator.utils.http")
    graph = list(entities(recorded).values())
    context = Context(graph)
    monkeypatch.setattr(http.HttpRequester, "get", lambda self, url, **how: context, raising=False)
    for profile in ("process-run-crate", "workflow-run-crate"):
        settings = services.ValidationSettings(
            rocrate_uri=str(recorded.path / RECORD),
            profile_identifier=profile,
            requirement_severity=models.Severity.REQUIRED,
        )
        issues = services.validate(settings).get_issues()
        assert [issue.message for issue in issues] == []


class Context:
    """The context of RO-Crate 1.1 as far as a crate needs it, from no network."""

    status_code = 200
    headers = {"Content-Type": "application/ld+json"}

    def __init__(self, graph: list[Any]) -> None:
        types = [kind for one in graph for kind in _list(one["@type"])]
        terms = {*types, *(key for one in graph for key in one)} - {"@id", "@type", "sha256"}
        self._said = {
            "@context": {term: f"http://schema.org/{term}" for term in terms}
            | {
                "File": "http://schema.org/MediaObject",
                "conformsTo": "http://purl.org/dc/terms/conformsTo",
                "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
            }
        }
        self.text = json.dumps(self._said)
        self.content = self.text.encode()

    def json(self) -> Any:
        return self._said


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home/people.sav").write_bytes(b"people")
    monkeypatch.chdir(tmp_path / "mine")
    given = {"sav": tmp_path / "home/people.sav"}
    run_stage(given, {"output": Path("results/humans.parquet")}, asked=[usage_of()])
    run_stage({"humans": Path("results/humans.parquet")}, {"output": Path("results/t.csv")})
    return tmp_path


def test_a_lineage_goes_back_to_the_files_that_somebody_brought(here: Path) -> None:
    found = trace_lineage([Path("results/t.csv")])
    assert list(found.records) == ["results/humans.parquet", "results/t.csv"]
    assert list(found.originals) == [str(here / "home/people.sav")]


def test_a_public_record_names_no_folder_no_machine_and_no_server(here: Path) -> None:
    found = trace_lineage([Path("results/t.csv")]).anonymize()
    said = json.dumps([made.model_dump(mode="json") for made in found.records.values()])
    assert str(here) not in said
    assert "people.sav" in said
    assert "node7" not in said
    assert {made.run.host for made in found.records.values()} == {"machine 1"}


def test_a_model_that_is_known_by_a_place_of_ones_own_is_known_by_its_last_name(
    here: Path,  # noqa: ARG001
) -> None:
    told = replace(usage_of(), served="/home/jane/m.gguf", version="ollama 1, /home/jane/m.gguf")
    run_stage({}, {"output": Path("results/t.csv")}, asked=[told])
    (model,) = trace_lineage([Path("results/t.csv")]).anonymize().records["results/t.csv"].models
    assert (model.served, model.version) == ("m.gguf", "ollama 1, m.gguf")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("results/t.csv", "not the file that its record is of"),
        ("results/.made/t.csv.json", "has no record of what made it"),
        ("results/.made/humans.parquet.json", "has no record of what made it"),
    ],
)
def test_what_is_not_known_is_not_recorded(here: Path, file: str, said: str) -> None:
    path = here / "mine" / file
    path.unlink() if path.suffix == ".json" else path.write_text("a,b\n")
    with pytest.raises(DataError, match=said) as caught:
        trace_lineage([Path("results/t.csv")])
    assert "snakemake --force results/" in caught.value.hint


def test_a_table_of_something_else_is_not_recorded(here: Path) -> None:  # noqa: ARG001
    run_stage({}, {"output": Path("results/humans.parquet")}, text="others")
    with pytest.raises(DataError, match=r"made from another results/humans.parquet"):
        trace_lineage([Path("results/t.csv")])


def test_a_file_that_was_changed_is_named_and_not_what_was_made_from_it(here: Path) -> None:
    people = here / "mine/results/humans.parquet"
    people.write_text("changed by hand")
    run_stage({"humans": Path("results/humans.parquet")}, {"output": Path("results/t.csv")})
    with pytest.raises(DataError, match="not the file that its record is of") as caught:
        trace_lineage([Path("results/t.csv")])
    assert "snakemake --force results/humans.parquet" in caught.value.hint


def test_only_the_name_of_a_place_of_ones_own_is_told() -> None:
    said = {"humans": {"w34": "/home/jane/ATP W34.sav"}, "file": ["~/s.csv", "data/s.csv", 3]}
    assert strip_folders(said) == {
        "humans": {"w34": "ATP W34.sav"},
        "file": ["s.csv", "data/s.csv", 3],
    }


def test_real_people_and_a_real_model_are_not_called_simulated(tmp_path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(
        [["humans", "backstories", "traits", "answers"], ["W34.sav", "", "", "llama-3-8b"]]
    )
    (tmp_path / "summary.csv").write_text(text.getvalue())
    said = describe_sources(read_sources(tmp_path / "summary.csv"))
    assert "respondents: W34.sav; backstories: none" in said
    assert "Synthetic" not in said


def test_a_source_that_is_simulated_in_part_is_synthetic() -> None:
    assert "Synthetic: traits;" in describe_sources({"traits": ["llama + simulated"]})
    assert "None of it" in describe_sources({"traits": ["llama"]})
