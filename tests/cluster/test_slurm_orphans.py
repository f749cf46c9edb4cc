"""Jobs that a killed run left behind: which they are, and that they are ended."""

from pathlib import Path

import pytest

from anthology.cluster.slurm_orphans import (
    cancel_orphans,
    find_orphans,
    job_comment,
    parse_run_name,
)
from anthology.errors import AnthologyError
from tests.support.project import Project

ANSWERS = "results/w34/responses/simulated/qa.parquet"
LABEL = "rule_responses_wildcards_w34_simulated_qa"
LOG = "Building DAG of jobs...\nSLURM run ID: 1f0c\nJob 3 has been submitted\n"
QUEUE = f"""#!/bin/sh
[ -f cancelled ] || echo "7 {{state}} 1f0c {LABEL}"
echo "8 RUNNING another {LABEL}"
echo "9 RUNNING 1f0c rule_responses_wildcards_w34_simulated_bio"
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster of which scripts tell, where one job goes on that makes the file."""
    (tmp_path / "bin").mkdir()
    script(tmp_path, "squeue", QUEUE.format(state="RUNNING"))
    script(tmp_path, "scancel", '#!/bin/sh\necho "$@" > cancelled\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return tmp_path


@pytest.fixture
def folder(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder there with the logs of two runs, one of which sent jobs."""
    monkeypatch.chdir(cluster)
    log(cluster, "Building DAG of jobs...\nNothing to be done\n", 1)
    log(cluster, LOG, 2)
    return cluster


def script(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def log(folder: Path, text: str, number: int) -> None:
    (folder / "log").mkdir(exist_ok=True)
    (folder / f"log/{number}.snakemake.log").write_text(text)


def unending(folder: Path, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the job stay in a state whatever it is told, and be waited for no longer."""
    script(folder, "squeue", QUEUE.format(state=state))
    script(folder, "scancel", "#!/bin/sh\n")
    monkeypatch.setattr("anthology.cluster.slurm_orphans._TIMEOUT", -1)


def test_a_run_is_known_by_what_its_log_says_wherever_it_says_it() -> None:
    assert parse_run_name(LOG.splitlines(keepends=True)) == "1f0c"
    assert parse_run_name(["x" * 9_000 + "\n", *LOG.splitlines(keepends=True)]) == "1f0c"
    assert parse_run_name(["Building DAG of jobs...\n", "no SLURM run ID: 1\n"]) is None


def test_a_job_is_known_by_its_whole_name_and_what_it_makes() -> None:
    queue = "7 RUNNING x rule_a\n8 RUNNING xy rule_a\n9 PENDING x rule_a_wildcards_b c\n1 R x \n"
    assert find_orphans(queue, {"x"}, {"rule_a"}) == {"7": "RUNNING"}
    assert find_orphans(queue, {"x"}, {"rule_a_wildcards_b c"}) == {"9": "PENDING"}


def test_a_label_holds_rule_and_wildcards() -> None:
    assert job_comment("traits", []) == "rule_traits"
    assert job_comment("responses", ["w34", "a/b", "qa"]) == "rule_responses_wildcards_w34_a_b_qa"


def test_only_jobs_of_earlier_runs_that_make_the_same_files_are_ended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel_orphans(folder, {LABEL})
    assert (folder / "cancelled").read_text() == "7\n"
    assert capsys.readouterr().err.endswith("killed: 7\n")


def test_without_such_jobs_nothing_is_ended_and_nothing_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel_orphans(folder, {"rule_traits"})
    assert not (folder / "cancelled").exists()
    assert capsys.readouterr().err == ""


def test_a_cluster_is_not_asked_by_runs_that_never_used_it(folder: Path) -> None:
    (folder / "log/2.snakemake.log").unlink()
    script(folder, "squeue", "#!/bin/sh\nexit 1\n")
    cancel_orphans(folder, {LABEL})


def test_a_cluster_that_does_not_answer_stops_the_run(folder: Path) -> None:
    script(folder, "squeue", "#!/bin/sh\necho out of order >&2\nexit 1\n")
    with pytest.raises(AnthologyError, match="out of order"):
        cancel_orphans(folder, {LABEL})


def test_jobs_that_do_not_end_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unending(folder, "RUNNING", monkeypatch)
    with pytest.raises(AnthologyError, match="do not end: 7"):
        cancel_orphans(folder, {LABEL})


def test_a_node_that_does_not_answer_stops_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unending(folder, "COMPLETING", monkeypatch)
    cancel_orphans(folder, {LABEL})
    assert "warning: the nodes of 7" in capsys.readouterr().err


@pytest.mark.usefixtures("cluster")
def test_a_run_without_a_cluster_ends_jobs_of_one_with_it_too(project: Project) -> None:
    (project.path / ANSWERS).unlink()
    log(project.path / ".snakemake", LOG, 1)
    done = project.snakemake(ANSWERS)
    assert done.status == 0, done.text
    assert "cancelling jobs of an earlier run that was killed: 7\n" in done.text
    assert (project.path / "cancelled").read_text() == "7\n"
