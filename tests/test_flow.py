"""Many interviews at once."""

import asyncio

import pytest

from anthology.errors import ModelError
from anthology.flow import run_all


def test_results_stand_in_the_order_of_the_things() -> None:
    async def slow_for_small(number: int) -> int:
        await asyncio.sleep((10 - number) / 1000)
        return number * number

    done = run_all(slow_for_small, range(10), in_flight=4, label="squares")
    assert done == [number * number for number in range(10)]


def test_no_more_are_under_way_than_allowed_and_none_waits_for_its_neighbours() -> None:
    running, most, finished = 0, 0, []

    async def work(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05 if number == 0 else 0.001)
        finished.append(number)
        running -= 1

    run_all(work, range(20), in_flight=3, label="work")
    assert most == 3
    assert finished[-1] == 0


def test_things_are_started_in_order() -> None:
    started: list[int] = []

    async def work(number: int) -> None:
        started.append(number)
        await asyncio.sleep(0)

    run_all(work, range(50), in_flight=7, label="work")
    assert started == list(range(50))


def test_a_failure_spoils_no_neighbour_and_is_told_at_the_end() -> None:
    done = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        if number % 4 == 1:
            raise ModelError(f"no answer to {number}")
        done.append(number)

    with pytest.raises(ModelError) as error:
        run_all(work, range(40), in_flight=5, label="work")
    assert sorted(done) == [n for n in range(40) if n % 4 != 1]
    assert "10 of 40 failed" in str(error.value)
    assert "no answer to 1;" in str(error.value)
    assert str(error.value).endswith("...")


def test_a_mistake_in_the_code_is_not_swallowed() -> None:
    async def work(number: int) -> float:
        return 1 / number

    with pytest.raises(ExceptionGroup) as error:
        run_all(work, [0], in_flight=1, label="work")
    assert error.group_contains(ZeroDivisionError)


def test_nothing_to_do_is_done_at_once() -> None:
    async def work(number: int) -> int:
        return number

    assert run_all(work, [], in_flight=5, label="work") == []


def test_a_log_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.progress._QUIET_SECONDS", 0.0)
    monkeypatch.setattr("anthology.progress._LINE_SECONDS", 0.0)

    async def work(number: int) -> int:
        return number

    run_all(work, range(4), in_flight=1, label="stories")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("stories: 1 of 4 (25%), about ")
    assert len(lines) == 4
