"""A project whose `vllm` only lists its model, and what runs there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from anthology.providers.http.address_file import Address, read_address
from tests.support import fake_vllm as fakevllm

MODEL = "meta/tiny"
SPEC: dict[str, Any] = {
    "provider": "openai",
    "model": MODEL,
    "endpoint": {"address_file": "cache/tiny.json", "base_url_env": "TINY_URL"},
}


class Place:
    """A project in which `vllm` is a program that only lists its model."""

    def __init__(self, path: Path) -> None:
        self.path, self.file = path, path / "cache/tiny.json"
        (path / "config/models").mkdir(parents=True)
        (path / "bin").mkdir()
        self.declare()
        self.goes_wrong()

    def declare(self, **changes: Any) -> None:
        text = yaml.safe_dump({**SPEC, **changes})
        (self.path / "config/models/tiny.yaml").write_text(text)

    def goes_wrong(self, **wrong: Any) -> None:
        fakevllm.install(self.path / "bin", **wrong)

    def serve(
        self, *words: str, through: Sequence[str] = (sys.executable,), **environment: str
    ) -> subprocess.Popen[str]:
        root = str(Path(__file__).parents[2])
        return subprocess.Popen(
            [*through, "-m", "anthology", "models", "serve", "tiny", *words],
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": root, "PATH": f"{self.path}/bin:/usr/bin:/bin"}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finished(self, *words: str, **environment: str) -> tuple[int, str, str]:
        process = self.serve(*words, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def ready(self, process: subprocess.Popen[str]) -> Address:
        until(lambda: self.file.exists() or process.poll() is not None)
        found = read_address(self.file)
        assert found is not None, process.communicate()[1]
        return found

    def started(self) -> list[dict[str, Any]]:
        lines = (self.path / "bin/started.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def logged(self) -> list[str]:
        """Return what each server has said that was started here."""
        return [file.read_text() for file in sorted(self.path.glob("logs/servers/tiny-*.log"))]

    def left(self) -> list[int]:
        """Return which of the server's processes still run."""
        engine = int((self.path / "bin/engine.pid").read_text())
        return [pid for pid in (self.started()[-1]["pid"], engine) if runs(pid)]


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be noticed does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
