"""A stand-in for a Kubernetes server: it takes the jobs of Snakemake's plugin and runs their pods.

A pod gets what a real one would: an empty folder to work in, the environment and the secrets of
its specification and nothing else, and its volumes. It runs as a process, or in a container image
where a command for that is given.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

WORK = "/workdir"


@dataclass(frozen=True)
class Pod:
    """One pod, as it is to be run."""

    name: str
    command: list[str]
    environment: dict[str, str]
    folders: dict[str, Path]
    """Where it sees which folder of this machine."""
    spec: dict[str, Any]


Run = Callable[[Pod], subprocess.CompletedProcess[str]]


def as_process(pod: Pod, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a pod in its folder, with a `pip` that has nothing to install.

    Parameters
    ----------
    pod
        The pod.
    environment
        What its image would set.
    """
    work = pod.folders[WORK]
    tools = work.parent / f"{work.name}-tools"
    tools.mkdir()
    (tools / "pip").write_text("#!/bin/sh\n")
    (tools / "pip").chmod(0o755)
    for place, folder in pod.folders.items():
        if place != WORK:
            link = work / Path(place).relative_to(WORK)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(folder)
    path = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        pod.command,
        cwd=work,
        env={"PATH": path, "HOME": str(tools), **environment, **pod.environment},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class Kubernetes:
    """What the server knows."""

    folder: Path
    run: Run
    volumes: dict[str, Path]
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def start(self, job: dict[str, Any]) -> None:
        """Start a job's pod."""
        name = job["metadata"]["name"]
        spec = job["spec"]["template"]["spec"]
        container = spec["containers"][0]
        claims = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in spec["volumes"]
            if "persistentVolumeClaim" in volume
        }
        work = Path(tempfile.mkdtemp(prefix="pod-", dir=self.folder))
        folders = {
            mount["mountPath"]: self.volumes[claims[mount["name"]]]
            if mount["name"] in claims
            else work
            for mount in container["volumeMounts"]
        }
        environment = {}
        for variable in container.get("env") or []:
            found = variable["valueFrom"]["secretKeyRef"]
            environment[variable["name"]] = self.secrets[found["name"]][found["key"]]
        command = [*container["command"], *container["args"]]
        self.pods[name] = pod = Pod(name, command, environment, folders, spec)
        threading.Thread(target=self._run, args=[pod], daemon=True).start()

    def _run(self, pod: Pod) -> None:
        self.done[pod.name] = self.run(pod)

    def job(self, name: str) -> dict[str, Any]:
        """Return a job as the server shows it."""
        status: dict[str, int] = {"active": 1}
        if name in self.done:
            status = {"failed": 1} if self.done[name].returncode else {"succeeded": 1}
        return {"kind": "Job", "metadata": {"name": name}, "status": status}

    def log(self, name: str) -> str:
        """Return what a pod wrote."""
        done = self.done[name]
        return done.stdout + done.stderr

    def shown(self, name: str) -> dict[str, Any]:
        """Return a job's pods as the server shows them."""
        state: dict[str, Any] = {"running": {}}
        if name in self.done:
            state = {"terminated": {"exitCode": self.done[name].returncode}}
        container = {
            "name": "snakemake", "image": "", "imageID": "", "ready": True, "restartCount": 0,
            "state": state,
        }  # fmt: skip
        pod = {"metadata": {"name": name}, "status": {"containerStatuses": [container]}}
        return {"kind": "PodList", "items": [pod]}


@contextmanager
def kubernetes(folder: Path, run: Run, volumes: dict[str, Path]) -> Iterator[Kubernetes]:
    """Serve a cluster while the block runs, whose configuration is `folder/config`."""
    known = Kubernetes(folder, run, volumes)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("/secrets"):
                known.secrets[body["metadata"]["name"]] = {
                    key: base64.b64decode(value).decode() for key, value in body["data"].items()
                }
            else:
                known.start(body)
            self._answer(body)

        def do_GET(self) -> None:
            place, _, query = self.path.partition("?")
            if place.endswith("/log"):
                self._answer(known.log(place.split("/")[-2]))
            elif place.endswith("/status"):
                self._answer(known.job(place.split("/")[-2]))
            else:
                self._answer(known.shown(query.rpartition("job-name%3D")[2]))

        def do_DELETE(self) -> None:
            if "/secrets/" in self.path:
                known.secrets.pop(self.path.rpartition("/")[2], None)
            self._answer({"kind": "Status", "status": "Success"})

        def _answer(self, what: object) -> None:
            content = what.encode() if isinstance(what, str) else json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    folder.mkdir(parents=True, exist_ok=True)
    named = {"cluster": "stub", "user": "nobody"}
    (folder / "config").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "stub",
                "clusters": [{"name": "stub", "cluster": {"server": address}}],
                "users": [{"name": "nobody", "user": {}}],
                "contexts": [{"name": "stub", "context": named}],
            }
        )
    )
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
