"""Which requests are sent again, and when an endpoint is given up."""

import asyncio
import itertools

import pytest

from anthology.errors import EndpointError, ModelError, TransientError
from tests.support.virtual_time import Server, broken, ends, now, overloaded, refused, virtual

_BAD_KEY = "401: wrong key"


# A overloaded server


@virtual
async def test_a_named_time_pauses_the_whole_endpoint() -> None:
    server = Server(max_concurrency=4)
    early = asyncio.gather(server.ask("a", overloaded(retry_after=20)), server.ask_all(6))
    await asyncio.sleep(5)
    await asyncio.gather(early, server.ask("late"))
    assert server.times[:4] == [0] * 4
    assert min(server.times[4:]) == pytest.approx(21)


@virtual
async def test_the_latest_of_several_named_times_counts() -> None:
    server = Server(max_concurrency=4)
    await ends(*(server.ask(str(seconds), overloaded(seconds)) for seconds in (5, 50, 20)))
    assert min(server.times[3:]) == pytest.approx(51)


@virtual
async def test_a_request_told_when_to_come_back_rests_no_longer() -> None:
    server = Server(seconds=0)
    await server.ask("a", *[overloaded(retry_after=1)] * 5)
    assert server.times == pytest.approx([0, 1, 2, 3, 4, 5])


@virtual
async def test_a_slot_handed_out_just_before_a_pause_is_not_used_in_it() -> None:
    server = Server(max_concurrency=2)
    await ends(server.ask("answered"), server.ask("a", overloaded(20)), server.ask("waiting"))
    assert server.names[2:] == ["a", "waiting"]
    assert server.times[2:] == pytest.approx([21, 22])


@virtual
async def test_a_pause_longer_than_the_patience_gives_the_endpoint_up() -> None:
    server = Server(max_concurrency=1, give_up_after=100)
    errors = await server.ask_all(3, overloaded(retry_after=101))
    assert len(server.sent) == 1
    for error in errors:
        assert isinstance(error, EndpointError)
        assert "wait for 101 s, longer than the endpoint's give_up_after of 100 s" in str(error)
        assert "429: too many" in str(error)


@virtual
async def test_a_pause_as_long_as_the_patience_is_kept() -> None:
    server = Server(give_up_after=100)
    assert await server.ask("a", overloaded(retry_after=100)) == "a"
    assert server.times == pytest.approx([0, 101])


@virtual
async def test_without_a_named_time_only_the_crowded_request_rests() -> None:
    server = Server(max_concurrency=2)
    await ends(server.ask("a", overloaded()), server.ask("b"), server.ask("c"))
    assert (1, "c") in server.sent
    assert (2, "a") in server.sent


@virtual
@pytest.mark.parametrize("trouble", [overloaded(), overloaded(retry_after=0), broken()])
async def test_rests_double_up_to_half_a_minute(trouble: TransientError) -> None:
    server = Server(seconds=0)
    await server.ask("a", *[trouble] * 8)
    rests = [later - time for time, later in itertools.pairwise(server.times)]
    assert rests == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])


@virtual
@pytest.mark.parametrize(("jitter", "times"), [(0.0, [0, 0, 0]), (0.25, [0, 0.25, 0.75])])
async def test_rests_are_anything_from_nothing_to_full(jitter: float, times: list[float]) -> None:
    server = Server(seconds=0, jitter=jitter)
    await server.ask("a", broken(), broken())
    assert server.times == pytest.approx(times)


@virtual
@pytest.mark.parametrize("trouble", [overloaded(), overloaded(retry_after=1), broken()])
async def test_a_request_that_rests_holds_no_slot(trouble: TransientError) -> None:
    server = Server(max_concurrency=1)
    resting = asyncio.create_task(server.ask("a", trouble))
    await asyncio.sleep(1.5)
    assert server.limiter.in_use == 0
    await resting


# Retries


@virtual
async def test_a_request_is_sent_again_until_it_is_answered() -> None:
    assert await Server(retries=3).ask("a", broken(), broken(), broken()) == "a"


@virtual
@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_a_request_that_fails_too_often_fails_for_good(retries: int) -> None:
    server = Server(retries=retries)
    [error] = await server.ask_all(1, *[TransientError("hung up")] * retries, broken(), None)
    assert type(error) is ModelError
    assert len(server.sent) == retries + 1
    assert str(error) == (
        f"http://there: no answer in {f'{retries + 1} tries' if retries else 'one try'}; "
        "the last reason: 500: out of order"
    )


@virtual
async def test_crowded_answers_do_not_count_as_failures() -> None:
    many = [overloaded(), overloaded(retry_after=1)] * 5
    assert await Server(retries=1).ask("a", *many, broken(), *many) == "a"


@virtual
async def test_one_request_that_fails_for_good_disturbs_no_other() -> None:
    server = Server(retries=1)
    ended = await ends(server.ask("bad", broken(), broken()), server.ask("a"), server.ask("b"))
    assert ended[1:] == ["a", "b"]


@virtual
async def test_every_further_sending_is_counted_and_nothing_else() -> None:
    server = Server(retries=1)
    await ends(
        server.ask("a", broken(), overloaded(), overloaded(retry_after=2)),
        server.ask("b"),
        server.ask("c", broken(), broken()),
        server.ask("d", refused()),
    )
    assert server.meter.retries == 4


# Patience


@virtual
async def test_an_endpoint_that_answers_nothing_is_given_up_with_time_and_reason() -> None:
    server = Server(seconds=0, give_up_after=100)
    [error] = await server.ask_all(1, *[overloaded()] * 100)
    sent = len(server.sent)
    assert isinstance(error, EndpointError)
    assert 100 <= now() <= 130
    assert f"nothing was answered for {now():.0f} s; the last reason: 429: too many" in str(error)
    assert "`give_up_after` of 100 s" in str(error)
    assert await server.ask_all(3) == [error] * 3
    assert len(server.sent) == sent


@virtual
async def test_patience_counts_from_the_last_answer_to_anyone() -> None:
    server = Server(seconds=0, give_up_after=100)
    starved = asyncio.create_task(server.ask("a", *[overloaded()] * 100))
    for _ in range(5):
        await asyncio.sleep(90)
        await server.ask("b")
    with pytest.raises(EndpointError):
        await starved
    assert 550 <= now() <= 580


@virtual
async def test_a_refusal_shows_that_the_endpoint_lives() -> None:
    server = Server(seconds=0, give_up_after=100)
    starved = asyncio.create_task(server.ask("a", *[overloaded()] * 10))
    for _ in range(4):
        await asyncio.sleep(60)
        await server.ask_all(1, refused())
    assert await starved == "a"


@virtual
async def test_an_endpoint_that_was_asked_nothing_for_long_is_not_given_up() -> None:
    server = Server(give_up_after=100)
    await server.ask("a")
    await asyncio.sleep(10_000)
    assert await server.ask("b", broken()) == "b"


# Endpoints that are of no use


@virtual
async def test_an_unusable_endpoint_is_asked_nothing_more() -> None:
    server = Server(max_concurrency=1)
    bad_key = EndpointError(_BAD_KEY)
    assert await server.ask_all(50, bad_key) == [bad_key] * 50
    assert server.sent == [(0, "0")]
    assert await server.ask_all(50) == [bad_key] * 50
    assert now() == 1
    assert server.limiter.in_use == 0


@virtual
async def test_requests_in_flight_at_an_unusable_endpoint_finish() -> None:
    server = Server()
    bad = server.ask("a", EndpointError(_BAD_KEY))
    assert (await ends(bad, server.ask("b", seconds=5)))[1] == "b"


@virtual
async def test_requests_in_flight_that_fail_at_an_unusable_endpoint_are_not_sent_again() -> None:
    server = Server()
    bad_key = EndpointError(_BAD_KEY)
    ended = await ends(server.ask("a", bad_key), server.ask("b", broken(), seconds=5))
    assert ended == [bad_key] * 2
    assert server.names == ["a", "b"]
    assert now() == 5


@virtual
@pytest.mark.parametrize("trouble", [broken(), overloaded(), overloaded(retry_after=500)])
async def test_requests_that_rest_hear_at_once_that_it_is_unusable(trouble: TransientError) -> None:
    server = Server()
    bad_key = EndpointError(_BAD_KEY)
    bad = server.ask("b", bad_key, seconds=0.5)
    assert await ends(server.ask("a", trouble, seconds=0), bad) == [bad_key] * 2
    assert now() == 0.5


@virtual
async def test_a_slot_handed_out_just_before_the_endpoint_is_given_up_is_not_used() -> None:
    server = Server(max_concurrency=2)
    bad = server.ask("bad", EndpointError(_BAD_KEY))
    await ends(server.ask("answered"), bad, server.ask("waiting"))
    assert server.names == ["answered", "bad"]
    assert server.limiter.in_use == 0


@virtual
async def test_an_error_told_to_many_does_not_grow() -> None:
    server = Server()
    bad_key = EndpointError(_BAD_KEY)
    await server.ask_all(1, bad_key)
    await server.ask_all(50)
    frames, trace = 0, bad_key.__traceback__
    while trace:
        frames, trace = frames + 1, trace.tb_next
    assert 0 < frames < 10


# Refused requests


@virtual
async def test_a_refused_request_is_not_sent_again_and_lowers_no_limit() -> None:
    server = Server()
    refusal = refused()
    assert await server.ask_all(1, refusal) == [refusal]
    assert len(server.sent) == 1
    assert server.limiter.limit == 16


@virtual
async def test_an_endpoint_that_refuses_the_first_twenty_requests_is_given_up() -> None:
    server = Server(max_concurrency=1)
    errors = await server.ask_all(100, refused())
    assert len(server.sent) == 20
    assert [type(error) for error in errors] == [ModelError] * 20 + [EndpointError] * 80
    assert str(errors[20]) == (
        "http://there: the first 20 requests were all refused: 400: no such thing\n  Drop it."
    )


@virtual
async def test_an_endpoint_that_ever_answered_may_refuse_any_number() -> None:
    server = Server(max_concurrency=1)
    await server.ask_all(19, refused())
    await server.ask("b")
    await server.ask_all(100, refused())
    assert len(server.sent) == 120
