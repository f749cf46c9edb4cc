"""A copy of the workflow in a folder of its own: a small study to run, change and look at."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "anthology", "config", "profiles", "rules")
TABLE = "results/w34/metrics.csv"
SMALL = {
    "compare": ["qa", "primed_bio", "greedy_bio", "max_weight_bio"],
    "population": 30,
    "backstories": {"natural": {"count": 40}},
    "traits": {"ask": ["age", "gender", "race", "education", "income", "party"], "samples": 10},
}


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    status: int
    text: str


@dataclass(frozen=True)
class Project:
    """A copy of the workflow in a folder of its own, small enough to run in seconds."""

    path: Path

    def snakemake(self, *arguments: str) -> Finished:
        """Run snakemake here with this copy's own package."""
        tools = Path(sys.executable).parent
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PYTHONPATH": str(self.path), "PATH": path}
        done = subprocess.run(
            [tools / "snakemake", *arguments],
            cwd=self.path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout + done.stderr)

    def make(self, *arguments: str) -> None:
        """Run snakemake and expect it to succeed."""
        done = self.snakemake(*arguments)
        assert done.status == 0, done.text

    def stale(self, target: str = TABLE, *arguments: str) -> set[str]:
        """Return what snakemake would make again for a target."""
        done = self.snakemake("-n", target, *arguments)
        assert done.status == 0, done.text
        lines = [line.strip() for line in done.text.splitlines()]
        listed = [line.removeprefix("output: ") for line in lines if line.startswith("output: ")]
        return {file for line in listed for file in line.split(", ")}

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a file in one place, which must be there."""
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1))

    def configure(self, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
        """Change the configuration as a mapping."""
        path = self.path / "config/config.yaml"
        config = yaml.safe_load(path.read_text())
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False))


def merge(config: dict, changes: dict) -> None:  # type: ignore[type-arg]
    """Put changes into a configuration, mapping by mapping."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = value


def new_project(path: Path) -> Project:
    """Copy the workflow into a folder and make it small."""
    path.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, path / part, ignore=ignored)
        else:
            shutil.copy2(source, path / part)
    project = Project(path)
    project.configure(lambda config: merge(config, SMALL))
    return project
