"""The study through jobs of a real Slurm, and what happens to it when jobs and nodes fail."""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from anthology.journal.prune import overview
from tests.support import slurm as cluster
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import Server, serving
from tests.support.project import TABLE, Project, merge, new_project
from tests.support.served_study import KEY, VARIABLE, serve
from tests.support.slurm import SLURM, Driver, drive, missing, scontrol, until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "")
IN_FLIGHT = 4
SLOW, STILL, FAST = 1.0, 60.0, 0.0
"""Seconds of an answer: until what a test wants to happen happens, while nothing may, and after."""
ONE_BY_ONE = (*SLURM, "--jobs", "1", "--prioritize", "results/traits/natural.parquet")
"""One job at a time, since two may ask the same thing at the same moment."""
ASKING = {"natural_backstories", "primed_backstories", "traits", "responses"}


def serve_some(project: Project, server: Server) -> None:
    """Have a project's models served, and compare two conditions only."""
    serve(project, server.url, max_concurrency=IN_FLIGHT)
    project.configure(lambda config: config.update(compare=["qa", "greedy_bio"]))


def answer_after(server: Server, seconds: float) -> None:
    """Have a server take so long for an answer from now on."""
    server.desk.settings = server.desk.settings.model_copy(update={"latency": seconds})


def results(project: Project) -> dict[str, bytes]:
    """Return every artifact of a project; hidden are records of the run, and what a kill left."""
    folder = project.path / "results"
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shown = (file for file in files if not any(part.startswith(".") for part in file.parts))
    return {str(file): (folder / file).read_bytes() for file in shown}


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        yield


@pytest.fixture(scope="module")
def by_jobs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Driver]:
    """The small study, made through jobs."""
    project = new_project(tmp_path_factory.mktemp("jobs") / "study")
    driver = drive(project, TABLE, *SLURM)
    assert driver.finish() == 0, driver.text()
    return project, driver


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The served study, made without a cluster and without mishap."""
    project = new_project(tmp_path_factory.mktemp("expected") / "study")
    with serving(Serving(key=KEY)) as server:
        serve_some(project, server)
        project.make(TABLE, "--cores", "1")
    return project


def test_jobs_make_the_same_bytes_as_one_machine(
    by_jobs: tuple[Project, Driver], made: Project
) -> None:
    assert results(by_jobs[0]) == results(made)


def test_only_stages_that_ask_models_are_submitted(by_jobs: tuple[Project, Driver]) -> None:
    text = by_jobs[1].text()
    assert set(re.findall(r"^rule (\w+):", text, re.MULTILINE)) == ASKING
    assert not ASKING.intersection(re.findall(r"^localrule (\w+):", text, re.MULTILINE))
    assert len(by_jobs[1].sent()) == len(re.findall(r"^rule (\w+):", text, re.MULTILINE)) == 7


def test_a_stages_messages_go_to_its_own_log(by_jobs: tuple[Project, Driver]) -> None:
    logs = by_jobs[0].path / "logs"
    assert "240 questions" in (logs / "w34/responses/simulated/qa.log").read_text()
    assert [path for path in (logs / "slurm").rglob("*") if path.is_file()] == []


def test_a_job_gets_the_resources_of_its_models_file(project: Project) -> None:
    job = "job: {mem_mb: 321, runtime: 7}"
    project.replace(
        "config/models/simulated.yaml", "max_concurrency: 64", f"max_concurrency: 64, {job}"
    )
    (project.path / "results/w34/responses/simulated/qa.parquet").unlink()
    driver = drive(project, "results/w34/responses/simulated/qa.parquet", *SLURM)
    assert driver.finish() == 0, driver.text()
    told = scontrol("show", "job", driver.sent()[-1])
    assert "MinMemoryNode=321M" in told
    assert "TimeLimit=00:07:00" in told


def test_a_stage_with_resources_of_its_own_is_submitted(project: Project) -> None:
    matches = "results/w34/matches/greedy.parquet"
    before = (project.path / matches).read_bytes()
    (project.path / matches).unlink()
    driver = drive(project, matches, *SLURM, "--set-resources", "matches:mem_mb=500")
    assert driver.finish() == 0, driver.text()
    assert len(driver.sent()) == 1
    assert (project.path / matches).read_bytes() == before


def test_sharded_stages_give_the_same_bytes_on_slurm(project: Project) -> None:
    answers = "results/w34/responses/simulated/qa.parquet"
    before = (project.path / answers).read_bytes()
    (project.path / answers).unlink()
    project.configure(lambda config: merge(config, {"shards": {"responses": 3}}))
    driver = drive(project, answers, *SLURM)
    assert driver.finish() == 0, driver.text()
    assert len(driver.sent()) == 4
    assert (project.path / answers).read_bytes() == before


def test_a_change_while_a_job_is_queued_is_refused(project: Project) -> None:
    answers = "results/w34/responses/simulated/{}.parquet"
    prompt, before = "config/prompts/styles/bio.yaml", {}
    for condition in ("qa", "greedy_bio"):
        before[condition] = (project.path / answers.format(condition)).read_bytes()
        (project.path / answers.format(condition)).unlink()
    (project.path / "results/w34/personas/greedy_bio.parquet").unlink()
    scontrol("update", f"nodename={cluster.node()}", "state=drain", "reason=a test")
    try:
        driver = drive(
            project,
            *map(answers.format, before),
            *(*SLURM, "--retries", "0", "--keep-going"),
            *("--set-resources", "matched_personas:mem_mb=500"),
        )
        until(lambda: len(driver.sent()) == 2, "both jobs wait")
        project.replace(prompt, "I am", "You see, I am")
    finally:
        cluster.bring_back()
    assert driver.finish() == 1
    assert "the configuration or the code was changed after this job was submitted" in driver.text()
    assert (project.path / answers.format("qa")).read_bytes() == before["qa"]
    assert not (project.path / "results/w34/personas/greedy_bio.parquet").exists()
    project.replace(prompt, "You see, I am", "I am")
    project.make(*map(answers.format, before))
    assert (project.path / answers.format("greedy_bio")).read_bytes() == before["greedy_bio"]


def test_a_failed_job_names_both_logs_and_shows_its_stages_message(fresh: Project) -> None:
    with serving(Serving(key=f"{KEY}-another")) as server:
        serve(fresh, server.url)
        stories = "results/backstories/natural.parquet"
        driver = drive(fresh, stories, *SLURM, "--retries", "0")
        assert driver.finish() == 1
    text = driver.text()
    assert "does not accept the key" in text
    assert "logs/backstories/natural.log" in text
    assert f"logs/slurm/rule_natural_backstories/{driver.sent()[0]}.log" in text
    assert KEY not in text


Mishap = Callable[[Driver, str, Server], Driver]


def cancelled(driver: Driver, job: str, _: Server) -> Driver:
    """Have Slurm end a job."""
    subprocess.run(["scancel", job], check=True)
    return driver


def drained(driver: Driver, job: str, server: Server) -> Driver:
    """Take the node out of use once its job is done, and give it back while another waits."""
    scontrol("update", f"nodename={cluster.node()}", "state=drain", "reason=a test")
    answer_after(server, FAST)
    try:
        until(lambda: cluster.job_state(job) != "RUNNING", "the job is done")
        until(lambda: driver.sent()[-1] != job, "the next job is sent")
        waiting = driver.sent()[-1]
        until(lambda: cluster.job_state(waiting) == "PENDING", "the next job waits")
    finally:
        cluster.bring_back()
    return driver


def downed(driver: Driver, job: str, _: Server) -> Driver:
    """Declare the node dead under its job, which Slurm then starts again, and alive again."""
    scontrol("update", f"nodename={cluster.node()}", "state=down", "reason=a test")
    try:
        until(lambda: cluster.job_state(job) == "PENDING", "the job waits to be started again")
    finally:
        cluster.bring_back()
    # Slurm itself waits two minutes, and must: what is left of the job has to go first.
    return driver


def killed(driver: Driver, job: str, server: Server) -> Driver:
    """Kill Snakemake, unlock its folder, and start it again while its job goes on."""
    driver.kill()
    answer_after(server, STILL)
    project = Project(driver.said.parent)
    again = drive(project, TABLE, *ONE_BY_ONE)
    assert again.finish() != 0
    assert "--unlock" in again.text()
    project.make("--unlock")
    assert cluster.job_state(job) == "RUNNING"
    driver = drive(project, TABLE, *ONE_BY_ONE)
    until(lambda: cluster.job_state(job) == "CANCELLED", "the job is ended")
    return driver


@dataclass(frozen=True)
class Survived:
    """A served study that went through a mishap."""

    project: Project
    server: Server
    mishap: str
    seen: str
    """All that Slurm and the system showed about the job before the mishap."""


MISHAPS: list[Mishap] = [cancelled, drained, downed, killed]


@pytest.fixture(scope="module", params=MISHAPS, ids=lambda mishap: mishap.__name__)
def survived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Survived:
    """A study whose job of traits meets with a mishap when it has some answers and lacks others."""
    mishap: Mishap = request.param
    project = new_project(tmp_path_factory.mktemp(mishap.__name__) / "study")
    with serving(Serving(key=KEY)) as server:
        serve_some(project, server)
        project.make("results/backstories/natural.parquet", "--cores", "1")
        driver = drive(project, TABLE, *ONE_BY_ONE)
        request.addfinalizer(driver.end)
        job = driver.job_of("traits")
        answer_after(server, SLOW)
        before = server.counts.answered.total()
        until(lambda: server.counts.answered.total() >= before + 5 * IN_FLIGHT, "some are answered")
        seen = shown(job)
        driver = mishap(driver, job, server)
        request.addfinalizer(driver.end)
        answer_after(server, FAST)
        assert driver.finish() == 0, driver.text()
        return Survived(project, server, mishap.__name__, seen)


def shown(job: str) -> str:
    """Return what anybody can see of a running job: its record, its script, and its processes."""
    commands = [
        ["scontrol", "show", "job", "--details", job],
        ["scontrol", "write", "batch_script", job, "-"],
        ["squeue", "--Format=ALL", f"--jobs={job}"],
        ["ps", "-e", "-o", "args", "--width", "100000"],
    ]
    done = [subprocess.run(command, capture_output=True, check=False) for command in commands]
    assert all(command.stdout for command in done)
    return "\n".join(command.stdout.decode(errors="replace") for command in done)


def test_cluster_failures_change_no_result(survived: Survived, expected: Project) -> None:
    assert results(survived.project) == results(expected)


def test_journalled_answers_are_not_asked_again(survived: Survived, expected: Project) -> None:
    counts = survived.server.counts
    kept = overview(survived.project.path / "cache/journal").total.entries.total()
    lost = counts.answered.total() - kept
    assert kept == overview(expected.path / "cache/journal").total.entries.total()
    # Only what was on its way when the job was ended; a drained node ends its jobs first.
    assert 0 <= counts.again <= lost <= (0 if survived.mishap == "drained" else IN_FLIGHT)


def test_a_key_appears_nowhere(survived: Survived) -> None:
    assert KEY not in survived.seen
    assert "rule_traits" in survived.seen
    files = [path for path in survived.project.path.rglob("*") if path.is_file()]
    files += Path("/var/log/slurm").glob("*.log")
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
