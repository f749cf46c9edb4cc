"""The client of an OpenAI-compatible server: finding it, sending requests, following it.

The openai package settles the headers and what is served. Requests go through aiohttp directly,
because that package takes several times as long over a request as sending it does.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError, TransientError
from anthology.models.base import Reply, Request
from anthology.models.limiter import Limiter
from anthology.models.usage import Usage
from anthology.providers.http.errors import error_from_response, parse_json
from anthology.providers.http.label_probs import LabelProbReader
from anthology.providers.http.openai_format import check_body_fields, completion_body, read_reply
from anthology.providers.http.server import (
    Server,
    build_headers,
    choose_model,
    find_server,
    list_served_models,
)
from anthology.providers.http.text_logprobs import TextScorer
from anthology.providers.http.version import ServerVersion

T = TypeVar("T")

_ANSWERS = {"completions": "/completions", "chat": "/chat/completions"}
_CONNECT_TIMEOUT = 30.0  # Seconds; a server far away takes less than one.


class OpenAIModel:
    """A model behind a server.

    Parameters
    ----------
    identity
        Which model.
    endpoint
        Where its server is and what it understands.
    meter
        Where requests that are sent again are counted.
    """

    def __init__(self, identity: ModelIdentity, endpoint: Endpoint, meter: Usage) -> None:
        self._identity, self._endpoint = identity, endpoint
        self._limiter = Limiter(endpoint, meter)
        self._model = ""
        self._version = ServerVersion()
        self._last_notice = ""
        self._sessions: list[aiohttp.ClientSession] = []
        self._following = asyncio.Lock()

    @property
    def served(self) -> str | None:
        """What the server calls the model, once it is open."""
        return self._model or None

    @property
    def version(self) -> str | None:
        """The version that answers, as far as it is known."""
        return self._version.describe(self._model)

    @property
    def address(self) -> str | None:
        """Where the server is, once it is open."""
        return self._server.base if self._model else None

    async def open(self) -> None:
        """Look for the server and the model, and wait for them where a job is to bring them.

        Raises
        ------
        ConfigurationError
            If the model's further fields set what requests set themselves.
        EndpointError
            If the server or the model is not there, or the key is missing or wrong.
        """
        check_body_fields(self._identity, self._endpoint)
        # Waiting for the server is no retry of a request and says nothing about how many it can
        # take at once, so it has a limiter of its own.
        await Limiter(self._endpoint, Usage()).call(self._wait_for_server, answers=False)
        self._labels = LabelProbReader(self._identity, self._endpoint, self._model, self._send)
        self._texts = TextScorer(self._identity, self._endpoint, self._model, self._send)
        self._version.start_lookup(self._sessions[-1], self._server.base, self._model)
        # The openai package leaves so many objects that each full pass of the garbage collector
        # takes as long as hundreds of requests. They live as long as the process, so skip them.
        gc.freeze()

    async def close(self) -> None:
        """Close all connections."""
        try:
            await self._version.close()
        finally:
            for session in self._sessions:
                await session.close()

    async def sample(self, request: Request) -> Reply:
        """Answer one request.

        Raises
        ------
        EndpointError
            If the server is of no use any more.
        ModelError
            If it refused the request, or failed too often.
        """
        try:
            if request.logprobs:
                return await self._labels.read(request)
            if request.score_text:
                return await self._texts.score(request)
            fields = completion_body(request, self._identity, self._endpoint, self._model)
            return await self._send(
                "", fields, partial(read_reply, request=request, endpoint=self._endpoint)
            )
        except ModelError as error:
            raise self._server.annotate(error) from error.__cause__

    async def _send(self, path: str, fields: dict[str, Any], read: Callable[[Any], T]) -> T:
        try:
            data = orjson.dumps(fields)
        except orjson.JSONEncodeError as error:
            raise ModelError(
                f"cannot be asked this: {error}",
                hint="Something in the prompt is no text, such as half of a pair of surrogates.",
            ) from None
        attempt = partial(self._attempt, path, data, read)
        return await self._limiter.call(attempt, answers=not path)

    async def _wait_for_server(self) -> None:
        """Connect to the server; while it is not there yet, print what the stage waits for."""
        try:
            await self._connect()
        except TransientError as error:
            if str(error) != self._last_notice:
                self._last_notice = str(error)
                print(
                    f"waiting up to {self._endpoint.give_up_after:g} s: {error}",
                    file=sys.stderr,
                    flush=True,
                )
            raise

    async def _connect(self) -> None:
        """Find the server, check that it serves the model, and send requests there from now on."""
        server = find_server(self._identity, self._endpoint)
        async with server.openai_client() as sdk:
            served = await list_served_models(server, sdk)
            headers = build_headers(sdk)
        self._model = choose_model(server, self._model or self._identity.model, served)
        session = aiohttp.ClientSession(
            # The limiter alone decides how many requests are under way.
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(
                total=self._endpoint.timeout, sock_connect=_CONNECT_TIMEOUT
            ),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=None if server.file else _proxy(URL(server.base)),
        )
        # Requests that are under way in earlier sessions end by themselves.
        self._sessions.append(session)
        self._server = server

    async def _follow_server(self, server: Server) -> bool:
        """Return whether the model is served elsewhere by now; if so, send requests there."""
        if server.file is None:
            return False
        async with self._following:
            if self._server is not server:
                return True
            try:
                if find_server(self._identity, self._endpoint) == server:
                    return False
                await self._connect()
            except TransientError:
                return False
            print(f"the server has moved: {self._server.where}", file=sys.stderr, flush=True)
            return True

    async def _attempt(self, path: str, data: bytes, read: Callable[[Any], T]) -> T:
        """Send a request once.

        If the server is gone, its new address is looked up.

        Raises
        ------
        TransientError
            If it failed in a way that may pass.
        EndpointError
            If every other request would fail as well.
        ModelError
            If something is wrong with this one.
        """
        server = self._server
        try:
            return await self._post(server, path, data, read)
        except ModelError as error:
            server.annotate(error)
            gone = isinstance(error, EndpointError) or getattr(error, "overloaded", False)
            if gone and await self._follow_server(server):
                raise server.annotate(TransientError("the server moved", overloaded=True)) from None
            raise

    async def _post(self, server: Server, path: str, data: bytes, read: Callable[[Any], T]) -> T:
        url = URL(server.root + path if path else server.base + _ANSWERS[self._identity.api])
        try:
            session = self._sessions[-1]
            async with session.post(url, data=data, allow_redirects=False) as response:
                raw = await response.read()
            if response.status >= 300:
                raise error_from_response(response.status, parse_json(raw), response.headers)
            payload = _parse_body(raw)
            self._version.note_reply(payload)
            return read(payload)
        except aiohttp.ConnectionTimeoutError:
            trouble = TransientError(
                f"no connection within {_CONNECT_TIMEOUT:g} s", overloaded=True
            )
        except TimeoutError:
            trouble = TransientError(f"no answer within {self._endpoint.timeout:g} s")
        except aiohttp.ClientConnectorError as error:
            # No server listens, as during a restart, which is no request's fault. A connection that
            # breaks later may break because of the request, so it counts as a failure of it.
            gone = not isinstance(error, aiohttp.ClientSSLError)
            trouble = TransientError(f"no connection: {error.os_error}", overloaded=gone)
        except aiohttp.ClientResponseError as error:
            # The error's own text holds the proxy's address, with the password if there is one.
            trouble = TransientError(f"the proxy or the server broke off ({error.status})")
        except (aiohttp.ClientError, OSError) as error:
            what = f"the connection failed: {error or type(error).__name__}"
            trouble = TransientError(what)
        raise trouble


def _parse_body(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        what = "an HTML page" if raw.lstrip().startswith(b"<") else "no whole JSON"
        raise TransientError(f"the server sent {what}") from None


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names for an address."""
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
