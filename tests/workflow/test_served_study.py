"""The whole study through a server, one that behaves and one that does not."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from anthology.journal.prune import overview
from tests.support.fake_server.faults import Faults
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.project import TABLE, Project, new_project
from tests.support.served_study import KEY, VARIABLE, serve

pytestmark = pytest.mark.slow

ANSWERS = "results/w34/answers.csv"


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        yield


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, int]:
    """A study made through a server that behaves, and how many requests that took."""
    project = new_project(tmp_path_factory.mktemp("served") / "study")
    with serving(Serving(key=KEY, indiscreet=True)) as server:
        serve(project, server.url)
        project.make(TABLE, "--cores", "1")
        return project, sum(server.counts.answered.values())


def tables(project: Project) -> tuple[bytes, bytes]:
    return (project.path / TABLE).read_bytes(), (project.path / ANSWERS).read_bytes()


def test_tables_name_the_models_that_were_asked(served: tuple[Project, int]) -> None:
    with (served[0].path / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))[1:]
    assert len(rows) == 4
    assert {row["answers"] for row in rows} == {"toy"}
    assert {row["backstories"] for row in rows} == {"", "toy", "toy-chat"}
    assert {row["traits"] for row in rows} == {"", "toy + toy-chat"}


def test_every_answer_is_in_the_journal(served: tuple[Project, int]) -> None:
    project, answered = served
    total = overview(project.path / "cache/journal").total
    assert total.entries.total() == answered
    assert total.sent.total() == answered
    assert total.damaged == 0


def test_a_finished_study_is_rebuilt_from_the_journal_without_a_server(
    served: tuple[Project, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    copy = Project(tmp_path / "copy")
    shutil.copytree(served[0].path, copy.path)
    shutil.rmtree(copy.path / "results")
    copy.make(TABLE)
    assert tables(copy) == tables(served[0])


def test_a_faulty_server_costs_time_but_changes_nothing(
    served: tuple[Project, int], fresh: Project
) -> None:
    faults = Faults(share=0.15, seed=3, retry_after=0.05, slowly=0.02)
    with serving(Serving(key=KEY), faults) as server:
        serve(fresh, server.url, timeout=2)
        # One job at a time: two may ask the same thing at the same moment.
        fresh.make(TABLE, "--cores", "1")
        assert set(server.counts.faults) == {fault.value for fault in faults.kinds}
        assert server.counts.again == 0
        assert server.counts.answered.total() == served[1]
    assert tables(fresh) == tables(served[0])


def test_a_key_is_written_to_no_file(
    served: tuple[Project, int],
) -> None:
    files = [path for path in served[0].path.rglob("*") if path.is_file()]
    assert any(".snakemake" in path.parts for path in files)
    assert any("cache" in path.parts for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("wrong", ["key", "request", "model"])
def test_a_key_that_a_server_repeats_is_in_no_error(
    fresh: Project, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wrong == "key":
        monkeypatch.setenv(VARIABLE, f"{KEY}-wrong")
    kind = Serving(
        key=KEY,
        indiscreet=True,
        context=40 if wrong == "request" else 32_768,
        models={"other": "completions", "another": "chat"} if wrong == "model" else {},
    )
    if wrong != "model":
        kind = kind.model_copy(update={"models": Serving().models})
    with serving(kind) as server:
        serve(fresh, server.url)
        done = fresh.snakemake(TABLE)
    assert done.status != 0
    said = {"key": "does not accept the key", "request": "40", "model": "is not served here"}
    assert said[wrong] in done.text
    assert KEY not in done.text
    assert "Traceback" not in done.text
    files = [path for path in fresh.path.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
