"""Commands do what the run behind them wanted, or nothing."""

import os
from pathlib import Path

import pytest

from anthology.cluster.submitted_jobs import SUBMITTED_VARIABLE, check_submitted, record_submitted
from anthology.errors import ConfigurationError
from tests.support.project import Project

JOBS = [['{"a":1}', '{"b":"x\\ny"}'], ['{"a":2}']]


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no run behind this one, and none left behind by it."""
    monkeypatch.setenv(SUBMITTED_VARIABLE, "")
    monkeypatch.delenv(SUBMITTED_VARIABLE)


def test_submitted_settings_are_accepted_in_any_order(tmp_path: Path) -> None:
    record_submitted(tmp_path / "promised", JOBS)
    for settings in JOBS:
        check_submitted(settings)
        check_submitted(settings[::-1])


@pytest.mark.parametrize("settings", [['{"a":3}'], ['{"a":1}'], []])
def test_settings_that_were_not_submitted_are_refused(tmp_path: Path, settings: list[str]) -> None:
    record_submitted(tmp_path / "promised", JOBS)
    with pytest.raises(ConfigurationError, match="was changed after this job was submitted"):
        check_submitted(settings)


def test_without_a_run_all_settings_are_accepted(tmp_path: Path) -> None:
    check_submitted(["anything"])
    record_submitted(tmp_path / "promised", JOBS)
    Path(os.environ[SUBMITTED_VARIABLE]).unlink()
    check_submitted(["anything"])


def test_equal_runs_share_a_file_and_others_have_their_own(tmp_path: Path) -> None:
    record_submitted(tmp_path / "promised", JOBS)
    record_submitted(tmp_path / "promised", reversed(JOBS))
    assert len(list(tmp_path.glob("promised/*"))) == 1
    record_submitted(tmp_path / "promised", JOBS[:1])
    assert len(list(tmp_path.glob("promised/*"))) == 2
    with pytest.raises(ConfigurationError):
        check_submitted(JOBS[1])


@pytest.mark.slow
def test_a_run_records_just_the_settings_of_its_jobs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = "results/w34/responses/simulated/qa.parquet"
    (project.path / answers).unlink()
    before = set((project.path / ".snakemake/submitted").iterdir())
    project.make(answers)
    (file,) = set((project.path / ".snakemake/submitted").iterdir()) - before
    assert len(file.read_text().split("\n")) == 1
    (project.path / answers).unlink()
    monkeypatch.setenv(SUBMITTED_VARIABLE, str(file))
    project.make(answers)
