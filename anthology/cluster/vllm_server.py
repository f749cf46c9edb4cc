"""A vLLM server for one model: started, announced, and stopped with the command beside it."""

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
_ALL_INTERFACES = "0.0.0.0"
_POLL_SECONDS = 0.5
_TAIL = 30  # Lines of a log.
# A proxy that the environment names leads out of the cluster.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def serve_model(
    folder: Path,
    name: str,
    beside: Sequence[str] = (),
    *,
    vllm: str = "vllm",
    host: str = LOCALHOST,
    give_up_after: float,
) -> int:
    """Serve a model until the command beside it ends, or a signal ends this process.

    The file that `endpoint.address_file` names is written when the model answers and removed at
    the end, before the server is stopped. With a command beside it, the file is in a folder of its
    own that this command and what it starts look into first. So several such commands can run at
    the same time, each with its own server.

    Parameters
    ----------
    folder
        The folder of the models' files.
    name
        The model.
    beside
        A command to run while the model is served; without one it is served until a signal comes.
    vllm
        The program `vllm`.
    host
        The name by which other machines reach this one; `127.0.0.1` to let none in.
    give_up_after
        How many seconds it may take until the model answers.

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
    own_key = _own_key(spec)
    key = own_key or secrets.token_urlsafe(24)
    started = datetime.now(UTC)
    log = Path("logs/servers") / f"{name}-{started:%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    interface = LOCALHOST if host == LOCALHOST else _ALL_INTERFACES
    processes: list[Process] = []
    with (
        signals_as_errors(),
        _address_file(Path(spec.endpoint.address_file), beside) as file,
        reserve_port(interface) as port,
    ):
        command = [_find_program(vllm), *build_arguments(name, spec, interface, port)]
        try:
            _refuse_second(name, spec, file)
            print(" ".join(command), file=sys.stderr, flush=True)
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                # The key is in the environment, since everybody can read command lines.
                environment = {**os.environ, "VLLM_API_KEY": key}
                server = start_process(command, environment, output.fileno())
            processes.append(server)
            give_up_at = time.monotonic() + give_up_after
            while spec.model not in _list_models(f"http://{LOCALHOST}:{port}/v1", key):
                if server.poll() is not None:
                    raise _server_error(f"ended ({server.returncode}) before it served", name, log)
                if time.monotonic() > give_up_at:
                    raise _server_error(f"did not serve within {give_up_after:g} s", name, log)
                time.sleep(_POLL_SECONDS)
            address = Address(
                address=f"http://{host}:{port}/v1",
                # A key that is in the environment already is written nowhere.
                key=None if own_key else key,
                model=str(spec.model),
                revision=spec.revision,
                engine=spec.engine,
                job=os.environ.get("SLURM_JOB_ID"),
                host=socket.gethostname(),
                process=os.getpid(),
                started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            # Loading takes minutes, in which another server may have come up.
            _refuse_second(name, spec, file)
            write_address(file, address)
            try:
                print(
                    f"{address.model} is served at {address.address}, as {file} says; "
                    f"{log} is its log",
                    file=sys.stderr,
                    flush=True,
                )
                status = _run_beside(server, beside, _environment(spec, key, file), processes)
            finally:
                remove_address(file, address)
            if status is None:
                raise _server_error(f"has ended ({server.returncode})", name, log)
            return status
        except TerminatedError as ended:
            (number,) = ended.args
            print(f"ended by {signal.Signals(number).name}", file=sys.stderr, flush=True)
            return int(128 + number)
        finally:
            end_processes(processes)


@contextmanager
def _address_file(file: Path, beside: Sequence[str]) -> Iterator[Path]:
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


def _find_program(vllm: str) -> str:
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
    if _list_models(found.address, found.key or _own_key(spec)):
        raise ConfigurationError(
            f"is served already, by {found.owner}",
            where=f"model {name}, {file}",
            hint="Ask that server, or end it; for a second one, copy the model's file and give "
            "the copy an `address_file` of its own.",
        )
    remove_address(file, found)


def _own_key(spec: ModelSpec) -> str:
    """Return the key that the environment holds for a model; empty where there is none."""
    return os.environ.get(spec.endpoint.key_env or "", "").strip()


def _environment(spec: ModelSpec, key: str, file: Path) -> dict[str, str]:
    """Return the environment of a command that is to ask this server and no other."""
    environment = {**os.environ, BESIDE: str(file.parent)}
    environment.pop(spec.endpoint.base_url_env or "", None)
    if spec.endpoint.key_env is not None:
        environment[spec.endpoint.key_env] = key
    return environment


def _list_models(address: str, key: str) -> list[str]:
    """Return what a server says it serves; nothing where none answers."""
    request = urllib.request.Request(
        f"{address}/models", headers={"Authorization": f"Bearer {key}"} if key else {}
    )
    try:
        with _DIRECT.open(request, timeout=10) as reply:
            return [str(model["id"]) for model in json.load(reply)["data"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _run_beside(
    server: Process,
    command: Sequence[str],
    environment: Mapping[str, str],
    processes: list[Process],
) -> int | None:
    """Run a command to its end, or wait for a signal; return None where the server ends first."""
    if command:
        try:
            processes.append(start_process(command, environment))
        except OSError as error:
            raise ConfigurationError(f"cannot be run: {error.strerror}", where=command[0]) from None
    while server.poll() is None:
        if command and (status := processes[-1].poll()) is not None:
            return status if status >= 0 else 128 - status
        time.sleep(_POLL_SECONDS)
    return None


def _server_error(what: str, name: str, log: Path) -> EndpointError:
    """Print the end of the server's log, and return the error that says what became of it."""
    print("\n".join(log.read_text(errors="replace").splitlines()[-_TAIL:]), file=sys.stderr)
    return EndpointError(
        f"vLLM's server {what}",
        where=f"model {name}",
        hint=f"The end of its log stands above, all of it in {log}. What was answered is kept; "
        "running again asks only for the rest.",
    )
