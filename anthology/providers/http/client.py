"""The client of an OpenAI-compatible server.

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
_CONNECTING = 30.0  # Seconds; a server far away takes less than one.


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
        self._versions = ServerVersion()
        self._awaited = ""
        self._sessions: list[aiohttp.ClientSession] = []
        self._moving = asyncio.Lock()

    @property
    def served(self) -> str | None:
        """What the server calls the model, once it is open."""
        return self._model or None

    @property
    def version(self) -> str | None:
        """What the server has said so far of the version that answers."""
        return self._versions.told(self._model)

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
        # What waits for a server is no request that is sent again, and says nothing of how many it
        # bears, so that it is left to a limiter of its own.
        await Limiter(self._endpoint, Usage()).call(self._wait, answers=False)
        self._labels = LabelProbReader(self._identity, self._endpoint, self._model, self._send)
        self._texts = TextScorer(self._identity, self._endpoint, self._model, self._send)
        self._versions.look(self._sessions[-1], self._server.base, self._model)
        # The openai package leaves so many objects that each full pass of the garbage collector
        # takes as long as hundreds of requests. They live as long as the process, so skip them.
        gc.freeze()

    async def close(self) -> None:
        """Close all connections."""
        try:
            await self._versions.close()
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
            If it refused the request, did not do as it was told, or failed too often.
        """
        try:
            if request.logprobs:
                return await self._labels.shares(request)
            if request.score_text:
                return await self._texts.score(request)
            fields = completion_body(request, self._identity, self._endpoint, self._model)
            return await self._send(
                "", fields, partial(read_reply, request=request, endpoint=self._endpoint)
            )
        except ModelError as error:
            raise self._server.located(error) from error.__cause__

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

    async def _wait(self) -> None:
        """Find the server; where it is not there yet, say what is waited for."""
        try:
            await self._find()
        except TransientError as error:
            if str(error) != self._awaited:
                self._awaited = str(error)
                print(
                    f"waiting up to {self._endpoint.give_up_after:g} s: {error}",
                    file=sys.stderr,
                    flush=True,
                )
            raise

    async def _find(self) -> None:
        """Look where the server is, and whether it serves the model; ask it from now on."""
        server = find_server(self._identity, self._endpoint)
        async with server.sdk() as sdk:
            served = await list_served_models(server, sdk)
            headers = build_headers(sdk)
        self._model = choose_model(server, self._model or self._identity.model, served)
        session = aiohttp.ClientSession(
            # The limiter alone decides how many requests are under way.
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout, sock_connect=_CONNECTING),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=None if server.file else _proxy(URL(server.base)),
        )
        # Requests that are under way in earlier sessions end by themselves.
        self._sessions.append(session)
        self._server = server

    async def _moved(self, server: Server) -> bool:
        """Say whether the model is served elsewhere by now, and ask it there."""
        if server.file is None:
            return False
        async with self._moving:
            if self._server is not server:
                return True
            try:
                if find_server(self._identity, self._endpoint) == server:
                    return False
                await self._find()
            except TransientError:
                return False
            print(f"the server has moved: {self._server.where}", file=sys.stderr, flush=True)
            return True

    async def _attempt(self, path: str, data: bytes, read: Callable[[Any], T]) -> T:
        """Send a request once.

        Where that fails since the server is not where it was, its new place is looked for.

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
            return await self._sent(server, path, data, read)
        except ModelError as error:
            told = server.located(error)
            away = isinstance(told, EndpointError) or getattr(told, "crowded", False)
            if away and await self._moved(server):
                raise server.located(TransientError("the server moved", crowded=True)) from None
            raise told from None

    async def _sent(self, server: Server, path: str, data: bytes, read: Callable[[Any], T]) -> T:
        url = URL(server.root + path if path else server.base + _ANSWERS[self._identity.api])
        try:
            session = self._sessions[-1]
            async with session.post(url, data=data, allow_redirects=False) as response:
                raw = await response.read()
            if response.status >= 300:
                raise error_from_response(response.status, parse_json(raw), response.headers)
            said = _json(raw)
            self._versions.note(said)
            return read(said)
        except aiohttp.ConnectionTimeoutError:
            trouble = TransientError(f"no connection within {_CONNECTING:g} s", crowded=True)
        except TimeoutError:
            trouble = TransientError(f"no answer within {self._endpoint.timeout:g} s")
        except aiohttp.ClientConnectorError as error:
            # Nobody is there, as while a server starts again, and that is no request's fault. A
            # connection that breaks later may break because of what was asked, and so it counts.
            away = not isinstance(error, aiohttp.ClientSSLError)
            trouble = TransientError(f"no connection: {error.os_error}", crowded=away)
        except aiohttp.ClientResponseError as error:
            # Its own words hold the proxy's address, with the password where there is one.
            trouble = TransientError(f"the proxy or the server broke off ({error.status})")
        except (aiohttp.ClientError, OSError) as error:
            what = f"the connection failed: {error or type(error).__name__}"
            trouble = TransientError(what)
        raise trouble


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        what = "an HTML page" if raw.lstrip().startswith(b"<") else "no whole JSON"
        raise TransientError(f"the server sent {what}") from None


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names for an address."""
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
