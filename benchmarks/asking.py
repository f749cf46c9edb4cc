"""Processor time a request, and requests a second, from an interview to a server and back.

`python -m benchmarks.asking [--quick]` measures this alone. Every measurement has a process of its
own, and so has the server, which always gives the same reply. The ways of asking take turns, so
that whatever else the machine does slows all of them; results are medians of five such rounds.
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
from benchmarks.results import Result, table
from benchmarks.survey import MODEL, Inputs
from tests.support.fake_server.server import apart
from tests.support.scripted_model import ScriptedModel, ScriptedSession

T = TypeVar("T")
R = TypeVar("R")
Ask = Callable[[T], Awaitable[object]]
Fields = dict[str, Any]

PEOPLE, STORY, RECORDED = 2_500, 2_150, 2_000
ROUNDS, SECONDS = 5, 1.2
LOADS = ((0.05, 256), (0.0, 256), (0.05, 1_000))
"""Seconds until the server replies, and requests in flight; the first in the quick run too."""
_LONGEST_WARMING = 8.0  # Seconds; the openai package takes 4 to open 1,000 connections.
MANY, _MOST = 10_000, 500
"""Personas that are queued, and megabytes: 200 for Python and its libraries; 2.5 kB of each persona
twice, in the table and in turns; 2 kB for what else is known of a persona, 10 for its 8 responses,
their rows and their places in the journal; 1 MB for each 64 requests in flight. That makes 375, and
a third more is allowed for."""
AIOHTTP, SDK, PROVIDER, PATH = WAYS = ("bare aiohttp", "openai package", "provider", "whole path")
_IDENTITY = ModelIdentity(name=MODEL, provider="openai", api="completions", model="toy")


def measure(*, quick: bool = False) -> list[Result]:
    """Ask in all ways, under several loads, or in the quick run under one."""
    found: list[Result] = []
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Inputs(Path(scratch))
        inputs.make(PEOPLE, STORY)
        _record(inputs)
        for delay, in_flight in LOADS[: 1 if quick else None]:
            with apart("stub", "--delay", str(delay)) as server:
                inputs.declare(server.url, in_flight)
                load = f"{in_flight:,} in flight, replies after {1000 * delay:.0f} ms"
                found += _compare(inputs, server.url, in_flight, load)
    return found


def memory() -> list[Result]:
    """Have many personas take the survey, and look how much memory their process needs."""
    with tempfile.TemporaryDirectory() as scratch, apart("stub") as server:
        inputs = Inputs(Path(scratch))
        inputs.make(MANY)
        inputs.declare(server.url, LOADS[0][1])
        peak = _in_own_process(inputs, server.url, LOADS[0][1], "memory")
    what = f"{MANY:,} personas of 2.5 kB, {LOADS[0][1]} in flight: memory"
    return [Result(what, peak, "MB", at_most=_MOST)]


def _compare(inputs: Inputs, url: str, in_flight: int, load: str) -> list[Result]:
    rounds = [
        {way: _in_own_process(inputs, url, in_flight, way) for way in WAYS} for _ in range(ROUNDS)
    ]
    times = {way: [found[way][1] for found in rounds] for way in WAYS}
    rates = {way: [found[way][0] for found in rounds] for way in WAYS}

    def paired(measured: dict[str, list[float]], way: str, other: str) -> list[tuple[float, float]]:
        return list(zip(measured[way], measured[other], strict=True))

    provider = median(a / b for a, b in paired(times, PROVIDER, AIOHTTP))
    above = median(a - b for a, b in paired(times, PATH, PROVIDER))
    faster = median(a / b for a, b in paired(rates, PATH, SDK))
    return [
        *(
            Result(
                f"{load}: {way}",
                median(times[way]),
                "us CPU a request",
                note=f"{median(rates[way]):,.0f} requests a second",
            )
            for way in WAYS
        ),
        Result(f"{load}: provider, of bare aiohttp", provider, "times the CPU", at_most=1.4),
        Result(f"{load}: whole path, above the provider", above, "us CPU", at_most=100),
        Result(f"{load}: whole path, of the openai package", faster, "times the requests"),
    ]


def _in_own_process(inputs: Inputs, url: str, in_flight: int, way: str) -> Any:
    """Ask in one way; return requests a second and microseconds of processor time for each."""
    command = [sys.executable, "-m", "benchmarks.asking", "--folder", str(inputs.folder)]
    command += ["--url", url, "--max-concurrency", str(in_flight), "--way", way]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


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
                watch = _watch(self._many, lambda: self._usage.total().requests)
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
    model = ScriptedModel(lambda _: [" (A)"])
    _survey(inputs, ScriptedSession(model))
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


async def _sdk(requests: Sequence[Request], endpoint: Endpoint) -> None:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=endpoint.base_url, api_key="none") as client:

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
    if way == PATH:
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
    ask = {AIOHTTP: _bare, SDK: _sdk, PROVIDER: _provider}[way]
    asyncio.run(ask(requests, endpoint))


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
        print(table(memory()))
    print(table(measure(quick=said.quick)))


if __name__ == "__main__":
    main()
