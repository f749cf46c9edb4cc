"""Which engine answered is asked beside the asking, and never in its way."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from anthology.config.model import Endpoint
from anthology.models.usage import Usage
from anthology.providers.openai import open_model
from tests.support.scripted_server import ASKED, GOOD, Handler, hanging, identity, plain


async def versions(pages: Mapping[str, Handler], reply: Any = GOOD) -> tuple[Any, Any]:
    """Return what is known of the version after one request, and the address."""
    application = web.Application()
    application.router.add_post("/v1/completions", plain(reply))
    for path, page in pages.items():
        application.router.add_get(path, page)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    model = open_model(identity(), Endpoint(base_url=url), Usage())
    try:
        assert (model.version, model.address) == (None, None)
        await model.open()
        await model.sample(ASKED)
        await model.close()
        return model.version, model.address == url
    finally:
        await runner.cleanup()


def listed(owner: str) -> Handler:
    return plain({"data": [{"id": "other", "owned_by": "x"}, {"id": "m", "owned_by": owner}]})


@pytest.mark.parametrize(
    ("owner", "path", "page", "told"),
    [
        ("vllm", "/version", {"version": "0.32.0"}, "vllm 0.32.0"),
        ("library", "/api/version", {"version": "0.12.6"}, "ollama 0.12.6"),
        ("llamacpp", "/props", {"build_info": "b7000-abc"}, "llama.cpp b7000-abc"),
        ("sglang", "/get_server_info", {"version": "0.5"}, "sglang 0.5"),
    ],
)
def test_a_known_engine_has_a_version(owner: str, path: str, page: Any, told: str) -> None:
    pages = {"/v1/models": listed(owner), path: plain(page)}
    assert asyncio.run(versions(pages)) == (told, True)


def test_an_engine_without_a_version_has_none() -> None:
    pages = {"/v1/models": listed("vllm"), "/version": plain("<html>", 404)}
    assert asyncio.run(versions(pages)) == (None, True)


def test_an_unknown_engine_gets_no_further_request() -> None:
    asked: list[str] = []

    async def any_page(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.json_response({})

    pages = {"/v1/models": listed("organisation"), "/{path:.*}": any_page}
    assert asyncio.run(versions(pages)) == (None, True)
    assert asked == []


def test_a_reply_shows_the_snapshot_behind_a_name() -> None:
    reply = {**GOOD, "model": "m-2026-07-18", "system_fingerprint": "fp_1"}
    found = asyncio.run(versions({"/v1/models": listed("system")}, reply))
    assert found == ("m-2026-07-18 (fp_1)", True)


def test_a_reply_under_the_same_name_adds_nothing() -> None:
    found = asyncio.run(versions({"/v1/models": listed("system")}, {**GOOD, "model": "m"}))
    assert found == (None, True)


def test_a_hanging_version_lookup_delays_closing_by_a_second_at_most() -> None:
    started = time.monotonic()
    pages = {"/v1/models": listed("vllm"), "/version": hanging}
    assert asyncio.run(versions(pages)) == (None, True)
    assert time.monotonic() - started < 20  # The page itself would take 30 s.
