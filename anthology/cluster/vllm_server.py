"""A vLLM server for one model: started, announced, and ended with whoever wanted it."""

import json
import os
import secrets
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

from anthology.cluster.processes import (
    Process,
    TerminatedError,
    end_processes,
    reserve_port,
    signals_as_errors,
    start_process,
)
from anthology.cluster.vllm_arguments import build_arguments
from anthology.config.model import ModelSpec
from anthology.errors import ConfigurationError, EndpointError
from anthology.models.load_spec import BESIDE, load_model_spec
from anthology.providers.http.address_file import (
    Address,
    read_address,
    remove_address,
    write_address,
)

LOCALHOST = "127.0.0.1"
_EVERYWHERE = "0.0.0.0"
_LOOKING = 0.5  # Seconds between looks.
_TRIES = 3
_TAKEN = "address already in use"
_TAIL = 30  # Lines of a log.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """A server that is wanted.

    Parameters
    ----------
    name
        The model, by the name of its file.
    spec
        What that says.
    vllm
        The program `vllm`.
    host
        The name by which other machines reach this one; `127.0.0.1` to let none in.
    give_up_after
        How many seconds it may take until the model answers.
    log
        Where the server says what it does.
    """

    name: str
    spec: ModelSpec
    vllm: str
    host: str
    give_up_after: float
    log: Path


def serve_model(
    folder: Path,
    name: str,
    beside: Sequence[str] = (),
    *,
    vllm: str = "vllm",
    host: str = LOCALHOST,
    give_up_after: float,
) -> int:
    """Serve a model until a command that is run beside it, or this process, is ended.

    The file that `endpoint.address_file` names is written when the model answers and removed
    at the end, before the server is ended. Where a command is run beside it, the file is in a
    folder of its own that this command and what it starts look into first, so that several may
    run at the same time, each with its own server.

    Parameters
    ----------
    folder
        The folder of the models' files.
    name
        The model.
    beside
        A command to run while it is served; without one it is served until a signal comes.
    vllm, host, give_up_after
        As for `ServerPlan`.

    Returns
    -------
    int
        The status of the command, or 128 and the number of the signal.

    Raises
    ------
    AnthologyError
        If the server cannot be started, or ends by itself.
    """
    spec = load_model_spec(folder, name)
    if spec.endpoint.address_file is None:
        raise ConfigurationError(
            "names no file for the server's address",
            where=f"model {name}",
            hint=f"Set `address_file: cache/servers/{name}.json` under `endpoint` in "
            f"{folder / name}.yaml, in place of `base_url`.",
        )
    build_arguments(name, spec, host, 0)
    began = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    log = Path("logs/servers") / f"{name}-{began}.log"
    wanted = ServerPlan(name, spec, _program(vllm), host, give_up_after, log)
    processes: list[Process] = []
    with signals_as_errors(), _place(Path(spec.endpoint.address_file), beside) as file:
        try:
            _refuse_second(name, spec, file)
            key = _key(spec)
            address = _started(wanted, key, processes)
            # Loading takes minutes, in which another may have come up.
            _refuse_second(name, spec, file)
            write_address(file, address)
            try:
                print(
                    f"{address.model} is served at {address.address}, as {file} says; "
                    f"{log} is its log",
                    file=sys.stderr,
                    flush=True,
                )
                return _run(wanted, beside, _environment(spec, key, file), processes)
            finally:
                remove_address(file, address)
        except TerminatedError as ended:
            (number,) = ended.args
            print(f"ended by {signal.Signals(number).name}", file=sys.stderr, flush=True)
            return int(128 + number)
        finally:
            end_processes(processes)


@contextmanager
def _place(file: Path, beside: Sequence[str]) -> Iterator[Path]:
    """Give the file for the address: the one that all look into, or one for a command alone.

    A server that runs beside another's command has its file beside the other's, for its own
    command asks both.
    """
    outer = os.environ.get(BESIDE)
    if not beside:
        yield file
    elif outer is not None:
        yield Path(outer) / file.name
    else:
        folder = file.parent / f"{socket.gethostname()}-{os.getpid()}"
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        try:
            yield folder / file.name
        finally:
            with suppress(OSError):
                folder.rmdir()


def _program(vllm: str) -> str:
    """Return where `vllm` is: on the path, or beside the Python that runs this."""
    found = which(vllm) or which(vllm, path=str(Path(sys.executable).parent))
    if found is None:
        raise ConfigurationError(
            f"there is no program {vllm!r} here",
            where="--vllm",
            hint="Install vLLM, or name its program, such as --vllm ~/vllm/bin/vllm.",
        )
    return found


def _refuse_second(name: str, spec: ModelSpec, file: Path) -> None:
    """Refuse to take the place of a server that answers; what is left of another is removed."""
    found = read_address(file)
    if found is None:
        return
    if _models(found.address, found.key or os.environ.get(spec.endpoint.key_env or "", "")):
        raise ConfigurationError(
            f"is served already, by {found.owner}",
            where=f"model {name}, {file}",
            hint="Ask that server, or end it; for a second one, copy the model's file and give "
            "the copy an `address_file` of its own.",
        )
    remove_address(file, found)


def _key(spec: ModelSpec) -> str:
    """Return the key that is to be shown: the one that is set, or a new one."""
    return os.environ.get(spec.endpoint.key_env or "", "").strip() or secrets.token_urlsafe(24)


def _environment(spec: ModelSpec, key: str, file: Path) -> dict[str, str]:
    """Return the surroundings of a command that is to ask this server and no other."""
    environment = {**os.environ, BESIDE: str(file.parent)}
    environment.pop(spec.endpoint.base_url_env or "", None)
    if spec.endpoint.key_env is not None:
        environment[spec.endpoint.key_env] = key
    return environment


def _started(wanted: ServerPlan, key: str, processes: list[Process]) -> Address:
    """Start the server on a free port, and return where it is once the model answers."""
    for _ in range(_TRIES):
        with reserve_port(_listening(wanted.host)) as port:
            words = build_arguments(wanted.name, wanted.spec, _listening(wanted.host), port)
            print(f"{wanted.vllm} {' '.join(words)}", file=sys.stderr, flush=True)
            wanted.log.parent.mkdir(parents=True, exist_ok=True)
            with wanted.log.open("wb") as log:
                # By the environment, since command lines can be read by everybody.
                environment = {**os.environ, "VLLM_API_KEY": key}
                process = start_process([wanted.vllm, *words], environment, log.fileno())
            processes[:] = [process]
            if _answers(wanted, process, f"http://{LOCALHOST}:{port}/v1", key):
                break
            end_processes(processes)
    else:
        raise EndpointError(f"no port stayed free in {_TRIES} tries", where=f"model {wanted.name}")
    own = os.environ.get(wanted.spec.endpoint.key_env or "", "").strip()
    return Address(
        address=f"http://{wanted.host}:{port}/v1",
        # What is in the environment already is written nowhere.
        key=None if own else key,
        model=str(wanted.spec.model),
        revision=wanted.spec.revision,
        engine=wanted.spec.engine,
        job=os.environ.get("SLURM_JOB_ID"),
        host=socket.gethostname(),
        process=os.getpid(),
        started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _listening(host: str) -> str:
    return LOCALHOST if host == LOCALHOST else _EVERYWHERE


def _answers(wanted: ServerPlan, process: Process, address: str, key: str) -> bool:
    """Wait until the server names the model; say no where its port was taken from it.

    Raises
    ------
    EndpointError
        If it ends or takes too long.
    """
    until = time.monotonic() + wanted.give_up_after
    while wanted.spec.model not in _models(address, key):
        status = process.poll()
        said = wanted.log.read_text(errors="replace")
        if status is not None and _TAKEN in said.lower():
            return False
        if status is not None or time.monotonic() > until:
            print("\n".join(said.splitlines()[-_TAIL:]), file=sys.stderr)
            raise EndpointError(
                f"vLLM ended ({status}) before it served"
                if status is not None
                else f"vLLM did not serve within {wanted.give_up_after:g} s",
                where=f"model {wanted.name}",
                hint=f"The end of what it said stands above, all of it in {wanted.log}.",
            )
        time.sleep(_LOOKING)
    return True


def _models(address: str, key: str) -> list[str]:
    """Return what a server says it serves; nothing where none answers."""
    request = urllib.request.Request(
        f"{address}/models", headers={"Authorization": f"Bearer {key}"} if key else {}
    )
    try:
        with _DIRECT.open(request, timeout=10) as reply:
            return [str(model["id"]) for model in json.load(reply)["data"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _run(
    wanted: ServerPlan,
    command: Sequence[str],
    environment: Mapping[str, str],
    processes: list[Process],
) -> int:
    """Run a command to its end while the server runs; without one, wait for a signal."""
    (server,) = processes
    beside = None
    if command:
        try:
            beside = start_process(command, environment)
        except OSError as error:
            raise ConfigurationError(f"cannot be run: {error.strerror}", where=command[0]) from None
        processes.append(beside)
    while server.poll() is None:
        if beside is not None and beside.poll() is not None:
            return beside.returncode if beside.returncode >= 0 else 128 - beside.returncode
        time.sleep(_LOOKING)
    print("\n".join(wanted.log.read_text(errors="replace").splitlines()[-_TAIL:]), file=sys.stderr)
    raise EndpointError(
        f"vLLM's server has ended ({server.returncode})",
        where=f"model {wanted.name}",
        hint=f"The end of what it said stands above, all of it in {wanted.log}. What was "
        "answered is kept; running again asks only for the rest.",
    )
