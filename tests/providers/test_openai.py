"""A model behind a server: what is found there, and what becomes of its misbehaviour."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from anthology.config.model import Endpoint, Sampling
from anthology.errors import ConfigurationError, EndpointError, ModelError, RefusedError
from anthology.models.base import Completion, Reply, Request
from anthology.models.usage import Usage
from anthology.providers.openai import open_model
from tests.support.scripted_server import (
    ASKED,
    GOOD,
    ONE,
    Handler,
    ask,
    broken_off,
    hanging,
    identity,
    placed,
    plain,
    reset,
    told,
)


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[int]:
    """Have a server at a port, or at any that is free for 0."""
    application = web.Application()
    application.router.add_get("/v1/models", plain(ONE))
    application.router.add_post("/v1/completions", plain(GOOD))
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


# What is found at an address.


def test_an_answer_comes_back() -> None:
    async def run() -> Reply:
        async with placed() as place:
            return await ask(place.url)

    assert asyncio.run(run()) == Reply((Completion(" yes"),), None, 2, 0)


def test_the_only_model_of_a_server_is_taken() -> None:
    async def run() -> tuple[str | None, Any]:
        async with placed() as place:
            model = open_model(identity(None), Endpoint(base_url=place.url), Usage())
            before = model.served
            await model.open()
            await model.sample(ASKED)
            await model.close()
            return before, (model.served, place.bodies[0]["model"])

    assert asyncio.run(run()) == (None, ("m", "m"))


@pytest.mark.parametrize(
    "models",
    [plain({"data": [{"id": "other"}, {"id": "mm"}]}), plain([{"id": "other"}, {"id": "mm"}])],
)
def test_a_server_of_other_models_says_which(models: Handler) -> None:
    error = told(models=models)
    assert isinstance(error, EndpointError)
    assert "'m' is not served here" in str(error)
    assert "other, mm" in error.hint
    assert "127.0.0.1" in error.where


def test_a_server_of_many_models_wants_a_name() -> None:
    error = told(models=plain({"data": [{"id": "a"}, {"id": "b"}]}), who=identity(None))
    assert isinstance(error, EndpointError)
    assert "Known: a, b" in error.hint


def test_a_model_without_a_tag_is_the_latest() -> None:
    async def run() -> Any:
        async with placed(models=plain({"data": [{"id": "m:latest"}, {"id": "n"}]})) as place:
            await ask(place.url)
            return place.bodies[0]["model"]

    assert asyncio.run(run()) == "m:latest"


def test_a_server_that_lists_nothing_is_believed() -> None:
    async def run() -> Reply:
        async with placed(models=plain({"error": "none"}, 404)) as place:
            return await ask(place.url)

    assert asyncio.run(run()).completions == (Completion(" yes"),)


def test_a_server_that_lists_nothing_wants_a_name() -> None:
    error = told(models=plain({}, 404), who=identity(None))
    assert "Set `model`" in error.hint


def test_an_address_without_v1_gets_a_hint() -> None:
    async def run() -> None:
        async with placed() as place:
            await ask(place.url.removesuffix("/v1"))

    with pytest.raises(EndpointError, match="at another address") as caught:
        asyncio.run(run())
    assert caught.value.hint.endswith("/v1.")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (plain("<html>Welcome"), "not with a list of models"),
        (plain({"hello": 1}), "not with a list of models"),
        (plain({"error": {"message": "no"}}, 401), "does not accept the key"),
        (plain({"error": {"message": "not you"}}, 403), "not you"),
    ],
)
def test_a_wrong_server_or_key_fails_at_once(models: Handler, said: str) -> None:
    error = told(models=models)
    assert isinstance(error, EndpointError)
    assert said in error.what
    assert "model mine at http://127.0.0.1" in error.where


def test_an_address_without_a_server_fails_at_once() -> None:
    with pytest.raises(EndpointError, match="no connection"):
        asyncio.run(ask("http://127.0.0.1:9/v1"))


@pytest.mark.parametrize(
    "url", ["localhost:8000/v1", "file:///v1", "http://", "http://a:b@c/v1", "http://c/v1?key=b"]
)
def test_a_malformed_address_is_not_quoted(url: str) -> None:
    with pytest.raises(EndpointError) as caught:
        asyncio.run(ask(url))
    assert "a:b" not in str(caught.value)
    assert "key=b" not in str(caught.value)


def test_a_server_that_is_getting_ready_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anthology.models.limiter._FIRST_REST", 0.0)
    ready = [plain(ONE), plain({}, 503)]

    async def models(request: web.Request) -> web.StreamResponse:
        return await ready.pop()(request)

    async def run() -> Reply:
        async with placed(models=models) as place:
            return await ask(place.url)

    assert asyncio.run(run()).completions == (Completion(" yes"),)


def test_the_variable_of_the_address_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> Reply:
        async with placed() as place:
            monkeypatch.setenv("WHERE", place.url + "/")
            return await ask("http://127.0.0.1:9/v1", base_url_env="WHERE")

    assert asyncio.run(run()).completions == (Completion(" yes"),)


def test_colliding_body_fields_are_refused_before_any_request() -> None:
    with pytest.raises(ConfigurationError, match="temperature"):
        asyncio.run(ask("http://127.0.0.1:9/v1", who=identity(body={"temperature": 0})))


# Misbehaviour while answering.


@pytest.mark.parametrize(
    "first",
    [
        plain({}, 429, Retry_After="0"),
        plain({}, 503, Retry_After="0"),
        plain({}, 500),
        plain("<html>Bad gateway", 502),
        plain("<html>Welcome"),
        plain('{"choices": [{"te'),
        plain({"choices": []}),
        plain({"error": {"message": "overloaded"}}),
        plain({"choices": GOOD["choices"] * 2}),
        reset,
        broken_off,
    ],
)
def test_transient_errors_cost_no_answer(first: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anthology.models.limiter._FIRST_REST", 0.0)

    async def run() -> tuple[Reply, int]:
        async with placed(first, plain(GOOD)) as place:
            return await ask(place.url), len(place.bodies)

    reply, sent = asyncio.run(run())
    assert reply.completions == (Completion(" yes"),)
    assert sent == 2


def test_a_server_that_starts_again_costs_time_and_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("anthology.models.limiter._FIRST_REST", 0.01)
    monkeypatch.setattr("anthology.models.limiter._LONGEST_REST", 0.02)

    async def run() -> list[Reply]:
        meter = Usage()
        async with listening(0) as port:
            place = Endpoint(base_url=f"http://127.0.0.1:{port}/v1", retries=1)
            model = open_model(identity(), place, meter)
            await model.open()
            await model.sample(ASKED)
        asked = [asyncio.create_task(model.sample(ASKED)) for _ in range(20)]
        while meter.retries < 100 and not any(task.done() for task in asked):
            await asyncio.sleep(0.01)
        async with listening(port):
            replies = await asyncio.gather(*asked)
            await model.close()
        return replies

    assert [reply.completions for reply in asyncio.run(run())] == [(Completion(" yes"),)] * 20


def test_a_server_that_stays_away_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("anthology.models.limiter._FIRST_REST", 0.01)
    monkeypatch.setattr("anthology.models.limiter._LONGEST_REST", 0.02)

    async def run() -> None:
        async with listening(0) as port:
            place = Endpoint(base_url=f"http://127.0.0.1:{port}/v1", retries=0, give_up_after=0.2)
            model = open_model(identity(), place, Usage())
            await model.open()
        try:
            await model.sample(ASKED)
        finally:
            await model.close()

    with pytest.raises(EndpointError, match=r"nothing was answered for .* no connection"):
        asyncio.run(run())


def test_a_request_that_breaks_the_connection_every_time_fails_by_itself() -> None:
    error = told(reset, retries=0)
    assert type(error) is ModelError
    assert "no answer in one try" in error.what


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (plain({}, 500), "500"),
        (plain("<html>"), "HTML"),
        (plain('{"a'), "no whole JSON"),
        (reset, "connection failed"),
        (hanging, "no answer within 0.2 s"),
    ],
)
def test_a_lasting_error_is_named(reply: Handler, said: str) -> None:
    error = told(reply, retries=0, timeout=0.2)
    assert said in error.what
    assert "model mine at http://127.0.0.1" in error.where


@pytest.mark.parametrize("status", [302, 401, 403, 404])
def test_a_useless_endpoint_gets_no_further_request(status: int) -> None:
    async def run() -> int:
        async with placed(plain({"error": "no"}, status, Location="/elsewhere")) as place:
            with pytest.raises(EndpointError):
                await ask(place.url)
            return len(place.bodies)

    assert asyncio.run(run()) == 1


def test_an_account_without_credit_fails_at_once() -> None:
    error = told(plain({"error": {"message": "pay", "code": "insufficient_quota"}}, 429))
    assert isinstance(error, EndpointError)
    assert "no credit" in error.what


def test_a_refusal_quotes_the_server() -> None:
    error = told(plain({"error": {"message": "longer than 8192 tokens"}}, 400))
    assert type(error) is RefusedError
    assert "longer than 8192 tokens" in error.what


def test_an_impossible_request_is_refused_without_sending() -> None:
    async def run() -> int:
        async with placed() as place:
            with pytest.raises(ModelError, match="no constrained output"):
                await ask(place.url, Request("?", Sampling(), choices=("A", "B")))
            return len(place.bodies)

    assert asyncio.run(run()) == 0


def test_a_model_that_was_not_opened_can_be_closed() -> None:
    asyncio.run(open_model(identity(), Endpoint(), Usage()).close())


def test_what_is_sent_is_json_of_utf_8() -> None:
    async def run() -> Any:
        async with placed() as place:
            await ask(place.url, Request("Größe “?” \u2028 😀", Sampling()))
            return json.dumps(place.bodies[0]["prompt"])

    assert asyncio.run(run()) == json.dumps("Größe “?” \u2028 😀")


def test_invalid_unicode_is_refused_without_sending() -> None:
    error = told(request=Request("\ud800", Sampling()))
    assert "no text" in error.hint
