"""A model behind a server that speaks OpenAI's language: OpenAI, Together, vLLM, Ollama, llama.cpp.

The openai package settles the headers and what is served. Requests go through aiohttp directly,
because that package takes several times as long over a request as sending it does.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from anthology.errors import ModelError, TransientError
from anthology.meter import Meter
from anthology.models import Provider, Reply, Request
from anthology.models.failures import failure, parsed
from anthology.models.identity import ModelIdentity
from anthology.models.labelling import LabelReader
from anthology.models.limiter import Limiter
from anthology.models.scoring import TextScorer
from anthology.models.servers import choose_model, find_server, headers_for, look
from anthology.models.spec import Endpoint
from anthology.models.wire import body, check_fields, read

T = TypeVar("T")

_ANSWERS = {"completions": "/completions", "chat": "/chat/completions"}
_CONNECTING = 30.0  # Seconds; a server far away takes less than one.


def open_model(identity: ModelIdentity, endpoint: Endpoint, meter: Meter) -> Provider:
    """Return the model, not yet looked for."""
    return Served(identity, endpoint, meter)


class Served:
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

    def __init__(self, identity: ModelIdentity, endpoint: Endpoint, meter: Meter) -> None:
        self._identity, self._endpoint = identity, endpoint
        self._limiter = Limiter(endpoint, meter)
        self._model = ""
        self._close: Callable[[], Awaitable[None]] | None = None

    @property
    def served(self) -> str | None:
        """What the server calls the model, once it is open."""
        return self._model or None

    async def open(self) -> None:
        """Look for the server and the model.

        Raises
        ------
        ConfigurationError
            If the model's further fields set what requests set themselves.
        EndpointError
            If the server or the model is not there, or the key is missing or wrong.
        """
        check_fields(self._identity, self._endpoint)
        self._server = find_server(self._identity, self._endpoint)
        async with self._server.sdk() as sdk:
            served = await self._limiter.call(partial(look, self._server, sdk), answers=False)
            headers = headers_for(sdk)
        self._model = choose_model(self._server, self._identity.model, served)
        self._answers = URL(self._server.base + _ANSWERS[self._identity.api])
        self._labels = LabelReader(self._identity, self._endpoint, self._model, self._send)
        self._texts = TextScorer(self._identity, self._endpoint, self._model, self._send)
        session = aiohttp.ClientSession(
            # The limiter alone decides how many requests are under way.
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout, sock_connect=_CONNECTING),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=_proxy(self._answers),
        )
        self._post, self._close = session.post, session.close

    async def close(self) -> None:
        """Close all connections."""
        if self._close is not None:
            await self._close()

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
            if request.continuation:
                return await self._texts.score(request)
            fields = body(request, self._identity, self._endpoint, self._model)
            return await self._send(
                "", fields, partial(read, request=request, endpoint=self._endpoint)
            )
        except ModelError as error:
            raise self._server.located(error) from error.__cause__

    async def _send(self, path: str, fields: dict[str, Any], read: Callable[[Any], T]) -> T:
        url = URL(self._server.root + path) if path else self._answers
        try:
            data = orjson.dumps(fields)
        except orjson.JSONEncodeError as error:
            raise ModelError(
                f"cannot be asked this: {error}",
                hint="Something in the prompt is no text, such as half of a pair of surrogates.",
            ) from None
        attempt = partial(self._attempt, url, data, read)
        return await self._limiter.call(attempt, answers=not path)

    async def _attempt(self, url: URL, data: bytes, read: Callable[[Any], T]) -> T:
        """Send a request once.

        Raises
        ------
        TransientError
            If it failed in a way that may pass.
        EndpointError
            If every other request would fail as well.
        ModelError
            If something is wrong with this one.
        """
        try:
            async with self._post(url, data=data, allow_redirects=False) as response:
                raw = await response.read()
            if response.status >= 300:
                raise failure(response.status, parsed(raw), response.headers)
            return read(_json(raw))
        except ModelError as error:
            raise self._server.located(error) from None
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
        raise self._server.located(trouble)


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        what = "an HTML page" if raw.lstrip().startswith(b"<") else "no whole JSON"
        raise TransientError(f"the server sent {what}") from None


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names for an address."""
    return None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
