"""What a server says of the version that answers: of its engine, or of the model itself."""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp
import orjson

_PATIENCE = aiohttp.ClientTimeout(total=5)
_ENGINES = {
    "vllm": ("vllm", "/version", "version"),
    "llamacpp": ("llama.cpp", "/props", "build_info"),
    "library": ("ollama", "/api/version", "version"),
    "sglang": ("sglang", "/get_server_info", "version"),
}
"""By whom a server says that its models belong to: the engine, where it tells its version, and
under which key."""
_MOST = 8
_LONGEST = 100


class ServerVersion:
    """Gathers what one server tells, beside the asking and never in its way."""

    def __init__(self) -> None:
        self._looking: asyncio.Task[str | None] | None = None
        self._answered: set[str] = set()

    def look(self, session: aiohttp.ClientSession, base: str, model: str) -> None:
        """Begin to ask a server for its engine; nothing that goes wrong with it matters."""
        self._looking = asyncio.create_task(_engine(session, base, model))

    def note(self, payload: Any) -> None:
        """Note the name under which a reply was given, which may say more than the one asked for.

        A name such as that of a dated snapshot, and the fingerprint of what ran it, are all that
        a server says which is not anybody's own.
        """
        if isinstance(payload, dict) and len(self._answered) < _MOST:
            name, print_ = payload.get("model"), payload.get("system_fingerprint")
            if isinstance(name, str):
                shown = f"{name} ({print_})" if isinstance(print_, str) else name
                self._answered.add(shown[:_LONGEST])

    async def close(self) -> None:
        """Wait a moment for an answer that is still missing."""
        if self._looking is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._looking, timeout=1)

    def told(self, model: str) -> str | None:
        """Return the engine and its version, or else what replies said beyond the model's name."""
        return self._engine() or ", ".join(sorted(self._answered - {model})) or None

    def _engine(self) -> str | None:
        """Return the engine, as soon as the server has told it."""
        looking = self._looking
        if looking is None or not looking.done() or looking.cancelled() or looking.exception():
            return None
        return looking.result()


async def _engine(session: aiohttp.ClientSession, base: str, model: str) -> str | None:
    listed = await _get(session, f"{base}/models")
    owners = [one.get("owned_by") for one in listed["data"] if one.get("id") == model]
    if not owners or owners[0] not in _ENGINES:
        return None
    name, path, key = _ENGINES[owners[0]]
    told = await _get(session, base.removesuffix("/v1") + path)
    return f"{name} {told[key]}"[:_LONGEST]


async def _get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url, allow_redirects=False, timeout=_PATIENCE) as response:
        return orjson.loads(await response.read())
