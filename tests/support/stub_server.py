"""A server for benchmarks that gives every request one fixed reply after a fixed delay.

It reads no more of a request than it must to find its end, so that it takes as little as it can
of what is measured.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)")
_BACKLOG = 4096


def _page(payload: dict[str, Any]) -> bytes:
    body = json.dumps(payload).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _reply(name: str, kind: str, said: dict[str, Any], draws: int) -> bytes:
    choices = [
        {"index": i, **said, "logprobs": None, "finish_reason": "stop"} for i in range(draws)
    ]
    usage = {"prompt_tokens": 600, "completion_tokens": 3, "total_tokens": 603}
    shell = {"id": name, "object": kind, "created": 1_700_000_000, "model": "toy"}
    return _page({**shell, "choices": choices, "usage": usage})


class Stub:
    """The replies, and those that are due later.

    Parameters
    ----------
    delay
        Seconds from a request's end to its reply.
    draws
        How many answers a reply has.
    """

    def __init__(self, delay: float, draws: int = 1) -> None:
        message = {"role": "assistant", "content": "(A)", "refusal": None}
        self._text = _reply("cmpl-0", "text_completion", {"text": " (A)"}, draws)
        self._chat = _reply("chatcmpl-0", "chat.completion", {"message": message}, draws)
        model = {"id": "toy", "object": "model", "created": 0, "owned_by": "tests"}
        self._models = _page({"object": "list", "data": [model]})
        self._delay = delay
        self._due: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self._loop = asyncio.get_running_loop()

    def answer(self, transport: asyncio.Transport, head: bytes) -> None:
        """Answer the request that begins so, now or later."""
        if head.startswith(b"GET"):
            transport.write(self._models)
            return
        reply = self._chat if head.startswith(b"POST /v1/chat") else self._text
        if not self._delay:
            transport.write(reply)
            return
        # All wait equally long, so one timer for the first in line is enough.
        if not self._due:
            self._loop.call_later(self._delay, self._pay)
        self._due.append((self._loop.time() + self._delay, transport, reply))

    def _pay(self) -> None:
        due, now = self._due, self._loop.time()
        while due and due[0][0] <= now:
            _, transport, reply = due.popleft()
            transport.write(reply)
        if due:
            self._loop.call_at(due[0][0], self._pay)


class _Connection(asyncio.Protocol):
    def __init__(self, stub: Stub) -> None:
        self._stub, self._held = stub, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(data) < end:
                break
            self._stub.answer(self._transport, data[:16])
            data = data[end:]
        self._held = data


async def _run(port: int, delay: float, draws: int) -> None:
    stub, loop = Stub(delay, draws), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(stub), "127.0.0.1", port, backlog=_BACKLOG
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.serving stub", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before a reply")
    parser.add_argument("--draws", type=int, default=1, help="answers in a reply")
    said = parser.parse_args(arguments)
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if importlib.util.find_spec("uvloop"):
        factory = importlib.import_module("uvloop").new_event_loop
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_run(said.port, said.delay, said.draws))
