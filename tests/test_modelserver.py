"""Serving a model: how vLLM is started, who is told, and that nothing is left at the end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.errors import ConfigurationError
from anthology.models.addresses import Address, read_address
from anthology.models.declared import BESIDE, declared
from anthology.models.spec import ModelSpec
from anthology.models.vllmserver import arguments
from anthology.processes import free_port
from tests import fakevllm
from tests.addressed import announce

MODEL = "meta/tiny"
SPEC: dict[str, Any] = {
    "provider": "openai",
    "model": MODEL,
    "endpoint": {"address_file": "cache/tiny.json", "base_url_env": "TINY_URL"},
}
SHOW = ["sh", "-c", f"cat ${BESIDE}/tiny.json"]


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
        root = str(Path(__file__).parents[1])
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


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


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


# What vLLM is told.


def words(**fields: Any) -> list[str]:
    spec = ModelSpec.model_validate({**SPEC, **fields})
    return arguments("tiny", spec, "127.0.0.1", 7)


def test_vllm_is_told_what_the_file_says() -> None:
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
def test_what_cannot_be_served_is_told(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        words(**fields)


def test_a_port_that_is_held_goes_to_the_server_and_to_nobody_who_asks_for_any() -> None:
    with free_port("127.0.0.1") as port:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            socket.create_connection(("127.0.0.1", port)).close()
            with free_port("127.0.0.1") as another:
                assert another != port


# Beside a command.


def test_a_command_runs_beside_the_server_and_both_end(place: Place) -> None:
    status, out, err = place.finished("--beside", *SHOW)
    assert status == 0, err
    told = json.loads(out)
    assert told["model"] == MODEL
    assert told["address"].startswith("http://127.0.0.1:")
    assert list(place.file.parent.iterdir()) == []
    assert place.left() == []
    (said,) = place.logged()
    assert said.startswith("the fake is ready\n")


def test_the_status_is_that_of_the_command(place: Place) -> None:
    assert place.finished("--beside", "sh", "-c", "exit 3")[0] == 3
    assert place.finished("--beside", "sh", "-c", "kill -9 $$")[0] == 128 + 9


def test_the_options_of_a_command_are_its_own(place: Place) -> None:
    status, out, _ = place.finished("--patience", "9", "--beside", "echo", "--host", "-n", "--")
    assert (status, out) == (0, "--host -n --\n")


def test_a_command_asks_this_server_and_no_other(place: Place) -> None:
    show = ["sh", "-c", "echo ${TINY_URL-none}"]
    assert place.finished("--beside", *show, TINY_URL="http://other/v1")[1] == "none\n"


def test_a_key_that_is_set_is_written_nowhere(place: Place) -> None:
    place.declare(endpoint={**SPEC["endpoint"], "key_env": "TINY_KEY"})
    show = ["sh", "-c", f"cat ${BESIDE}/tiny.json; echo $TINY_KEY >&2"]
    _, out, err = place.finished("--beside", *show, TINY_KEY="sk-secret")
    assert json.loads(out)["key"] is None
    assert err.splitlines()[-1] == "sk-secret"
    assert "sk-secret" not in out + "".join(place.logged())


def test_each_server_has_a_key_that_stands_on_no_command_line(place: Place) -> None:
    keys = [json.loads(place.finished("--beside", *SHOW)[1])["key"] for _ in range(2)]
    assert len(set(keys)) == 2
    assert all(len(key) >= 32 for key in keys)
    assert not any(key in json.dumps(place.started()) for key in keys)


def test_a_command_that_is_none_is_told(place: Place) -> None:
    status, _, err = place.finished("--beside", "nonsense-that-is-nowhere")
    assert status == 1
    assert "nonsense-that-is-nowhere: cannot be run" in err
    assert place.left() == []


def test_a_server_that_dies_ends_the_command(place: Place) -> None:
    place.goes_wrong(lives=2)
    status, _, err = place.finished("--beside", "sleep", "600")
    assert status == 1
    assert "vLLM's server has ended (9)" in err
    assert "out of memory" in err
    assert not place.file.exists()


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


def test_a_signal_ends_the_command_with_all_that_it_started(place: Place) -> None:
    process = place.serve("--beside", "sh", "-c", "sleep 600 & echo $! > pid; wait")
    until((place.path / "pid").exists)
    until(lambda: bool((place.path / "pid").read_text()))
    process.terminate()
    process.communicate(timeout=30)
    assert not runs(int((place.path / "pid").read_text()))
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


def test_other_machines_are_let_in_by_name_only_where_that_is_wanted(place: Place) -> None:
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


def test_a_server_that_does_not_start_shows_its_last_words(place: Place) -> None:
    place.goes_wrong(says="\n".join(f"line {n}" for n in range(100)))
    status, _, err = place.finished()
    assert status == 1
    assert "line 99" in err
    assert "line 50" not in err
    assert "vLLM ended (1) before it served" in err
    (log,) = place.path.glob("logs/servers/tiny-*.log")
    assert f"logs/servers/{log.name}" in err


def test_a_port_that_was_taken_is_changed(place: Place) -> None:
    place.goes_wrong(says="[Errno 98] Address already in use", times=1)
    assert place.finished("--beside", "true")[0] == 0
    ports = [started["words"][-1] for started in place.started()]
    assert len(ports) == 2


def test_ports_that_are_always_taken_end_it(place: Place) -> None:
    place.goes_wrong(says="address already in use")
    status, _, err = place.finished()
    assert status == 1
    assert "no port stayed free in 3 tries" in err


@pytest.mark.parametrize("wrong", [{"loads_until": "/nowhere"}, {"model": "other"}])
def test_a_server_that_does_not_come_to_name_the_model_is_ended(
    place: Place, wrong: dict[str, Any]
) -> None:
    place.goes_wrong(**wrong)
    status, _, err = place.finished("--patience", "1")
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


def test_of_two_servers_that_load_at_the_same_time_the_later_gives_way(
    place: Place, tmp_path: Path
) -> None:
    place.goes_wrong(loads_until=str(tmp_path / "loaded"))
    later = place.serve(SLURM_JOB_ID="6")
    until((place.path / "bin/engine.pid").exists)
    other = Place(tmp_path / "other")
    other.declare(endpoint={"address_file": str(place.file)})
    other.file = place.file
    first = other.serve(SLURM_JOB_ID="5")
    address = other.ready(first)
    (tmp_path / "loaded").touch()
    assert "is served already, by job 5" in later.communicate(timeout=30)[1]
    assert place.left() == []
    assert read_address(place.file) == address
    first.terminate()
    first.communicate(timeout=30)


def test_a_server_beside_a_command_is_nobody_elses(place: Place) -> None:
    process = place.serve(SLURM_JOB_ID="5")
    first = place.ready(process)
    told = [json.loads(place.finished("--beside", *SHOW)[1]) for _ in range(2)]
    assert len({first.address, *(one["address"] for one in told)}) == 3
    assert read_address(place.file) == first
    process.terminate()
    process.communicate(timeout=30)


def test_commands_beside_one_another_know_all_their_servers(place: Place) -> None:
    (place.path / "config/models/tiny2.yaml").write_text(
        (place.path / "config/models/tiny.yaml").read_text().replace("tiny.json", "tiny2.json")
    )
    serve = [sys.executable, "-m", "anthology", "models", "serve", "tiny2", "--beside"]
    show = ["sh", "-c", f"ls ${BESIDE}"]
    status, out, err = place.finished("--beside", *serve, *show)
    assert status == 0, err
    assert out.split() == ["tiny.json", "tiny2.json"]
    assert list(place.file.parent.iterdir()) == []


def test_a_stage_looks_first_for_a_server_that_runs_beside_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def looked_at() -> str | None:
        return declared(place.path / "config/models", "tiny").endpoint.address_file

    assert looked_at() == str(place.file)
    monkeypatch.setenv(BESIDE, str(tmp_path / "beside"))
    assert looked_at() == str(place.file)
    announce(tmp_path / "beside/tiny.json", "http://127.0.0.1:9/v1")
    assert looked_at() == str(tmp_path / "beside/tiny.json")


def test_a_program_that_is_not_there_is_told(place: Place) -> None:
    status, _, err = place.finished("--vllm", "/nowhere/vllm")
    assert status == 1
    assert "there is no program '/nowhere/vllm'" in err


def test_a_file_that_names_no_place_for_the_address_is_told(place: Place) -> None:
    place.declare(endpoint={})
    status, _, err = place.finished()
    assert status == 1
    assert "address_file: cache/servers/tiny.json" in err
