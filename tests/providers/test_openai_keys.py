"""Keys: sent where they are to be, and repeated nowhere."""

import asyncio
from typing import Any

import pytest

from anthology.errors import EndpointError
from tests.support.scripted_server import ask, placed, plain, told

KEY = "sk-a-key-that-nobody-may-see"


def test_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", f"{KEY}\n")

    async def run() -> Any:
        async with placed() as place:
            await ask(place.url, key_env="SECRET")
            return place.headers[0]["Authorization"]

    assert asyncio.run(run()) == f"Bearer {KEY}"


def test_no_other_key_is_sent_than_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def run() -> Any:
        async with placed() as place:
            await ask(place.url)
            return place.headers[0]

    assert KEY not in str(asyncio.run(run()))


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET", raising=False)
    error = told(key_env="SECRET")
    assert isinstance(error, EndpointError)
    assert "SECRET is not set" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
@pytest.mark.parametrize("quoted", [{"error": {"message": f"key {KEY}"}}, f"key {KEY}"])
def test_the_key_is_in_no_error(status: int, quoted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", KEY)
    error: BaseException | None = told(plain(quoted, status), key_env="SECRET", retries=0)
    while error is not None:
        assert KEY not in f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__


def test_the_key_is_in_no_error_about_what_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", KEY)
    error = told(models=plain({"data": [{"id": KEY}]}), key_env="SECRET")
    assert KEY not in f"{error!r} {error}"
    assert "***" in str(error)


def test_a_key_that_a_long_message_ends_in_is_not_repeated_in_part() -> None:
    for length in range(360, 420):
        said = "x" * length + KEY
        assert KEY[:6] not in told(plain({"error": {"message": said}}, 400)).what
