"""The server that other tests ask: how it goes wrong, and what it counts."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_server.faults import REFUSALS, Chooser, Fault, Faults
from tests.support.fake_server.server import Server, identity_of, serving
from tests.support.simulated import OPINION, after, persona

COMPLETION = {"model": "toy", "prompt": after(persona(3), OPINION), "max_tokens": 32}


def sent(url: str, body: dict[str, Any] = COMPLETION, timeout: float = 5) -> tuple[int, Any, str]:
    """Return the status, the headers and the text of one reply."""

    async def within() -> tuple[int, Any, str]:
        limit = aiohttp.ClientTimeout(total=timeout)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(f"{url}/completions", json=body) as reply,
        ):
            return reply.status, reply.headers, await reply.text()

    return asyncio.run(within())


@pytest.fixture(scope="module")
def nasty() -> Iterator[Server]:
    with serving() as server:
        yield server


def only(nasty: Server, fault: Fault, **further: Any) -> None:
    nasty.misbehave(Faults(script=(fault,), **further))


@pytest.mark.parametrize("fault", REFUSALS)
def test_errors_have_their_status(nasty: Server, fault: Fault) -> None:
    only(nasty, fault)
    status, headers, text = sent(nasty.url)
    assert status == REFUSALS[fault][0]
    assert json.loads(text)["error"]["message"] == REFUSALS[fault][1]
    assert ("Retry-After" in headers) == (fault in (Fault.RATE_SECONDS, Fault.RATE_DATE))


@given(st.integers(0, 5), st.permutations(list("abcdefgh") * 3))
def test_faults_do_not_depend_on_order(seed: int, order: list[str]) -> None:
    def chosen(requests: list[str]) -> dict[str, list[Fault | None]]:
        chooser = Chooser(Faults(share=0.5, seed=seed))
        found: dict[str, list[Fault | None]] = {}
        for request in requests:
            found.setdefault(request, []).append(chooser.choose(request))
        return found

    assert chosen(order) == chosen(sorted(order))


def test_only_successful_replies_count_as_answered() -> None:
    bad = (Fault.ERROR, Fault.TRUNCATED, Fault.FEWER, Fault.NULL)
    with serving(faults=Faults(script=(*bad, None, None))) as server:
        for _ in range(len(bad) + 2):
            sent(server.url)
        counts, identity = server.counts, identity_of(COMPLETION)
        assert counts.requests == {identity: 6}
        assert counts.answered == {identity: 2}
        assert counts.again == 1
        assert counts.faults == dict.fromkeys(bad, 1)
