"""Many interviews at once, none waiting for another."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from anthology.errors import AnthologyError, EndpointError, ModelError
from anthology.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
_SHOWN = 5


async def run_all(
    do: Callable[[T], Awaitable[R]],
    things: Sequence[T],
    *,
    in_flight: int,
    progress: Progress,
    name: Callable[[T], str] = str,
) -> list[R]:
    """Do the same with each of many things, a limited number at a time.

    Parameters
    ----------
    do
        What to do with one thing.
    things
        In the order in which they are started.
    in_flight
        How many are under way at the same time.
    progress
        Told of each thing that is finished.
    name
        What to call a thing that failed.

    Returns
    -------
    list
        The results in the order of the things.

    Raises
    ------
    AnthologyError
        If there is no use in going on, since a model cannot be asked at all or an answer
        cannot be kept: nothing further is started, and what is under way is finished.
    ModelError
        If any failed, after all others were done, with the first that failed; where there
        are more, all of them are listed on stderr.
    """
    results: dict[int, R] = {}
    failures: dict[int, ModelError] = {}
    closed: list[AnthologyError] = []
    queue = iter(enumerate(things))

    async def work(queue: Iterable[tuple[int, T]]) -> None:
        for index, thing in queue:
            if closed:
                return
            try:
                results[index] = await do(thing)
            except AnthologyError as error:
                if isinstance(error, EndpointError) or not isinstance(error, ModelError):
                    closed.append(error)
                    return
                failures[index] = error
            progress.step()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(in_flight, len(things))):
            group.create_task(work(queue))
    progress.close()
    if closed:
        raise closed[0]
    if failures:
        listed = [f"{name(things[index])}: {failures[index]}" for index in sorted(failures)]
        if len(listed) > _SHOWN:
            print("\n".join(["failed:", *listed]), file=sys.stderr)
        raise ModelError(
            f"{len(failures)} of {len(things)} failed: {'; '.join(listed[:_SHOWN])}"
            + ("; ..." if len(listed) > _SHOWN else ""),
            where=progress.label,
            hint="Everything else was answered and is kept; running again asks only for these.",
        )
    return [results[index] for index in range(len(things))]
