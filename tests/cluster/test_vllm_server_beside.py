"""A command beside the server of its model: both end together, and it asks this server alone."""

import json
import sys
from pathlib import Path

import pytest

from anthology.models.load_spec import BESIDE, load_model_spec
from anthology.providers.http.address_file import read_address
from tests.support.address_files import announce
from tests.support.vllm_project import MODEL, SPEC, Place, runs, until

SHOW = ["sh", "-c", f"cat ${BESIDE}/tiny.json"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


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
    status, out, _ = place.finished(
        "--give-up-after", "9", "--beside", "echo", "--host", "-n", "--"
    )
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


def test_a_missing_command_is_named(place: Place) -> None:
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


def test_a_signal_ends_the_command_with_all_that_it_started(place: Place) -> None:
    process = place.serve("--beside", "sh", "-c", "sleep 600 & echo $! > pid; wait")
    until((place.path / "pid").exists)
    until(lambda: bool((place.path / "pid").read_text()))
    process.terminate()
    process.communicate(timeout=30)
    assert not runs(int((place.path / "pid").read_text()))
    assert place.left() == []


def test_a_server_beside_a_command_serves_that_command_alone(place: Place) -> None:
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
        return load_model_spec(place.path / "config/models", "tiny").endpoint.address_file

    assert looked_at() == str(place.file)
    monkeypatch.setenv(BESIDE, str(tmp_path / "beside"))
    assert looked_at() == str(place.file)
    announce(tmp_path / "beside/tiny.json", "http://127.0.0.1:9/v1")
    assert looked_at() == str(tmp_path / "beside/tiny.json")
