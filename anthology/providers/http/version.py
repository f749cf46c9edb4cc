"""The version that answers: that of the server's engine, or else what replies say of the model."""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp
import orjson

_TIMEOUT = aiohttp.ClientTimeout(total=5)
_ENGINES = {
    "vllm": ("vllm", "/version", "version"),
    "llamacpp": ("llama.cpp", "/props", "build_info"),
    "library": ("ollama", "/api/version", "version"),
    "sglang": ("sglang", "/get_server_info", "version"),
}
"""What servers write as the owner of their models: the engine, where it gives its version, and
under which key."""
_MAX_NAMES = 8
_MAX_LENGTH = 100


class ServerVersion:
    """Learns the version of one server, beside the requests and without delaying them."""

    def __init__(self) -> None:
        self._lookup: asyncio.Task[str | None] | None = None
        self._names: set[str] = set()

    def start_lookup(self, session: aiohttp.ClientSession, base: str, model: str) -> None:
        """Start to ask a server for its engine; whatever goes wrong with that is ignored."""
        self._lookup = asyncio.create_task(_look_up_engine(session, base, model))

    def note_reply(self, payload: Any) -> None:
        """Note the model's name in a reply, which may be that of a dated snapshot."""
        if isinstance(payload, dict) and len(self._names) < _MAX_NAMES:
            name, print_ = payload.get("model"), payload.get("system_fingerprint")
            if isinstance(name, str):
                shown = f"{name} ({print_})" if isinstance(print_, str) else name
                self._names.add(shown[:_MAX_LENGTH])

    async def close(self) -> None:
        """Wait a second for a lookup that has not finished."""
        if self._lookup is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._lookup, timeout=1)

    def describe(self, model: str) -> str | None:
        """Return the engine and its version, or else what replies said beyond the model's name."""
        return self._engine() or ", ".join(sorted(self._names - {model})) or None

    def _engine(self) -> str | None:
        """Return the engine, once the lookup has found it."""
        lookup = self._lookup
        if lookup is None or not lookup.done() or lookup.cancelled() or lookup.exception():
            return None
        return lookup.result()


async def _look_up_engine(session: aiohttp.ClientSession, base: str, model: str) -> str | None:
    listed = await _get(session, f"{base}/models")
    owners = [one.get("owned_by") for one in listed["data"] if one.get("id") == model]
    if not owners or owners[0] not in _ENGINES:
        return None
    name, path, key = _ENGINES[owners[0]]
    payload = await _get(session, base.removesuffix("/v1") + path)
    return f"{name} {payload[key]}"[:_MAX_LENGTH]


async def _get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url, allow_redirects=False, timeout=_TIMEOUT) as response:
        return orjson.loads(await response.read())
