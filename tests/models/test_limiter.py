"""How many requests an endpoint gets at a time, and in which order."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import EndpointError, ModelError, TransientError
from tests.support.virtual_time import Server, broken, ends, now, overloaded, refused, virtual

# The limit


@virtual
async def test_it_starts_with_sixteen_at_a_time() -> None:
    assert await Server(max_concurrency=1000).busy_by_second(100, 1) == [16]


@virtual
async def test_it_starts_with_the_ceiling_where_that_is_lower() -> None:
    assert await Server(max_concurrency=5).busy_by_second(100, 1) == [5]


@virtual
async def test_the_limit_doubles_with_each_round_of_answers_until_the_first_trouble() -> None:
    assert await Server(max_concurrency=1000).busy_by_second(500, 4) == [16, 32, 64, 128]


@virtual
async def test_the_limit_grows_up_to_the_ceiling() -> None:
    server = Server(max_concurrency=40)
    await server.ask_all(500)
    assert server.busiest == server.limiter.limit == 40


@virtual
async def test_after_trouble_the_limit_grows_by_one_a_round_under_a_low_ceiling() -> None:
    server = Server(max_concurrency=32)
    await server.ask_all(1, overloaded())
    busy = await server.busy_by_second(100, 5)
    # A round falls a little short of one where the limit grows in its midst.
    assert busy == pytest.approx([8, 9, 10, 11, 12], abs=1)


@virtual
async def test_after_trouble_the_limit_is_back_in_a_few_rounds_whatever_the_ceiling() -> None:
    server = Server(max_concurrency=320)
    await server.ask_all(1500)
    assert server.limiter.limit == 320
    await server.ask_all(1, overloaded())
    busy = await server.busy_by_second(6000, 20)
    assert busy[0] == 160
    assert 14 <= busy.index(320) <= 18


@virtual
async def test_from_one_the_limit_does_no_more_than_double_in_a_round() -> None:
    server = Server(max_concurrency=1000, retries=6)
    await server.ask_all(1, *[broken()] * 7)
    assert await server.busy_by_second(200, 6) == [1, 2, 4, 8, 16, 32]


@virtual
@pytest.mark.parametrize("trouble", [overloaded(), overloaded(retry_after=3)])
async def test_the_limit_halves_when_the_server_has_too_much_to_do(trouble: TransientError) -> None:
    server = Server(max_concurrency=16)
    await server.ask("unlucky", trouble)
    assert server.limiter.limit == 8


@virtual
async def test_the_limit_halves_at_the_fourth_failure_in_a_row() -> None:
    server = Server(max_concurrency=16, retries=0)
    limits = []
    for _ in range(4):
        await server.ask_all(1, broken())
        limits.append(server.limiter.limit)
    assert limits == [16, 16, 16, 8]


@virtual
async def test_failures_that_are_rare_do_not_lower_the_limit() -> None:
    server = Server(max_concurrency=16, retries=0)
    for _ in range(50):
        await server.ask_all(1, broken())
        await server.ask_all(15)
    assert server.limiter.limit == 16


@virtual
async def test_failures_that_are_over_do_not_count_for_long() -> None:
    server = Server(max_concurrency=16, retries=0)
    await server.ask_all(200, broken())
    await server.ask_all(200)
    assert server.limiter.limit == 16
    await server.ask_all(1, broken())
    assert server.limiter.limit == 16


@virtual
async def test_crowded_answers_do_not_make_failures_count_as_frequent() -> None:
    server = Server(max_concurrency=2, retries=0)
    await server.ask("a", *[overloaded()] * 20)
    assert server.limiter.limit == 2
    await server.ask_all(1, broken())
    assert server.limiter.limit == 2


@pytest.mark.slow
@virtual
@pytest.mark.parametrize("failing", [0.01, 0.04])
async def test_failures_at_random_leave_most_of_the_ceiling_in_use(failing: float) -> None:
    server = Server(max_concurrency=1000, failing=failing)
    busy = await server.busy_by_second(17_000, 20)
    assert sum(busy) / len(busy) > 500


@virtual
async def test_a_server_that_fails_every_time_is_asked_one_thing_at_a_time() -> None:
    server = Server(max_concurrency=1000, retries=0)
    await server.ask_all(3000)
    assert server.limiter.limit == 1000
    server.failing = 1.0
    await server.ask_all(2500)
    assert server.limiter.limit == 1


@virtual
async def test_failures_of_requests_sent_before_the_limit_fell_do_not_halve_it_again() -> None:
    server = Server(max_concurrency=16, retries=0)
    await server.ask_all(16, broken())
    assert server.limiter.limit == 8


@virtual
async def test_answers_to_requests_sent_before_the_limit_fell_do_not_raise_it() -> None:
    server = Server(max_concurrency=32, retries=0)
    await ends(server.ask("unlucky", overloaded()), *(server.ask("lucky") for _ in range(15)))
    assert server.limiter.limit == 8


@virtual
async def test_the_limit_never_falls_below_one() -> None:
    server = Server(max_concurrency=16)
    await server.ask_all(1, *[overloaded()] * 12, refused())
    assert server.limiter.limit == 1


@virtual
async def test_a_limit_that_is_not_reached_does_not_grow() -> None:
    server = Server(max_concurrency=1000)
    for _ in range(20):
        await server.ask_all(15)
    assert server.limiter.limit == 16


@virtual
async def test_a_thousand_at_a_time_are_reached_within_a_fraction_of_a_second() -> None:
    server = Server(max_concurrency=1000, seconds=0.01)
    await server.ask_all(3000)
    assert server.busiest == 1000
    assert now() < 0.1


# The order


@virtual
async def test_requests_are_sent_in_the_order_in_which_they_asked() -> None:
    server = Server(max_concurrency=100, seconds=0)
    await server.ask_all(1000)
    assert server.names == [str(number) for number in range(1000)]


@virtual
async def test_a_request_that_asks_later_does_not_slip_ahead_of_one_about_to_be_sent() -> None:
    server = Server(max_concurrency=2)
    await server.ask_all(1, overloaded(), refused())
    assert server.limiter.limit == 1

    async def first() -> None:
        await server.ask("first")  # Its answer raises the limit: two slots are free, one waits.
        await server.ask("late")

    await asyncio.gather(first(), server.ask("waiting"))
    assert server.names[2:] == ["first", "waiting", "late"]


@virtual
async def test_a_request_sent_again_goes_ahead_of_new_ones() -> None:
    server = Server(max_concurrency=1)
    await ends(server.ask("a", overloaded(retry_after=5)), server.ask("b"), server.ask("c"))
    assert server.names == ["a", "a", "b", "c"]


@virtual
async def test_requests_sent_again_after_a_pause_keep_their_order() -> None:
    server = Server(max_concurrency=3)
    later = [(name, seconds) for name, seconds in zip("abc", (3, 2, 1), strict=True)]
    await ends(*(server.ask(name, overloaded(9), seconds=seconds) for name, seconds in later))
    assert server.names == ["a", "b", "c"] * 2


@virtual
async def test_the_order_holds_when_the_limit_falls_under_the_slots_handed_out() -> None:
    server = Server(max_concurrency=4, retries=0)
    await server.ask_all(3, broken())
    server.sent.clear()
    # Within one turn of the loop two slots go to requests that wait, and then the limit halves.
    script = [(1, None), (1 + 1e-12, None), (1 + 2e-12, broken()), (5, None), *[(1, None)] * 4]
    asked = (server.ask(str(n), end, seconds=time) for n, (time, end) in enumerate(script))
    await ends(*asked)
    assert server.times[4:6] == pytest.approx([2, 3])
    assert server.names == [str(number) for number in range(8)]
    assert not server.over_limit


# Cancelling


@virtual
async def test_a_cancelled_request_that_waited_loses_no_slot() -> None:
    server = Server(max_concurrency=1)
    first, second, third = (asyncio.create_task(server.ask(name)) for name in "abc")
    await asyncio.sleep(0.5)
    second.cancel()
    await asyncio.gather(first, third)
    assert second.cancelled()
    assert server.names == ["a", "c"]
    assert server.limiter.in_use == 0


@virtual
async def test_a_request_cancelled_just_after_it_got_a_slot_passes_it_on() -> None:
    server = Server(max_concurrency=1)
    waiting: list[asyncio.Task[str]] = []

    async def first() -> None:
        await server.ask("a")
        waiting[0].cancel()

    running = asyncio.create_task(first())
    await asyncio.sleep(0)
    waiting.extend(asyncio.create_task(server.ask(name)) for name in "bc")
    await asyncio.gather(running, waiting[1])
    assert waiting[0].cancelled()
    assert server.names == ["a", "c"]
    assert server.limiter.in_use == 0


@virtual
@pytest.mark.parametrize("seconds", [0.5, 1.5])
async def test_a_request_cancelled_in_flight_or_at_rest_loses_no_slot(seconds: float) -> None:
    server = Server(max_concurrency=1)
    task = asyncio.create_task(server.ask("a", broken()))
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    assert server.limiter.in_use == 0
    assert await server.ask("b") == "b"


@virtual
async def test_a_pause_ends_for_the_others_when_the_request_that_met_it_is_cancelled() -> None:
    server = Server(max_concurrency=1)
    first = asyncio.create_task(server.ask("a", overloaded(retry_after=20)))
    second = asyncio.create_task(server.ask("b"))
    await asyncio.sleep(5)
    first.cancel()
    await second
    assert server.sent == [(0, "a"), (pytest.approx(21), "b")]


@virtual
async def test_a_mistake_in_the_code_is_not_sent_again_and_loses_no_slot() -> None:
    server = Server(max_concurrency=1)
    assert [type(end) for end in await server.ask_all(3, KeyError())] == [KeyError] * 3
    assert len(server.sent) == 3
    assert server.limiter.in_use == 0


# Laws

_Outcome = Callable[[], Exception | None]
_Request = tuple[list[_Outcome], float, float, float | None]
_OUTCOMES: list[_Outcome] = [
    lambda: None,
    broken,
    overloaded,
    lambda: overloaded(retry_after=0.3),
    refused,
    lambda: EndpointError("401: wrong key"),
]
_REQUESTS: st.SearchStrategy[list[_Request]] = st.lists(
    st.tuples(
        st.lists(st.sampled_from(_OUTCOMES), max_size=4),
        st.sampled_from([0.0, 0.1, 0.1, 0.4]),  # How long an attempt takes.
        st.sampled_from([0.0, 0.0, 0.1, 0.7]),  # When it asks.
        st.sampled_from([None, None, None, 0.0, 0.1, 0.5]),  # When it is cancelled, after that.
    ),
    max_size=40,
)


@pytest.mark.slow
@given(_REQUESTS, st.integers(1, 20), st.integers(0, 2), st.sampled_from([2.0, 1000.0]))
@virtual
async def test_every_request_ends_once_within_the_limit_and_frees_its_slot(
    requests: Sequence[_Request], ceiling: int, retries: int, patience: float
) -> None:
    server = Server(jitter=0.5, max_concurrency=ceiling, retries=retries, give_up_after=patience)
    asked = []

    async def ask(number: int) -> str:
        outcomes, seconds, start, _ = requests[number]
        await asyncio.sleep(start)
        asked.append(str(number))
        return await server.ask(str(number), *(make() for make in outcomes), seconds=seconds)

    tasks = [asyncio.create_task(ask(number)) for number in range(len(requests))]
    for task, (_, _, start, cancelled) in zip(tasks, requests, strict=True):
        if cancelled is not None:
            asyncio.get_running_loop().call_later(start + cancelled, task.cancel)
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert not server.over_limit
    assert server.busiest <= ceiling
    assert 1 <= server.limiter.limit <= ceiling
    assert server.busy == server.limiter.in_use == 0
    for number, end in enumerate(ended):
        assert end == str(number) or isinstance(end, ModelError | asyncio.CancelledError)
        assert not isinstance(end, TransientError)
    sent_first = list(dict.fromkeys(server.names))
    assert sent_first == [name for name in asked if name in sent_first]
    assert server.meter.retries == len(server.sent) - len(sent_first)
