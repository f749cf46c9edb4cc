"""A study whose model stages are jobs of a real Slurm, and what may happen to them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.support.project import Project

SENT = re.compile(r"Job \d+ has been submitted with SLURM jobid (\d+)")
SOON = ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "20")
"""Looks at jobs more often than the profile, which spares a cluster that others use too."""
SLURM = ("--workflow-profile", "slurm", *SOON)
_UP = {"idle", "mixed", "allocated", "completing"}


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def missing() -> str | None:
    """Say why no Slurm can be used here; None where one can."""
    if shutil.which("sinfo") is None:
        return "no Slurm is installed: .ci/slurm start sets up a node"
    if find_spec("snakemake_executor_plugin_slurm") is None:
        return "the plugin for Slurm is not installed: pip install -e '.[slurm]'"
    states = _said("sinfo", "--noheader", "--format=%T").split()
    if not _UP.intersection(states):
        return f"no node of Slurm is up: {', '.join(states) or 'sinfo names none'}"
    # Tests take the node out of use, which nobody else's may suffer.
    if (named := node()) != socket.gethostname().partition(".")[0]:
        return f"Slurm's node {named} is not this machine"
    return None


def scontrol(*arguments: str) -> str:
    """Run scontrol, which must succeed."""
    done = subprocess.run(["scontrol", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def node() -> str:
    """Return the name of the only node, or of all."""
    return _said("sinfo", "--noheader", "--format=%N").strip()


def bring_back() -> None:
    """Take the node into use again, unless it has come back by itself."""
    name = f"nodename={node()}"
    subprocess.run(["scontrol", "update", name, "state=resume"], check=False, capture_output=True)
    until(lambda: missing() is None, "the node is up")


def job_state(job: str) -> str:
    """Return what a job is doing; empty where Slurm has forgotten it."""
    return _said("squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={job}").strip()


def until(condition: Callable[[], object], what: str, seconds: float = 240) -> None:
    """Wait until something is so; fail where it takes longer than it may."""
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, f"waited {seconds} s in vain until {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Driver:
    """A Snakemake that sends jobs, under way."""

    process: subprocess.Popen[bytes]
    said: Path

    def text(self) -> str:
        """Return what it has said so far."""
        return self.said.read_text()

    def sent(self) -> list[str]:
        """Return the numbers of the jobs that it has sent so far."""
        return SENT.findall(self.text())

    def job_of(self, rule: str) -> str:
        """Wait until a rule's job runs, and return its number."""
        where = re.compile(rf"SLURM jobid (\d+) \(log: \S*/rule_{rule}/")

        def running() -> bool:
            assert self.process.poll() is None, self.text()
            found = where.findall(self.text())
            return bool(found) and job_state(found[-1]) == "RUNNING"

        until(running, f"a job of {rule} runs")
        found: str = where.findall(self.text())[-1]
        return found

    def kill(self) -> None:
        """Kill it as a power cut would, and nothing that it started elsewhere."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Kill it and its jobs, where it has not ended by itself."""
        if self.process.poll() is None:
            self.kill()
            subprocess.run(["scancel", *self.sent()], check=False, capture_output=True)

    def finish(self) -> int:
        """Wait for its end; return its status."""
        return self.process.wait(timeout=400)


def drive(project: Project, *arguments: str) -> Driver:
    """Start Snakemake on a project, with the project's own package."""
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PYTHONPATH": str(project.path),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }
    said = project.path / f"said{len(list(project.path.glob('said*.txt')))}.txt"
    with said.open("wb") as file:
        process = subprocess.Popen(
            [tools / "snakemake", *arguments],
            cwd=project.path,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Driver(process, said)
