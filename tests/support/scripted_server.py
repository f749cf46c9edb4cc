"""A server that answers what a test says, and a model behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from anthology.config.model import Endpoint, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import AnthologyError
from anthology.models.base import Reply, Request
from anthology.models.usage import Usage
from anthology.providers.openai import open_model

ASKED = Request("Which?", Sampling())
GOOD: dict[str, Any] = {
    "choices": [{"text": " yes", "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 2},
}
ONE = {"data": [{"id": "m"}]}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Place:
    """A server that answers what a test says, one reply after another, the last for ever."""

    replies: list[Handler]
    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        self.headers.append(request.headers.copy())
        handler = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return await handler(request)


def plain(body: Any, status: int = 200, **headers: str) -> Handler:
    async def reply(_request: web.Request) -> web.StreamResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=names, content_type="text/html")
        return web.json_response(body, status=status, headers=names)

    return reply


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"te')
    return await reset(request)


async def hanging(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


@asynccontextmanager
async def placed(
    *replies: Handler, models: Handler | None = None, prefix: str = "/v1"
) -> AsyncIterator[Place]:
    place = Place(list(replies or [plain(GOOD)]))
    application = web.Application()
    application.router.add_get(f"{prefix}/models", models or plain(ONE))
    application.router.add_post(f"{prefix}/completions", place.answer)
    application.router.add_post(f"{prefix}/chat/completions", place.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield place
    finally:
        await runner.cleanup()


def identity(model: str | None = "m", **fields: Any) -> ModelIdentity:
    settings = {"api": "completions", **fields}
    return ModelIdentity(name="mine", provider="openai", model=model, **settings)


async def ask(
    url: str, request: Request = ASKED, *, who: ModelIdentity | None = None, **endpoint: Any
) -> Reply:
    settings = {"retries": 1, "base_url": url, **endpoint}
    model = open_model(who or identity(), Endpoint(**settings), Usage())
    try:
        await model.open()
        return await model.sample(request)
    finally:
        await model.close()


def told(*replies: Handler, models: Handler | None = None, **how: Any) -> AnthologyError:
    """Return the error that asking such a server ends in."""

    async def run() -> None:
        async with placed(*replies, models=models) as place:
            await ask(place.url, **how)

    with pytest.raises(AnthologyError) as caught:
        asyncio.run(run())
    return caught.value
