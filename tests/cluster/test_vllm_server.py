"""Serving a model: how vLLM is started, who is told, and that nothing is left at the end."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from anthology.cluster.processes import reserve_port
from anthology.cluster.vllm_arguments import build_arguments
from anthology.config.model import ModelSpec
from anthology.errors import ConfigurationError
from anthology.providers.http.address_file import read_address
from tests.support.address_files import announce
from tests.support.vllm_project import MODEL, SPEC, Place, runs, until


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# What vLLM is told.


def words(**fields: Any) -> list[str]:
    spec = ModelSpec.model_validate({**SPEC, **fields})
    return build_arguments("tiny", spec, "127.0.0.1", 7)


def test_vllm_gets_the_options_of_the_models_file() -> None:
    engine = {
        "dtype": "float32",
        "enable_chunked_prefill": False,
        "enforce_eager": True,
        "hf_overrides": {"rope_theta": 5},
        "allowed_origins": ["a", "b"],
        "seed": None,
    }
    told = words(revision="v2", engine=engine, endpoint={"engine": {"tensor_parallel_size": 4}})
    assert told == [
        "serve", MODEL, "--revision", "v2", "--served-model-name", MODEL,
        "--generation-config", "vllm", "--disable-uvicorn-access-log",
        "--dtype", "float32", "--no-enable-chunked-prefill", "--enforce-eager",
        "--hf-overrides", '{"rope_theta": 5}', "--allowed-origins", "a", "b",
        "--tensor-parallel-size", "4", "--host", "127.0.0.1", "--port", "7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"provider": "vllm"}, "provider: vllm"),
        ({"model": None}, "no `model`"),
        ({"engine": {"port": 1}}, "`port` cannot be set"),
        ({"engine": {"served-model-name": "x"}}, "`served-model-name` cannot be set"),
        ({"engine": {"dtype": 1}, "endpoint": {"engine": {"dtype": 2}}}, "dtype stands both"),
    ],
)
def test_a_model_that_cannot_be_served_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        words(**fields)


def test_a_reserved_port_goes_to_the_server_alone() -> None:
    with reserve_port("127.0.0.1") as port:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            socket.create_connection(("127.0.0.1", port)).close()
            with reserve_port("127.0.0.1") as another:
                assert another != port


# Until a signal comes.


def test_a_signal_that_is_ignored_stays_so(place: Place) -> None:
    ignoring = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    starts = f"{ignoring}os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    process = place.serve(through=[sys.executable, "-c", starts])
    place.ready(process)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_with_all_that_it_started(place: Place, number: int) -> None:
    process = place.serve()
    place.ready(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert err.splitlines()[-1] == f"ended by {signal.Signals(number).name}"
    assert not place.file.exists()
    assert place.left() == []


def test_a_signal_while_it_starts_leaves_nothing(place: Place) -> None:
    place.goes_wrong(loads_until="/nowhere")
    process = place.serve()
    until((place.path / "bin/engine.pid").exists)
    process.terminate()
    process.communicate(timeout=30)
    assert place.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of such a death")
def test_a_server_does_not_outlive_what_started_it(place: Place) -> None:
    process = place.serve()
    place.ready(process)
    process.kill()
    process.communicate(timeout=30)
    pid = place.started()[-1]["pid"]
    until(lambda: not runs(pid))
    assert place.file.exists()
    os.kill(int((place.path / "bin/engine.pid").read_text()), signal.SIGKILL)


def test_only_a_host_name_opens_the_server_to_other_machines(place: Place) -> None:
    process = place.serve("--host", "localhost")
    assert place.ready(process).address.startswith("http://localhost:")
    process.terminate()
    process.communicate(timeout=30)
    told = place.started()[-1]["words"]
    assert told[told.index("--host") + 1] == "0.0.0.0"


def test_the_job_is_named(place: Place) -> None:
    process = place.serve(SLURM_JOB_ID="123")
    assert place.ready(process).job == "123"
    process.terminate()
    process.communicate(timeout=30)


# What goes wrong.


def test_a_server_that_does_not_start_shows_the_end_of_its_log(place: Place) -> None:
    place.goes_wrong(says="\n".join(f"line {n}" for n in range(100)))
    status, _, err = place.finished()
    assert status == 1
    assert "line 99" in err
    assert "line 50" not in err
    assert "ended (1) before it served" in err
    (log,) = place.path.glob("logs/servers/tiny-*.log")
    assert f"logs/servers/{log.name}" in err


@pytest.mark.parametrize("wrong", [{"loads_until": "/nowhere"}, {"model": "other"}])
def test_a_server_that_does_not_come_to_name_the_model_is_ended(
    place: Place, wrong: dict[str, Any]
) -> None:
    place.goes_wrong(**wrong)
    status, _, err = place.finished("--give-up-after", "1")
    assert status == 1
    assert "did not serve within 1 s" in err
    assert place.left() == []


def test_a_second_server_for_one_file_is_refused(place: Place) -> None:
    process = place.serve(SLURM_JOB_ID="5")
    first = place.ready(process)
    status, _, err = place.finished()
    assert status == 1
    assert "is served already, by job 5" in err
    assert read_address(place.file) == first
    process.terminate()
    process.communicate(timeout=30)


def test_what_a_dead_server_left_is_replaced(place: Place) -> None:
    announce(place.file, "http://127.0.0.1:9/v1")
    process = place.serve()
    until(lambda: (found := read_address(place.file)) is not None and found.job is None)
    process.terminate()
    process.communicate(timeout=30)
    assert not place.file.exists()


def test_a_missing_program_is_named(place: Place) -> None:
    status, _, err = place.finished("--vllm", "/nowhere/vllm")
    assert status == 1
    assert "there is no program '/nowhere/vllm'" in err


def test_a_model_without_an_address_file_is_refused(place: Place) -> None:
    place.declare(endpoint={})
    status, _, err = place.finished()
    assert status == 1
    assert "address_file: cache/servers/tiny.json" in err
