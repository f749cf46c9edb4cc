"""A local server with OpenAI's API that answers by the simulated model, and can misbehave.

In a test: `with serving(Serving(key="k"), Faults(share=0.3)) as server`, then `server.url`.
In a process of its own: `with apart(Serving(key="k"))`, or `with apart("stub")` for a server that
always says the same, fast. Equal requests get equal answers, in whatever order they are sent.
"""

import asyncio
import json
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from anthology.records import canonical_json
from tests.support import stub_server
from tests.support.fake_server.faults import (
    REFUSALS,
    Chooser,
    Fault,
    Faults,
    broken,
    dribbled,
    reset,
    send,
    spoiled,
    waiting,
)
from tests.support.fake_server.json_shapes import model_list
from tests.support.fake_server.replies import replied, tokenized
from tests.support.fake_server.requests import RefusalError, Serving
from tests.support.token_model import text_of

_HOST = "127.0.0.1"
_LONGEST = 64 * 2**20
_BACKLOG = 4096
_NAMES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}


@dataclass(slots=True)
class Counts:
    """What a server was asked, request by request.

    Parameters
    ----------
    requests
        How often each request came, by its identity.
    answered
        How often each was answered well, and the answer written out to its end.
    again
        Requests that came although they had been answered before.
    faults
        How often each fault was done.
    refused
        Requests that were refused for what they asked, by status.
    under_way, most_under_way
        Requests being answered now, and the most there ever were at once.
    """

    requests: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    again: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    most_under_way: int = 0

    @contextmanager
    def answering(self, identity: str) -> Iterator[None]:
        """Count an answer before the client can have it, and not at all where writing it fails."""
        self.answered[identity] += 1
        try:
            yield
        except BaseException:
            self.answered -= Counter([identity])
            raise


def identity_of(body: Mapping[str, Any]) -> str:
    """Return the 32 hex digits that stand for a request: a hash of its body."""
    return blake2b(
        canonical_json(dict(body)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


class Desk:
    """Answers requests; `settings`, `chooser` and `counts` may be looked at and replaced."""

    def __init__(self, settings: Serving, faults: Faults) -> None:
        self.settings, self.chooser, self.counts = settings, Chooser(faults), Counts()

    def application(self) -> web.Application:
        """Return the application with all its addresses."""
        application = web.Application(client_max_size=_LONGEST, middlewares=[self._guarded])
        application.add_routes(
            [
                web.get("/v1/models", self._models),
                web.post("/v1/completions", self._speak),
                web.post("/v1/chat/completions", self._speak),
                web.post("/tokenize", self._tokenize),
                web.post("/detokenize", self._detokenize),
                web.get("/_counts", self._tell_counts),
            ]
        )
        return application

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Let in who has the key, and word all refusals."""
        key, header = self.settings.key, request.headers.get("Authorization")
        try:
            if request.path.startswith("/v1") and key is not None and header != f"Bearer {key}":
                raise RefusalError(401, "Incorrect API key provided.", code="invalid_api_key")
            response: web.StreamResponse = await handler(request)
        except RefusalError as refusal:
            self.counts.refused[str(refusal.status)] += 1
            return self._refusal(request, refusal)
        except web.HTTPError as error:
            return self._refusal(request, RefusalError(error.status, error.reason or ""))
        return response

    def _refusal(
        self, request: web.Request, refusal: RefusalError, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        message, status = refusal.message, refusal.status
        if self.settings.indiscreet:
            message += f" (Authorization: {request.headers.get('Authorization')})"
        error: dict[str, Any] = {"message": message, "param": refusal.param}
        if self.settings.dialect == "vllm":
            error |= {"type": _NAMES.get(status, "BadRequestError"), "code": status}
        else:
            error |= {"type": refusal.kind, "code": refusal.code}
        said: Any = error
        if status == 401 and self.settings.dialect == "vllm" and not self.settings.indiscreet:
            said = "Unauthorized"
        return web.json_response({"error": said}, status=status, headers=headers)

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = await _parsed(request)
        identity, counts = identity_of(body), self.counts
        counts.requests[identity] += 1
        counts.again += counts.answered[identity] > 0
        counts.under_way += 1
        counts.most_under_way = max(counts.most_under_way, counts.under_way)
        try:
            return await self._answer(request, body, identity)
        except ConnectionError:  # The client is gone, and nobody reads what is returned.
            return web.Response()
        finally:
            counts.under_way -= 1

    async def _answer(
        self, request: web.Request, body: Mapping[str, Any], identity: str
    ) -> web.StreamResponse:
        fault, faults, counts = self.chooser.choose(identity), self.chooser.faults, self.counts
        if fault:
            counts.faults[fault] += 1
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)
        if fault is Fault.HANG:
            await asyncio.Event().wait()  # Cancelled when the client goes away.
        if fault is Fault.RESET_BEFORE:
            return reset(request, web.Response())
        if fault in REFUSALS:
            status, message, code = REFUSALS[fault]
            kind = "insufficient_quota" if fault is Fault.QUOTA else "server_error"
            refusal = RefusalError(status, message, kind=kind, code=code)
            return self._refusal(request, refusal, waiting(fault, faults))
        chat = request.path.startswith("/v1/chat")
        content = spoiled(fault, await replied(body, chat=chat, settings=self.settings))
        if fault is Fault.RESET_AMID:
            return await broken(request, content)
        if fault is Fault.DRIBBLE:
            slow, last = await dribbled(request, content, faults.slowly)
            with counts.answering(identity):
                await slow.write(last)
                await slow.write_eof()
            return slow
        kind = "text/html" if fault is Fault.HTML else "application/json"
        response = web.Response(body=content, content_type=kind)
        with counts.answering(identity) if fault is None else nullcontext():
            await send(request, response)
        return response

    async def _models(self, request: web.Request) -> web.Response:  # noqa: ARG002
        return web.json_response(model_list(self.settings))

    async def _tokenize(self, request: web.Request) -> web.Response:
        self._vllm_only()
        body = await _parsed(request)
        try:
            return web.json_response(tokenized(body, self.settings))
        except (KeyError, ValidationError) as error:
            raise RefusalError(400, "either prompt or messages are needed") from error

    async def _detokenize(self, request: web.Request) -> web.Response:
        self._vllm_only()
        return web.json_response({"prompt": text_of((await _parsed(request)).get("tokens", []))})

    def _vllm_only(self) -> None:
        if self.settings.dialect != "vllm":
            raise RefusalError(404, "Not Found")

    async def _tell_counts(self, request: web.Request) -> web.Response:  # noqa: ARG002
        names = (field.name for field in fields(Counts))
        return web.json_response({name: getattr(self.counts, name) for name in names})


async def _parsed(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise RefusalError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise RefusalError(400, "The body of a request is a JSON object.")
    return body


async def _opened(desk: Desk, port: int) -> tuple[web.AppRunner, int]:
    """Start to listen, and return the port."""
    runner = web.AppRunner(
        desk.application(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
    )
    await runner.setup()
    await web.TCPSite(runner, _HOST, port, backlog=_BACKLOG).start()
    return runner, int(runner.addresses[0][1])


class Server:
    """A server in a thread of this process."""

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk, self.port = desk, port
        self.url = f"http://{_HOST}:{port}/v1"

    @property
    def counts(self) -> Counts:
        """What it was asked so far."""
        return self.desk.counts

    def misbehave(self, faults: Faults) -> None:
        """Go wrong in another way from now on."""
        self.desk.chooser = Chooser(faults)


@contextmanager
def serving(
    settings: Serving = Serving(),  # noqa: B008
    faults: Faults = Faults(),  # noqa: B008
    port: int = 0,
) -> Iterator[Server]:
    """Serve from a thread of this process while the block runs, on a free port unless one is given.

    What is under way when the block ends is broken off.
    """
    desk, loop = Desk(settings, faults), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        opening = asyncio.run_coroutine_threadsafe(_opened(desk, port), loop)
        runner, port = opening.result(timeout=10)
        try:
            yield Server(desk, port)
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


@dataclass(frozen=True, slots=True)
class Apart:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def counts(self) -> dict[str, Any]:
        """Return its counts as JSON."""
        with urllib.request.urlopen(self.url.removesuffix("v1") + "_counts", timeout=10) as reply:
            counts: dict[str, Any] = json.load(reply)
        return counts


@contextmanager
def apart(settings: Serving | str, *options: str) -> Iterator[Apart]:
    """Serve from a process of its own while the block runs.

    Parameters
    ----------
    settings
        How it serves; "stub" for the server that always says the same.
    options
        Of the stub.
    """
    said = settings if isinstance(settings, str) else settings.model_dump_json()
    command = [sys.executable, "-m", "tests.support.fake_server.server", said, *options]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the server did not start"
            yield Apart(url, process)
        finally:
            process.kill()


async def _run(settings: Serving) -> None:
    _, port = await _opened(Desk(settings, Faults()), 0)
    print(f"http://{_HOST}:{port}/v1", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        if sys.argv[1] == "stub":
            stub_server.main(sys.argv[2:])
        else:
            asyncio.run(_run(Serving.model_validate_json(sys.argv[1])))
