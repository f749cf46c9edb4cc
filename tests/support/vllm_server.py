"""Starts a real vLLM server with the tiny model, and stops it for certain."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

VARIABLE = "ANTHOLOGY_VLLM"
FOLDER = Path(os.environ.get(VARIABLE, "/nowhere")).absolute()
"""What `.ci/vllm` has made."""
WITHOUT = f"set {VARIABLE} to a folder that .ci/vllm has filled"
MODEL = "tiny-llama"
KEY = "sk-nobody-knows"
OPTIONS = {"dtype": "float32", "enable_chunked_prefill": False}
"""Options of the engine: exact numbers, and no prompt read in parts. vLLM 0.32 without a GPU dies
of a request with a seed whose prompt is read in more than one step."""
PATIENCE = 600
"""Seconds in which a server must be ready; it takes half a minute on a machine at rest."""
_WHEN_THE_PARENT_DIES = 1
ENVIRONMENT = {
    # Gigabytes for the cache: a million tokens of this small model.
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}


def installed() -> bool:
    """Say whether there is a server to be started."""
    return VARIABLE in os.environ


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Give the address, up to and including /v1, of a server that is ready and wants `KEY`."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        str(FOLDER / "venv/bin/vllm"), "serve", str(FOLDER / "tiny-llama"),
        "--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port),
        "--dtype", "float32", "--no-enable-chunked-prefill", "--api-key", KEY, *options,
    ]  # fmt: skip
    with TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **ENVIRONMENT},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            if not _ready(process, address):
                log.seek(0)
                said = log.read().decode(errors="replace")[-4_000:]
                raise RuntimeError(f"vLLM did not start:\n{said}")
            yield f"{address}/v1"
        finally:
            _stop(process)


def post(address: str, path: str, body: dict[str, Any]) -> Any:
    """Ask the server something outside of what models are asked, such as /tokenize."""
    request = urllib.request.Request(
        address.removesuffix("/v1") + path,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def metrics(address: str) -> str:
    """Return what the server counts, as it writes it."""
    with urllib.request.urlopen(f"{address.removesuffix('/v1')}/metrics", timeout=60) as reply:
        text: str = reply.read().decode()
    return text


def counters(address: str) -> dict[str, float]:
    """Return the server's own counts by their names, summed over their labels."""
    found: dict[str, float] = {}
    for line in metrics(address).splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            found[name] = found.get(name, 0.0) + float(value)
    return found


def _ready(process: subprocess.Popen[bytes], address: str) -> bool:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    return False


def _end_with_parent() -> None:
    """Have the server stopped where this process is killed before it can do so."""
    ctypes.CDLL(None).prctl(_WHEN_THE_PARENT_DIES, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its engine, which are one group of processes."""
    for means, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        try:
            os.killpg(process.pid, means)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
