"""Many interviews at once, none waiting for another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from anthology.errors import ModelError
from anthology.progress import Progress

T = TypeVar("T")
R = TypeVar("R")
_SHOWN = 5


def run_all(
    do: Callable[[T], Awaitable[R]], things: Sequence[T], *, in_flight: int, label: str
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
    label
        What to call the work on the progress bar.

    Returns
    -------
    list
        The results in the order of the things.

    Raises
    ------
    ModelError
        If any failed, after all others were done, with a list of what failed.
    """
    return asyncio.run(_run_all(do, things, in_flight, label))


async def _run_all(
    do: Callable[[T], Awaitable[R]], things: Sequence[T], in_flight: int, label: str
) -> list[R]:
    results: dict[int, R] = {}
    failures: dict[int, ModelError] = {}
    queue = iter(enumerate(things))
    progress = Progress(label, len(things))

    async def work(queue: Iterable[tuple[int, T]]) -> None:
        for index, thing in queue:
            try:
                results[index] = await do(thing)
            except ModelError as error:
                failures[index] = error
            progress.step()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(in_flight, len(things))):
            group.create_task(work(queue))
    progress.close()
    if failures:
        first = [str(failures[index]) for index in sorted(failures)[:_SHOWN]]
        raise ModelError(
            f"{len(failures)} of {len(things)} failed: {'; '.join(first)}"
            + ("; ..." if len(failures) > _SHOWN else ""),
            where=label,
        )
    return [results[index] for index in range(len(things))]
