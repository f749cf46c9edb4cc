"""Jobs that a killed run left behind: which they are, and that they are ended."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from anthology.errors import AnthologyError
from anthology.orphans import end_orphans, under_way
from tests.conftest import Project

LEFT = "7"
JOBS = {LEFT, "70"}
QUEUE = """#!/bin/sh
[ -f cancelled ] || echo "7 {state}"
echo "8 RUNNING"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a cluster of which scripts tell, where one job goes on."""
    (tmp_path / "bin").mkdir()
    script(tmp_path, "squeue", QUEUE.format(state="RUNNING"))
    script(tmp_path, "scancel", '#!/bin/sh\necho "$@" > cancelled\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def unending(folder: Path, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the job stay in a state whatever it is told, and be waited for no longer."""
    script(folder, "squeue", QUEUE.format(state=state))
    script(folder, "scancel", "#!/bin/sh\n")
    monkeypatch.setattr("anthology.orphans._PATIENCE", -1)


def test_a_job_is_known_by_its_whole_number_alone() -> None:
    assert under_way("7 RUNNING\n17 PENDING\n70_1 PENDING\n", {"7", "70"}) == {"7": "RUNNING"}


def test_only_jobs_that_make_the_same_files_are_ended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end_orphans(JOBS)
    assert (folder / "cancelled").read_text() == "7\n"
    assert capsys.readouterr().err.endswith("killed: 7\n")


def test_where_all_have_ended_nothing_is_ended_and_nothing_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end_orphans({"70"})
    assert not (folder / "cancelled").exists()
    assert capsys.readouterr().err == ""


def test_a_cluster_is_not_asked_by_runs_that_never_used_it(folder: Path) -> None:
    script(folder, "squeue", "#!/bin/sh\nexit 1\n")
    end_orphans(set())


def test_a_cluster_that_does_not_answer_stops_the_run(folder: Path) -> None:
    script(folder, "squeue", "#!/bin/sh\necho out of order >&2\nexit 1\n")
    with pytest.raises(AnthologyError, match="out of order"):
        end_orphans(JOBS)


def test_jobs_that_do_not_end_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unending(folder, "RUNNING", monkeypatch)
    with pytest.raises(AnthologyError, match="do not end: 7"):
        end_orphans(JOBS)


def test_a_node_that_does_not_answer_stops_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unending(folder, "COMPLETING", monkeypatch)
    end_orphans(JOBS)
    assert "warning: the nodes of 7" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_run_without_a_cluster_ends_the_jobs_that_make_its_files_and_no_others(
    project: Project,
) -> None:
    answers = "results/w34/responses/simulated/qa.parquet"
    (project.path / answers).unlink()
    mark(project, answers, LEFT)
    mark(project, "results/w92/metrics.csv", "8")
    done = project.snakemake(answers)
    assert done.status == 0, done.text
    assert "ending jobs of an earlier run that was killed: 7\n" in done.text
    assert (project.path / "cancelled").read_text() == "7\n"


def mark(project: Project, file: str, job: str) -> None:
    """Note that a job is making a file, as Snakemake does."""
    folder = project.path / ".snakemake/incomplete"
    folder.mkdir(exist_ok=True)
    (folder / urlsafe_b64encode(file.encode()).decode()).write_text(
        json.dumps({"external_jobid": job})
    )
