"""The server that other tests ask: how it goes wrong, and what it counts."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_server.faults import PASSING, REFUSALS, Chooser, Fault, Faults
from tests.support.fake_server.requests import Serving
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


def test_a_crowded_server_says_until_when_to_wait(nasty: Server) -> None:
    only(nasty, Fault.RATE_DATE, retry_after=30)
    date = parsedate_to_datetime(sent(nasty.url)[1]["Retry-After"])
    assert 28 < (date - datetime.now(UTC)).total_seconds() <= 30


@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.RESET_AMID])
def test_connections_are_reset(nasty: Server, fault: Fault) -> None:
    only(nasty, fault)
    with pytest.raises((ConnectionResetError, aiohttp.ClientError)) as caught:
        sent(nasty.url)
    assert not isinstance(caught.value, aiohttp.ClientResponseError)
    assert isinstance(caught.value, aiohttp.ClientPayloadError) == (fault is Fault.RESET_AMID)


def test_a_hanging_request_is_answered_by_nobody(nasty: Server) -> None:
    only(nasty, Fault.HANG)
    with pytest.raises(TimeoutError):
        sent(nasty.url, timeout=0.1)
    for _ in range(100):
        if nasty.counts.under_way == 0:
            break
        time.sleep(0.01)
    assert nasty.counts.under_way == 0


def test_a_slow_body_comes_whole_and_late(nasty: Server) -> None:
    plain = sent(nasty.url)[2]
    only(nasty, Fault.DRIBBLE, slowly=0.2)
    start = time.monotonic()
    assert json.loads(sent(nasty.url)[2]) == json.loads(plain)
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("fault", [Fault.TRUNCATED, Fault.HTML])
def test_a_success_may_be_no_json(nasty: Server, fault: Fault) -> None:
    only(nasty, fault)
    status, headers, text = sent(nasty.url)
    assert status == 200
    assert ("html" in headers["Content-Type"]) == (fault is Fault.HTML)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(text)


@pytest.mark.parametrize(
    ("fault", "draws"), [(Fault.NO_CHOICES, 0), (Fault.FEWER, 2), (Fault.MORE, 4)]
)
def test_the_count_of_answers_may_be_wrong(nasty: Server, fault: Fault, draws: int) -> None:
    only(nasty, fault)
    assert len(json.loads(sent(nasty.url, COMPLETION | {"n": 3})[2])["choices"]) == draws


def test_a_text_may_be_null(nasty: Server) -> None:
    only(nasty, Fault.NULL)
    assert json.loads(sent(nasty.url)[2])["choices"][0]["text"] is None


@given(st.integers(0, 5), st.permutations(list("abcdefgh") * 3))
def test_what_goes_wrong_does_not_depend_on_order(seed: int, order: list[str]) -> None:
    def chosen(requests: list[str]) -> dict[str, list[Fault | None]]:
        chooser = Chooser(Faults(share=0.5, seed=seed))
        found: dict[str, list[Fault | None]] = {}
        for request in requests:
            found.setdefault(request, []).append(chooser.choose(request))
        return found

    assert chosen(order) == chosen(sorted(order))


def test_faults_come_as_often_as_asked_and_of_all_kinds() -> None:
    chooser = Chooser(Faults(share=0.3))
    found = [fault for i in range(3000) if (fault := chooser.choose(str(i)))]
    assert len(found) / 3000 == pytest.approx(0.3, abs=0.03)
    assert set(found) == set(PASSING)


def test_a_request_goes_wrong_no_more_often_than_it_may() -> None:
    chooser = Chooser(Faults(share=1, most=2))
    assert [chooser.choose("one") is not None for _ in range(4)] == [True, True, False, False]


def test_only_what_was_answered_well_counts_as_answered() -> None:
    bad = (Fault.ERROR, Fault.TRUNCATED, Fault.FEWER, Fault.NULL)
    with serving(faults=Faults(script=(*bad, None, None))) as server:
        for _ in range(len(bad) + 2):
            sent(server.url)
        counts, identity = server.counts, identity_of(COMPLETION)
        assert counts.requests == {identity: 6}
        assert counts.answered == {identity: 2}
        assert counts.again == 1
        assert counts.faults == dict.fromkeys(bad, 1)


def test_a_client_that_leaves_has_no_answer() -> None:
    with serving(Serving(latency=0.3)) as server:
        with pytest.raises(TimeoutError):
            sent(server.url, timeout=0.1)
        time.sleep(0.4)
        assert sum(server.counts.requests.values()) == 1
        assert not server.counts.answered
