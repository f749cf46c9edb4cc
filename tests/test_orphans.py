"""Jobs that a killed run left behind: which they are, and that they are ended."""

from pathlib import Path

import pytest

from anthology.errors import AnthologyError
from anthology.orphans import end_orphans, run_names, under_way

LOG = """Building DAG of jobs...
SLURM run ID: 1f0c
Job 3 has been submitted with SLURM jobid 7
"""
QUEUE = """#!/bin/sh
[ -f cancelled ] || echo "7 1f0c"
echo "8 another"
echo "9 1f0c and more"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the log of one run, on a cluster of which scripts tell."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log/1.snakemake.log").write_text(LOG)
    (tmp_path / "bin").mkdir()
    script(tmp_path, "squeue", QUEUE)
    script(tmp_path, "scancel", '#!/bin/sh\necho "$@" > cancelled\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def test_runs_on_one_machine_have_no_names() -> None:
    assert run_names(["Building DAG of jobs...\n", ""]) == set()


def test_every_run_of_a_folder_has_its_name() -> None:
    assert run_names([LOG, LOG.replace("1f0c", "a-b_2")]) == {"1f0c", "a-b_2"}


def test_a_job_is_known_by_its_whole_name_alone() -> None:
    assert under_way("7 x\n8 xy\n9 x y\n10 \n", {"x"}) == ["7"]


def test_only_jobs_of_earlier_runs_are_ended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end_orphans(folder)
    assert (folder / "cancelled").read_text() == "7\n"
    assert capsys.readouterr().err.endswith("killed: 7\n")


def test_without_earlier_jobs_nothing_is_ended_and_nothing_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cancelled").touch()
    end_orphans(folder)
    assert (folder / "cancelled").read_text() == ""
    assert capsys.readouterr().err == ""


def test_a_cluster_is_not_asked_by_runs_that_never_used_it(folder: Path) -> None:
    (folder / "log/1.snakemake.log").write_text("Building DAG of jobs...\n")
    script(folder, "squeue", "#!/bin/sh\nexit 1\n")
    end_orphans(folder)


def test_a_cluster_that_does_not_answer_stops_the_run(folder: Path) -> None:
    script(folder, "squeue", "#!/bin/sh\necho out of order >&2\nexit 1\n")
    with pytest.raises(AnthologyError, match="out of order"):
        end_orphans(folder)


def test_jobs_that_do_not_end_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(folder, "scancel", "#!/bin/sh\n")
    monkeypatch.setattr("anthology.orphans._PATIENCE", -1)
    with pytest.raises(AnthologyError, match="do not end: 7"):
        end_orphans(folder)


def test_while_another_run_holds_a_lock_no_job_is_ended(folder: Path) -> None:
    (folder / "locks").mkdir()
    for name in ("0.input.lock", "0.output.lock", "1.output.lock"):
        (folder / "locks" / name).touch()
    end_orphans(folder)
    assert not (folder / "cancelled").exists()
