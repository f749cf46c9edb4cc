"""Servers that write where they are into a file: which is read, waited for, and followed."""

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.config.model import Endpoint
from anthology.errors import ConfigurationError, EndpointError, TransientError
from anthology.models.base import Completion, Reply
from anthology.models.load_spec import load_model_spec
from anthology.models.usage import Usage
from anthology.providers.http.address_file import read_address, remove_address, write_address
from anthology.providers.http.client import OpenAIModel
from anthology.providers.http.server import find_server
from tests.support.address_files import announce
from tests.support.scripted_server import ASKED, identity, placed, plain

NOWHERE = "http://127.0.0.1:9/v1"
KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache/servers/mine.json"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody rest for long before trying again."""
    monkeypatch.setattr("anthology.models.limiter._FIRST_REST", 0.01)
    monkeypatch.setattr("anthology.models.limiter._LONGEST_REST", 0.02)


def served(file: Path, **endpoint: Any) -> OpenAIModel:
    return OpenAIModel(identity(), Endpoint(address_file=str(file), **endpoint), Usage())


async def ask_once(model: OpenAIModel) -> Reply:
    try:
        await model.open()
        return await model.sample(ASKED)
    finally:
        await model.close()


def refused(model: OpenAIModel) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        asyncio.run(ask_once(model))
    return caught.value


# The file.


def test_an_address_file_round_trips_and_is_private(file: Path) -> None:
    written = announce(file, NOWHERE, key=KEY, engine={"dtype": "float32"})
    assert read_address(file) == written
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_key_is_not_shown_with_the_rest(file: Path) -> None:
    assert KEY not in repr(announce(file, NOWHERE, key=KEY))


def test_a_loopback_server_on_another_machine_is_an_error(file: Path) -> None:
    announce(file, NOWHERE, host="login1")
    error = refused(served(file))
    assert "job 17 on login1" in error.what
    assert "accepts no connections from other machines" in error.what
    assert "--host login1" in error.hint


def test_an_old_file_that_others_may_read_is_not_written_into(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("old")
    file.chmod(0o644)
    announce(file, NOWHERE)
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_address_of_a_later_server_is_left_alone(file: Path) -> None:
    first = announce(file, NOWHERE)
    second = announce(file, NOWHERE, job="18")
    remove_address(file, first)
    assert read_address(file) == second
    remove_address(file, second)
    assert not file.exists()
    remove_address(file, second)


@pytest.mark.parametrize("content", [b"", b"{", b'{"address": 1}', b"http://gpu7/v1", b"\xff"])
def test_a_file_that_holds_something_else_is_named(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(EndpointError, match="does not hold the address") as caught:
        read_address(file)
    assert caught.value.where == str(file)


def test_a_folder_in_its_place_is_named(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(EndpointError, match="cannot be read"):
        read_address(file)


def test_it_is_written_whole_or_not_at_all(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = announce(file, NOWHERE)

    def broken(*_: Any, **__: Any) -> str:
        raise OSError("no space")

    monkeypatch.setattr("anthology.providers.http.address_file.Address.model_dump_json", broken)
    with pytest.raises(OSError, match="no space"):
        write_address(file, first)
    assert read_address(file) == first


# Which address is taken.


@pytest.mark.parametrize(
    ("variable", "written", "base", "taken"),
    [
        ("http://env/v1", "http://file/v1", "http://base/v1", "http://env/v1"),
        (None, "http://file/v1", "http://base/v1", "http://file/v1"),
        (None, None, "http://base/v1", "http://base/v1"),
        ("http://env/v1", None, None, "http://env/v1"),
    ],
)
def test_the_variable_comes_before_the_file_and_that_before_the_address(
    file: Path, variable: str | None, written: str | None, base: str | None, taken: str
) -> None:
    if written:
        announce(file, written)
    endpoint = Endpoint(base_url_env="WHERE", address_file=str(file), base_url=base)
    found = find_server(identity(), endpoint, {"WHERE": variable} if variable else {})
    assert found.base == taken
    assert (found.file is not None) == (taken == "http://file/v1")


def test_without_a_file_and_another_address_the_server_has_not_started(file: Path) -> None:
    with pytest.raises(TransientError) as caught:
        find_server(identity(), Endpoint(address_file=str(file)), {})
    assert caught.value.overloaded
    assert str(file) in str(caught.value)
    assert "anthology models serve mine" in caught.value.hint
    assert "squeue" in caught.value.hint


def test_the_key_in_the_file_is_shown_to_its_server(file: Path) -> None:
    async def run() -> Any:
        async with placed() as place:
            announce(file, place.url, key=KEY)
            await ask_once(served(file))
            return place.headers[0]["Authorization"]

    assert asyncio.run(run()) == f"Bearer {KEY}"


def test_a_file_without_a_key_leaves_it_to_the_environment(file: Path) -> None:
    announce(file, NOWHERE)
    endpoint = Endpoint(address_file=str(file), key_env="SECRET")
    assert find_server(identity(), endpoint, {"SECRET": KEY}).key == KEY
    with pytest.raises(EndpointError, match="SECRET is not set"):
        find_server(identity(), endpoint, {})


def test_a_path_begins_at_the_folder_of_the_project(tmp_path: Path) -> None:
    folder = tmp_path / "project/config/models"
    folder.mkdir(parents=True)
    for name, file in (("a", "cache/a.json"), ("b", "/elsewhere/b.json"), ("c", "~/c.json")):
        spec = {"provider": "openai", "endpoint": {"address_file": file}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(spec))
    files = [load_model_spec(folder, name).endpoint.address_file for name in "abc"]
    home = str(Path.home() / "c.json")
    assert files == [str(tmp_path / "project/cache/a.json"), "/elsewhere/b.json", home]


def test_a_model_that_is_not_declared_is_named_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text("provider: simulated")
    with pytest.raises(ConfigurationError, match='did you mean "tiny"'):
        load_model_spec(tmp_path, "tinny")


# What is served there.


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": "other"}, "serves 'other', but the model's file says 'm'"),
        ({"revision": "v1"}, "serves revision v1, but the model's file says None"),
        ({"engine": {"dtype": "float16"}}, "with dtype: float16, but `engine`"),
    ],
)
def test_a_server_of_another_model_fails_at_once(
    file: Path, fields: dict[str, Any], said: str
) -> None:
    announce(file, NOWHERE, **fields)
    error = refused(served(file))
    assert said in error.what
    assert f"job 17 on {socket.gethostname()}" in error.what
    assert str(file) in error.where


def test_a_server_that_lists_another_model_fails_at_once(file: Path) -> None:
    async def run() -> None:
        async with placed(models=plain({"data": [{"id": "other"}]})) as place:
            announce(file, place.url)
            await ask_once(served(file))

    with pytest.raises(EndpointError, match="'m' is not served here") as caught:
        asyncio.run(run())
    assert "job 17" in caught.value.hint


def test_a_rejected_key_names_the_address_file(file: Path) -> None:
    async def run() -> None:
        async with placed(models=plain({"error": "no"}, 401)) as place:
            announce(file, place.url, key=KEY)
            await ask_once(served(file))

    with pytest.raises(EndpointError, match="does not accept the key") as caught:
        asyncio.run(run())
    assert str(file) in caught.value.hint
    assert KEY not in str(caught.value)


# Waiting and following.


def test_a_server_that_starts_later_is_waited_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> Reply:
        async with placed() as place:
            asked = asyncio.create_task(ask_once(served(file)))
            await asyncio.sleep(0.2)
            assert not asked.done()
            announce(file, place.url)
            return await asked

    assert asyncio.run(run()).completions == (Completion(" yes"),)
    said = capsys.readouterr().err
    assert said.count("waiting up to 900 s") == 1
    assert str(file) in said


def test_a_file_that_a_server_left_behind_is_waited_out(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> Reply:
        announce(file, NOWHERE)
        async with placed() as place:
            asked = asyncio.create_task(ask_once(served(file)))
            await asyncio.sleep(0.2)
            assert not asked.done()
            announce(file, place.url, job="18")
            return await asked

    assert asyncio.run(run()).completions == (Completion(" yes"),)
    assert "job 17" in capsys.readouterr().err


def test_waiting_has_an_end(file: Path) -> None:
    error = refused(served(file, give_up_after=0.1))
    assert "no server has written its address" in error.what
    assert "server.sbatch mine" in error.hint


def test_a_server_that_is_gone_is_named_with_its_job(file: Path) -> None:
    announce(file, NOWHERE)
    error = refused(served(file, give_up_after=0.1))
    assert "no connection" in error.what
    assert f"job 17 on {socket.gethostname()}" in error.hint


def test_where_another_address_stands_nothing_is_waited_for(file: Path) -> None:
    assert "no connection" in refused(served(file, base_url=NOWHERE)).what


def test_a_server_that_moves_is_followed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> tuple[list[Reply], int, list[Any]]:
        meter = Usage()
        endpoint = Endpoint(address_file=str(file), retries=0)
        model = OpenAIModel(identity(), endpoint, meter)
        try:
            async with placed() as place:
                announce(file, place.url, key="first")
                await model.open()
                await model.sample(ASKED)
            asked = [asyncio.create_task(model.sample(ASKED)) for _ in range(20)]
            while meter.retries < 50:
                await asyncio.sleep(0.01)
            async with placed() as place:
                announce(file, place.url, key="second", job="18")
                replies = await asyncio.gather(*asked)
                keys = [headers["Authorization"] for headers in place.headers]
                return replies, len(place.bodies), keys
        finally:
            await model.close()

    replies, sent, keys = asyncio.run(run())
    assert [reply.completions for reply in replies] == [(Completion(" yes"),)] * 20
    assert sent == 20
    assert set(keys) == {"Bearer second"}
    assert capsys.readouterr().err.count("the server has moved") == 1


def test_another_server_at_the_old_address_does_not_end_the_stage(file: Path) -> None:
    async def run() -> Reply:
        async with placed(plain({"error": "no"}, 401)) as old, placed() as new:
            model = served(file)
            announce(file, old.url, key="first")
            await model.open()
            announce(file, new.url, key="second", job="18")
            try:
                return await model.sample(ASKED)
            finally:
                await model.close()

    assert asyncio.run(run()).completions == (Completion(" yes"),)


def test_a_server_that_returns_with_another_model_ends_the_stage(file: Path) -> None:
    async def run() -> None:
        model = served(file)
        try:
            async with placed() as place:
                announce(file, place.url)
                await model.open()
            announce(file, NOWHERE, model="other")
            await model.sample(ASKED)
        finally:
            await model.close()

    with pytest.raises(EndpointError, match="serves 'other'"):
        asyncio.run(run())


def test_proxies_are_bypassed_for_cluster_nodes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def run() -> Reply:
        async with placed() as place:
            announce(file, place.url)
            return await ask_once(served(file))

    assert asyncio.run(run()).completions == (Completion(" yes"),)


def test_a_file_of_somebody_else_is_not_readable(file: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is hidden from root")
    announce(file, NOWHERE)
    file.chmod(0)
    with pytest.raises(EndpointError, match="cannot be read"):
        read_address(file)
