"""Running many interviews concurrently, with results kept in order."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from anthology.errors import AnthologyError, EndpointError, ModelError
from anthology.models.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
_SHOWN = 5
_AHEAD = 8
"""How many times as many things as are under way may be finished or begun before the oldest is."""


async def map_concurrently(
    do: Callable[[T], Awaitable[R]],
    things: Iterable[T],
    *,
    keep: Callable[[T, R], None],
    max_concurrency: int,
    progress: Progress,
    name: Callable[[T], str] = str,
) -> None:
    """Do the same with each of many things, a limited number at a time.

    Parameters
    ----------
    do
        What to do with one thing.
    things
        In the order in which they are started; each is taken when its turn comes.
    keep
        Given each thing with its result, in the order of the things. What is finished early
        waits for those before it, and not more than some times `max_concurrency` of them do.
    max_concurrency
        How many are under way at the same time.
    progress
        Told of each thing that is finished.
    name
        What to call a thing that failed.

    Raises
    ------
    AnthologyError
        If there is no use in going on, since a model cannot be asked at all or an answer
        cannot be kept: nothing further is started, and what is under way is finished.
    ModelError
        If any failed, after all others were done, with the first that failed; where there
        are more, all of them are listed on stderr.
    """
    failures: dict[int, str] = {}
    closed: list[AnthologyError] = []
    finished: dict[int, tuple[T, R] | None] = {}
    queue = enumerate(things)
    room = asyncio.Semaphore(_AHEAD * max_concurrency)
    kept = 0

    async def one(index: int, thing: T) -> tuple[T, R] | None:
        try:
            return thing, await do(thing)
        except ModelError as error:
            if isinstance(error, EndpointError):
                raise
            failures[index] = f"{name(thing)}: {error}"
            return None

    def hand_over() -> None:
        """Have everything kept that waits for nothing before it."""
        nonlocal kept
        while kept in finished:
            pair = finished.pop(kept)
            if pair is not None and not failures:
                keep(*pair)
            kept += 1
            room.release()

    async def work() -> None:
        while True:
            await room.acquire()
            try:
                turn = None if closed else next(queue, None)
                if turn is None:
                    break
                finished[turn[0]] = await one(*turn)
                hand_over()
            except AnthologyError as error:
                closed.append(error)
                break
            progress.step()
        room.release()  # For the next of those that wait, which finds nothing to do either.

    async with asyncio.TaskGroup() as group:
        for _ in range(max_concurrency):
            group.create_task(work())
    progress.close()
    if closed:
        raise closed[0]
    if failures:
        listed = [failures[index] for index in sorted(failures)]
        if len(listed) > _SHOWN:
            print("\n".join(["failed:", *listed]), file=sys.stderr)
        raise ModelError(
            f"{len(failures)} of {kept} failed: {'; '.join(listed[:_SHOWN])}"
            + ("; ..." if len(listed) > _SHOWN else ""),
            where=progress.label,
            hint="Everything else was answered and is kept; running again asks only for these.",
        )
