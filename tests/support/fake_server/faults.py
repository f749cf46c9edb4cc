"""How a server misbehaves: which of its replies go wrong, and how."""

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from math import ceil
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from anthology.records import Record
from anthology.seeds import rng_for


class Fault(StrEnum):
    """One way to go wrong."""

    RATE_SECONDS = "429-seconds"
    RATE_DATE = "429-date"
    RATE_BARE = "429"
    QUOTA = "429-quota"
    ERROR = "500"
    UNAVAILABLE = "503"
    RESET_BEFORE = "reset-before"
    RESET_AMID = "reset-amid"
    DRIBBLE = "dribble"
    HANG = "hang"
    TRUNCATED = "truncated"
    NO_CHOICES = "no-choices"
    FEWER = "fewer"
    MORE = "more"
    HTML = "html"
    NULL = "null"


LASTING = frozenset({Fault.QUOTA})
"""Faults that no second try mends."""
PASSING = tuple(fault for fault in Fault if fault not in LASTING)
REFUSALS = {
    Fault.RATE_SECONDS: (429, "Rate limit reached.", "rate_limit_exceeded"),
    Fault.RATE_DATE: (429, "Rate limit reached.", "rate_limit_exceeded"),
    Fault.RATE_BARE: (429, "Rate limit reached.", "rate_limit_exceeded"),
    Fault.QUOTA: (429, "You exceeded your current quota.", "insufficient_quota"),
    Fault.ERROR: (500, "The server had an error while processing your request.", None),
    Fault.UNAVAILABLE: (503, "The engine is currently overloaded.", None),
}
"""Faults that are errors: status, message and OpenAI's code."""
_PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
_DRIBBLES = 10


class Faults(Record):
    """Which replies go wrong."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of tries that do; which they are depends on the seed, the request and how often it
    was tried, not on the order of requests."""
    seed: int = 0
    """Decides which."""
    kinds: tuple[Fault, ...] = PASSING
    """What may go wrong."""
    script: tuple[Fault | None, ...] = ()
    """What happens to the next requests in the order in which they come; null for nothing."""
    most: Annotated[int, Field(ge=0)] | None = None
    """How often one request may go wrong; null for no limit."""
    retry_after: Annotated[float, Field(ge=0)] = 1
    """Seconds to wait that a overloaded server asks for."""
    slowly: Annotated[float, Field(ge=0)] = 0.5
    """Seconds that a dribbled body takes."""


class Chooser:
    """Chooses what goes wrong with each request."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._script = list(reversed(faults.script))
        self._tries: Counter[str] = Counter()
        self._spoiled: Counter[str] = Counter()

    def choose(self, identity: str) -> Fault | None:
        """Return what goes wrong with the next try of a request; None for nothing."""
        if self._script:
            return self._script.pop()
        faults, tries = self.faults, self._tries[identity]
        self._tries[identity] += 1
        if faults.share == 0 or self._spoiled[identity] == faults.most:
            return None
        rng = rng_for(faults.seed, identity, tries)
        if rng.random() >= faults.share:
            return None
        self._spoiled[identity] += 1
        return faults.kinds[int(rng.integers(len(faults.kinds)))]


def waiting(fault: Fault, faults: Faults) -> dict[str, str]:
    """Return the headers in which a refusal says how long to wait."""
    if fault is Fault.RATE_SECONDS:
        return {"Retry-After": f"{faults.retry_after:g}"}
    if fault is Fault.RATE_DATE:
        # A date has whole seconds; rounding down would allow an early return.
        date = datetime.now(UTC) + timedelta(seconds=ceil(faults.retry_after))
        return {"Retry-After": format_datetime(date, usegmt=True)}
    return {}


def spoiled(fault: Fault | None, payload: dict[str, Any]) -> bytes:
    """Return the body of a reply that may be wrong."""
    choices: list[dict[str, Any]] = payload["choices"]
    if fault is Fault.HTML:
        return _PAGE
    if fault is Fault.NO_CHOICES:
        payload = {**payload, "choices": []}
    elif fault is Fault.FEWER:
        payload = {**payload, "choices": choices[:-1]}
    elif fault is Fault.MORE:
        payload = {**payload, "choices": [*choices, {**choices[-1], "index": len(choices)}]}
    elif fault is Fault.NULL:
        payload = {**payload, "choices": [_silent(choice) for choice in choices]}
    body = json.dumps(payload).encode()
    return body[: len(body) // 2] if fault is Fault.TRUNCATED else body


def _silent(choice: dict[str, Any]) -> dict[str, Any]:
    if "message" in choice:
        return {**choice, "message": {**choice["message"], "content": None}}
    return {**choice, "text": None}


async def send(request: web.Request, response: web.Response) -> None:
    """Send a reply to its end.

    Raises
    ------
    ConnectionError
        If the client has gone.
    """
    await response.prepare(request)
    await response.write_eof()
    if request.transport is None or request.transport.is_closing():
        raise ConnectionResetError


async def dribbled(
    request: web.Request, body: bytes, seconds: float
) -> tuple[web.StreamResponse, bytes]:
    """Send a body little by little, and return the last part, which is still to be sent."""
    response = await _begun(request, body)
    *parts, last = _parts(body)
    for part in parts:
        await response.write(part)
        await asyncio.sleep(seconds / len(parts))
    return response, last


async def broken(request: web.Request, body: bytes) -> web.StreamResponse:
    """Send half a body and reset the connection."""
    response = await _begun(request, body)
    await response.write(body[: len(body) // 2])
    # What is reset at once may never leave this machine.
    await asyncio.sleep(0.01)
    return reset(request, response)


def reset(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Reset the connection as a crash would, not by a proper end."""
    transport = request.transport
    if transport is not None:
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    return response


async def _begun(request: web.Request, body: bytes) -> web.StreamResponse:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    return response


def _parts(body: bytes) -> Iterable[bytes]:
    step = max(1, ceil(len(body) / _DRIBBLES))
    return (body[i : i + step] for i in range(0, len(body), step))
