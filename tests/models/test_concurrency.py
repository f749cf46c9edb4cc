"""Many interviews at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from anthology.errors import EndpointError, ModelError
from anthology.models.concurrency import _AHEAD, map_concurrently
from anthology.models.progress import Progress
from anthology.models.usage import Usage

T = TypeVar("T")
R = TypeVar("R")


def hold(
    do: Callable[[T], Awaitable[R]],
    things: Sequence[T],
    *,
    max_concurrency: int,
    label: str = "work",
    meter: Usage | None = None,
) -> list[R]:
    progress = Progress(label, len(things), meter or Usage())
    kept: list[R] = []

    def keep(_: T, result: R) -> None:
        kept.append(result)

    asyncio.run(
        map_concurrently(do, things, keep=keep, max_concurrency=max_concurrency, progress=progress)
    )
    return kept


def test_results_keep_the_order_of_the_inputs() -> None:
    async def slow_for_small(number: int) -> int:
        await asyncio.sleep((10 - number) / 1000)
        return number * number

    done = hold(slow_for_small, range(10), max_concurrency=4)
    assert done == [number * number for number in range(10)]


def test_concurrency_stays_within_its_limit_without_batches() -> None:
    running, most, finished = 0, 0, []

    async def work(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05 if number == 0 else 0.001)
        finished.append(number)
        running -= 1

    hold(work, range(20), max_concurrency=3)
    assert most == 3
    assert finished[-1] == 0


def test_things_are_started_in_order() -> None:
    started: list[int] = []

    async def work(number: int) -> None:
        started.append(number)
        await asyncio.sleep(0)

    hold(work, range(50), max_concurrency=7)
    assert started == list(range(50))


def test_only_so_many_things_are_taken_while_the_oldest_is_under_way() -> None:
    taken, kept, meanwhile, max_concurrency = list[int](), list[int](), list[tuple[int, int]](), 3

    def things() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    async def work(number: int) -> int:
        # Far more turns than all others need, were they not held back.
        for _ in range(1 if number else 1000):
            await asyncio.sleep(0)
        if number == 0:
            meanwhile.append((len(taken), len(kept)))
        return number

    def keep(number: int, _: int) -> None:
        kept.append(number)

    progress = Progress("work", 100, Usage())
    asyncio.run(
        map_concurrently(
            work, things(), keep=keep, max_concurrency=max_concurrency, progress=progress
        )
    )
    assert meanwhile == [(_AHEAD * max_concurrency, 0)]
    assert kept == list(range(100))


def test_nothing_is_kept_after_a_failure() -> None:
    events: list[str] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        if number == 10:
            events.append("failed")
            raise ModelError("no answer")
        events.append("done")

    def keep(*_: object) -> None:
        events.append("kept")

    progress = Progress("work", 40, Usage())
    with pytest.raises(ModelError):
        asyncio.run(
            map_concurrently(work, range(40), keep=keep, max_concurrency=4, progress=progress)
        )
    failed = events.index("failed")
    assert "kept" in events[:failed]
    assert events[failed + 1 :].count("done") >= 29
    assert "kept" not in events[failed:]


def test_one_failure_does_not_affect_others_and_is_reported_at_the_end() -> None:
    done = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        if number % 4 == 1:
            raise ModelError(f"no answer to {number}")
        done.append(number)

    with pytest.raises(ModelError) as error:
        hold(work, range(40), max_concurrency=5)
    assert sorted(done) == [n for n in range(40) if n % 4 != 1]
    assert "10 of 40 failed" in str(error.value)
    assert "1: no answer to 1;" in str(error.value)
    assert "; ...\n  Everything else was answered" in str(error.value)


def test_programming_errors_are_raised() -> None:
    async def work(number: int) -> float:
        return 1 / number

    with pytest.raises(ExceptionGroup) as error:
        hold(work, [0], max_concurrency=1)
    assert error.group_contains(ZeroDivisionError)


def test_no_inputs_finish_at_once() -> None:
    async def work(number: int) -> int:
        return number

    assert hold(work, [], max_concurrency=5) == []


def test_a_log_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.models.progress._QUIET_SECONDS", 0.0)
    monkeypatch.setattr("anthology.models.progress._LINE_SECONDS", 0.0)

    async def work(number: int) -> int:
        return number

    hold(work, range(4), max_concurrency=1, label="stories")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("stories: 1 of 4 (25%), about ")
    assert len(lines) == 4


def test_the_log_lists_everything_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(number: int) -> None:
        raise ModelError(f"no answer to {number}")

    with pytest.raises(ModelError):
        hold(work, range(12), max_concurrency=3)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["failed:", *(f"{n}: no answer to {n}" for n in range(12))]


def test_a_model_that_cannot_be_asked_at_all_stops_the_work() -> None:
    started, finished = [], []

    async def work(number: int) -> None:
        started.append(number)
        await asyncio.sleep(0.001 * number)
        if number == 2:
            raise EndpointError("the key is wrong")
        await asyncio.sleep(0.02)
        finished.append(number)

    with pytest.raises(EndpointError, match="the key is wrong"):
        hold(work, range(1000), max_concurrency=4)
    assert len(started) < 10
    assert set(started) - set(finished) == {2}


def test_a_log_line_says_what_asking_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.models.progress._QUIET_SECONDS", 0.0)
    meter = Usage()

    async def work(_: int) -> None:
        meter.requests += 1
        meter.hits += 2
        meter.retries += 1
        meter.prompt_tokens += 1000
        meter.dollars += 1.5

    hold(work, range(2), max_concurrency=1, label="stories", meter=meter)
    line = capsys.readouterr().err.splitlines()[0]
    for said in ("requests/s", "tokens/s", "2 from the journal", "1 sent again", "$1.50"):
        assert said in line


def test_a_log_says_so_while_nothing_is_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.models.progress._QUIET_SECONDS", 0.0)
    progress = Progress("stories", 5, Usage(retries=3))
    progress.tick()
    progress.tick()
    said = capsys.readouterr().err
    assert said == "stories: 0 of 5 (0%), none finished yet; 3 sent again\n"
