"""How many requests a second get through, from an interview to a server and back.

`python -m benchmarks.asking [--quick]` measures this alone. Every measurement has a process of its
own, and so has the server, which always says the same. The ways of asking take turns, so that what
else the machine does meets all of them.
"""

import argparse
import asyncio
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import aiohttp
import orjson

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.interview import survey_interview
from anthology.models.base import Request
from anthology.models.session import ModelSession
from anthology.models.usage import Usage
from anthology.providers.http.openai_format import completion_body
from anthology.providers.openai import open_model
from anthology.stages import responses
from benchmarks.rows import Limit, Pace, limits, paces
from benchmarks.survey import MODEL, Inputs
from tests.support.fake_server.server import apart
from tests.support.scripted_model import Scripted, ScriptedFieldwork

T = TypeVar("T")
R = TypeVar("R")
Ask = Callable[[T], Awaitable[object]]
Fields = dict[str, Any]

PEOPLE, STORY, RECORDED = 2_500, 2_150, 2_000
DELAYS, IN_FLIGHT, SECONDS = (0.0, 0.05), (32, 256, 1000), 1.2
ROUNDS, QUICK_ROUNDS = 3, 2
_LONGEST_WARMING = 8.0  # Seconds; the openai package takes 4 to open 1,000 connections.
_TARGET, _NEAR = 2.0, 0.9
MANY, _MOST = 10_000, 500
"""Personas that are queued, and megabytes: 200 for Python and its libraries; 2.5 kB of each persona
twice, in the table and in turns; 2 kB for what else is known of a persona, 10 for its 8 responses,
their rows and their places in the journal; 1 MB for each 64 requests in flight. That makes 375, and
a third more is allowed for."""
WAYS = {
    "aiohttp": "bare aiohttp",
    "sdk": "AsyncOpenAI as it comes",
    "transport": "AsyncOpenAI with DefaultAioHttpClient",
    "provider": "our provider alone",
    "path": "our whole path",
}
_PAIR = "our whole path, two processes"
_IDENTITY = ModelIdentity(name=MODEL, provider="openai", api="completions", model="toy")


def measure(*, quick: bool = False) -> list[Pace]:
    """Ask in all ways, at several delays and numbers in flight, or in the quick run at one."""
    found: list[Pace] = []
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Inputs(Path(scratch))
        inputs.make(PEOPLE, STORY)
        _record(inputs)
        for delay in DELAYS[-1:] if quick else DELAYS:
            with apart("stub", "--delay", str(delay)) as server:
                for max_concurrency in IN_FLIGHT[1:2] if quick else IN_FLIGHT:
                    inputs.declare(server.url, max_concurrency)
                    what = f"after {1000 * delay:.0f} ms" if delay else "at once"
                    rounds = QUICK_ROUNDS if quick else ROUNDS
                    found += _compared(inputs, server.url, max_concurrency, what, rounds)
    return found


def memory() -> list[Limit]:
    """Have many personas take the survey, and look how much memory their process needs."""
    with tempfile.TemporaryDirectory() as scratch, apart("stub") as server:
        inputs = Inputs(Path(scratch))
        inputs.make(MANY)
        inputs.declare(server.url, IN_FLIGHT[1])
        (peak,) = _apart(inputs, server.url, IN_FLIGHT[1], ["memory"])
    what = f"asking {MANY:,} personas of 2.5 kB, {IN_FLIGHT[1]} in flight: memory"
    return [Limit(what, peak, _MOST, "MB")]


def _compared(inputs: Inputs, url: str, max_concurrency: int, what: str, rounds: int) -> list[Pace]:
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in (*WAYS.values(), _PAIR)}
    for _ in range(rounds):
        for way, name in WAYS.items():
            measured[name] += _apart(inputs, url, max_concurrency, [way])
        one, two = _apart(inputs, url, max_concurrency, ["path", "path"])
        measured[_PAIR].append((one[0] + two[0], (one[1] + two[1]) / 2))
    paces = {name: median(pace for pace, _ in found) for name, found in measured.items()}
    bare, plain = paces[WAYS["aiohttp"]], paces[WAYS["sdk"]]
    # Where all wait for the server, the fastest client is not twice as fast as the slowest.
    least = min(_TARGET, _NEAR * bare / plain)
    return [
        Pace(
            f"{what}, {max_concurrency:,} in flight: {name}",
            paces[name],
            median(busy for _, busy in found),
            bare=bare,
            plain=plain,
            least=least if name == WAYS["path"] else None,
        )
        for name, found in measured.items()
    ]


def _apart(inputs: Inputs, url: str, max_concurrency: int, ways: list[str]) -> list[Any]:
    """Ask in some ways at the same time; return requests/s and microseconds for each."""
    command = [sys.executable, "-m", "benchmarks.asking", "--folder", str(inputs.folder)]
    command += ["--url", url, "--max-concurrency", str(max_concurrency), "--way"]
    running = [subprocess.Popen([*command, way], stdout=subprocess.PIPE, text=True) for way in ways]
    return [json.loads(process.communicate()[0]) for process in running]


async def _watch(max_concurrency: int, answered: Callable[[], int]) -> None:
    """Count what is answered in a while, once connections are open; then end the process."""
    started = time.perf_counter()
    while answered() < 2 * max_concurrency and time.perf_counter() - started < _LONGEST_WARMING:
        await asyncio.sleep(0.01)
    before = answered(), time.perf_counter(), time.process_time()
    await asyncio.sleep(SECONDS)
    after = answered(), time.perf_counter(), time.process_time()
    requests, seconds, busy = (b - a for a, b in zip(before, after, strict=True))
    print(json.dumps([requests / seconds, 1e6 * busy / max(1, requests)]), flush=True)
    os._exit(0)


class _Watched(ModelSession):
    """ModelSession whose requests are counted."""

    def __init__(self, inputs: Inputs, journal: Path, max_concurrency: int) -> None:
        super().__init__(models=inputs.models, journal=journal, max_concurrency=max_concurrency)
        self._many = max_concurrency
        self._watching: asyncio.Task[None] | None = None

    def run(
        self,
        do: Callable[[T], Awaitable[R]],
        things: Iterable[T],
        keep: Callable[[T, R], None],
        *,
        total: int,
        label: str,
        name: Callable[[T], str] = str,
    ) -> None:
        async def watched(thing: T) -> R:
            if self._watching is None:
                watch = _watch(self._many, lambda: self._meter.total().requests)
                self._watching = asyncio.create_task(watch)
            return await do(thing)

        super().run(watched, things, keep, total=total, label=label, name=name)


def _survey(inputs: Inputs, session: ModelSession, *, series: bool = False) -> None:
    """Have all people take the survey, each item by itself unless they are one series."""
    settings = inputs.settings("responses", survey_interview.Settings)
    with redirect_stderr(StringIO()):
        responses.run(
            settings.model_copy(update={"series": series}),
            personas=inputs.personas,
            codebook=inputs.codebook,
            output=inputs.folder / f"{os.getpid()}.parquet",
            session=session,
        )


def _record(inputs: Inputs) -> None:
    """Keep the requests of our whole path, so that the other ways send the same."""
    model = Scripted(lambda _: [" (A)"])
    _survey(inputs, ScriptedFieldwork(model))
    _recorded(inputs).write_bytes(pickle.dumps(model.requests[:RECORDED]))


def _recorded(inputs: Inputs) -> Path:
    return inputs.folder / "requests.pickle"


async def _keep_asking(max_concurrency: int, requests: Sequence[T], ask: Ask[T]) -> None:
    """Ask without end, so many at a time, and count."""
    left, answered = cycle(requests), 0

    async def work() -> None:
        nonlocal answered
        for request in left:
            await ask(request)
            answered += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(max_concurrency):
            group.create_task(work())
        await _watch(max_concurrency, lambda: answered)


async def _bare(requests: Sequence[Request], endpoint: Endpoint) -> None:
    headers = {"Authorization": "Bearer none", "Content-Type": "application/json"}
    url = f"{endpoint.base_url}/completions"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def ask(fields: Fields) -> None:
            async with session.post(url, data=orjson.dumps(fields)) as response:
                orjson.loads(await response.read())

        await _keep_asking(endpoint.max_concurrency, _bodies(requests, endpoint), ask)


async def _plain(requests: Sequence[Request], endpoint: Endpoint, *, transport: bool) -> None:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async with AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key="none",
        http_client=DefaultAioHttpClient() if transport else None,
    ) as client:

        async def ask(fields: Fields) -> None:
            await client.completions.create(**fields)

        await _keep_asking(endpoint.max_concurrency, _bodies(requests, endpoint), ask)


async def _provider(requests: Sequence[Request], endpoint: Endpoint) -> None:
    model = open_model(_IDENTITY, endpoint, Usage())
    await model.open()
    await _keep_asking(endpoint.max_concurrency, requests, model.sample)


def _bodies(requests: Sequence[Request], endpoint: Endpoint) -> list[Fields]:
    return [completion_body(request, _IDENTITY, endpoint, "toy") for request in requests]


def _ask(inputs: Inputs, way: str, endpoint: Endpoint) -> None:
    """Ask in one way until the process ends."""
    if way == "path":
        with tempfile.TemporaryDirectory(dir=inputs.folder) as journal:
            _survey(inputs, _Watched(inputs, Path(journal), endpoint.max_concurrency))
        raise SystemExit("all people were asked before the time was over")
    if way == "memory":
        session = ModelSession(
            models=inputs.models, journal=inputs.journal, max_concurrency=endpoint.max_concurrency
        )
        _survey(inputs, session, series=True)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        return
    requests = pickle.loads(_recorded(inputs).read_bytes())
    asking = {
        "aiohttp": partial(_bare, requests, endpoint),
        "sdk": partial(_plain, requests, endpoint, transport=False),
        "transport": partial(_plain, requests, endpoint, transport=True),
        "provider": partial(_provider, requests, endpoint),
    }
    asyncio.run(asking[way]())


def main() -> None:
    """Measure and print, or, in a process of its own, ask in one way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asking", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--way", choices=[*WAYS, "memory"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--max-concurrency", type=int)
    said = parser.parse_args()
    if said.way:
        endpoint = Endpoint(base_url=said.url, max_concurrency=said.max_concurrency)
        _ask(Inputs(said.folder), said.way, endpoint)
        return
    if not said.quick:
        print(limits(memory()))
    print(paces(measure(quick=said.quick)))


if __name__ == "__main__":
    main()
