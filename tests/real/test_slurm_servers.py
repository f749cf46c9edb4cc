"""Models on a real Slurm in three ways, with a real vLLM: beside Snakemake, in a job of its own,
and inside the jobs that ask."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.journal.prune import overview
from anthology.providers.http.address_file import read_address
from tests.real.test_vllm_study import STUDY
from tests.support import vllm_server as vllmserver
from tests.support.project import TABLE, Project, merge, new_project
from tests.support.slurm import SOON, drive, job_state, missing, until

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or ""),
    pytest.mark.skipif(not vllmserver.installed(), reason=vllmserver.WITHOUT),
    pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed here"),
]

MODEL = str(vllmserver.FOLDER / "tiny-llama")
CONDITIONS = ["qa", "greedy_bio"]
SUBMITTED: list[str] = []
OPTIONS = ("--cpus-per-task=1", "--mem=4G", "--time=30")
# On a processor, vLLM 0.32 breaks on a prompt that is read in parts and drawn from with a seed.
WHOLE = {"enable_chunked_prefill": False, "max_num_batched_tokens": 65_536}
SERVED: dict[str, Any] = {
    "provider": "openai",
    "model": MODEL,
    "engine": {"dtype": "float32", "max_model_len": 8192},
    "endpoint": {
        "address_file": "cache/servers/tiny.json",
        "max_concurrency": 32,
        "constrained_output": "structured_outputs",
        "top_logprobs": 20,
        "label_logprobs": True,
        "job": {"mem_mb": 1000, "runtime": 20},
        "engine": WHOLE,
    },
}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A study of a few people, whose models are to be served; no job of it is left."""
    project = new_project(tmp_path / "study")
    project.configure(lambda config: merge(config, {**STUDY, "compare": CONDITIONS}))
    for name, api in (("tiny", "completions"), ("tiny-chat", "chat")):
        declare(project, name, **SERVED, api=api)
    tools = Path(sys.executable).parent
    for name, value in {
        **vllmserver.ENVIRONMENT,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(project.path),
        "http_proxy": "",
    }.items():
        monkeypatch.setenv(name, value)
    yield project
    for job in SUBMITTED:
        subprocess.run(["scancel", job], check=False, capture_output=True)
    SUBMITTED.clear()


def declare(project: Project, name: str, **spec: Any) -> None:
    (project.path / "config/models" / f"{name}.yaml").write_text(yaml.safe_dump(spec))


def submit(project: Project, script: str, *words: str) -> str:
    """Submit a script as it is, and return the job's number."""
    SUBMITTED.append(
        subprocess.run(
            ["sbatch", "--parsable", *OPTIONS, f"profiles/slurm/{script}.sbatch", *words],
            cwd=project.path, check=True, capture_output=True, text=True,
        ).stdout.strip()
    )  # fmt: skip
    return SUBMITTED[-1]


def cancel(job: str) -> None:
    subprocess.run(["scancel", job], check=True)
    until(lambda: job_state(job) in ("CANCELLED", ""), "the job is cancelled", 60)


def ended(job: str) -> bool:
    return job_state(job) not in ("PENDING", "RUNNING", "COMPLETING")


def told(project: Project, job: str) -> str:
    file = project.path / f"slurm-{job}.out"
    return file.read_text() if file.exists() else ""


def left(project: Project) -> list[str]:
    """Return the processes that still run in a project's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "cwd").readlink().is_relative_to(project.path)
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if inside and state not in "ZX":
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def check(project: Project, answers: str, conditions: list[str]) -> None:
    with (project.path / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["condition"] for row in rows] == ["human", *conditions]
    assert {row["answers"] for row in rows[1:]} == {answers}


def test_one_allocation_serves_and_asks(study: Project) -> None:
    job = submit(study, "beside", "tiny", TABLE)
    until(lambda: ended(job), "it is done", 400)
    assert job_state(job) == "COMPLETED", told(study, job)
    check(study, "tiny", CONDITIONS)
    assert not (study.path / "cache/servers/tiny.json").exists()
    assert left(study) == []


def test_a_cancelled_allocation_can_be_resumed(study: Project) -> None:
    # The stories come in time, and what comes after them takes the rest of it.
    study.configure(lambda config: merge(config, {"population": 200}))
    job = submit(study, "beside", "tiny", TABLE)
    finished = "(Rule: natural_backstories)"
    until(lambda: finished in told(study, job) or ended(job), "stories are there", 300)
    assert not ended(job), told(study, job)
    cancel(job)
    until(lambda: left(study) == [], "nothing is left", 30)
    assert list((study.path / ".snakemake/locks").glob("*")) == []
    assert not (study.path / "cache/servers/tiny.json").exists()
    assert not (study.path / TABLE).exists()
    done = study.snakemake("-n", TABLE)
    assert done.status == 0, done.text
    assert "natural_backstories" not in done.text


def test_a_study_waits_for_its_server_and_follows_it_between_jobs(study: Project) -> None:
    file = study.path / "cache/servers/tiny.json"
    driver = drive(study, TABLE, "--workflow-profile", "slurm", *SOON, "--jobs", "1")
    try:
        first = submit(study, "server", "tiny")
        until(file.exists, "the first server is there", 300)
        address = read_address(file)
        assert address is not None
        assert address.job == first
        assert address.model == MODEL
        until((study.path / "results/backstories/natural.parquet").exists, "stories are there", 300)
        cancel(first)
        assert not file.exists()
        second = submit(study, "server", "tiny")
        assert driver.finish() == 0, driver.text()
        again = read_address(file)
        assert again is not None
        assert again.job == second
        assert again.key != address.key
    finally:
        driver.end()
    cancel(second)
    until(lambda: left(study) == [], "nothing is left", 30)
    assert not file.exists()
    check(study, "tiny", CONDITIONS)
    logs = [path.read_text() for path in (study.path / "logs").rglob("*.log")]
    assert any("waiting up to 900 s" in log for log in logs)
    assert not any(key in log for log in logs for key in (address.key, again.key) if key)
    sent = overview(study.path / "cache/journal").total
    assert sent.sent.total() > 0


def test_jobs_run_their_own_engines(study: Project) -> None:
    study.configure(
        lambda config: merge(
            config, {"compare": ["qa"], "questions": {"answer_mode": "sample", "max_attempts": 3}}
        )
    )
    declare(
        study,
        "tiny-engine",
        provider="vllm",
        model=MODEL,
        engine=SERVED["engine"],
        endpoint={"max_concurrency": 32, "job": {"mem_mb": 4000, "runtime": 20}, "engine": WHOLE},
    )
    done = subprocess.run(
        ["profiles/slurm/engines.sh", "tiny-engine", TABLE, *SOON],
        cwd=study.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert "has been submitted with SLURM jobid" in text
    check(study, "tiny-engine", ["qa"])
    assert left(study) == []
