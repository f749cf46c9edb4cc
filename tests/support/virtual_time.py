"""A limited server in virtual time: waiting takes none, and waiting for ever is an error."""

import asyncio
import functools
import random
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from anthology.config.model import Endpoint
from anthology.errors import ModelError, TransientError
from anthology.models.limiter import Limiter
from anthology.models.usage import Usage

P = ParamSpec("P")
End = str | BaseException


class _Skipping(selectors.DefaultSelector):
    """Puts the clock forward instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "every task waits for another"
        self.now += timeout
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def virtual(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in virtual time, from 0 on."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


async def ends(*asked: Coroutine[Any, Any, str]) -> list[End]:
    """How each of several requests that ask at the same time ended."""
    return list(await asyncio.gather(*asked, return_exceptions=True))


class Server:
    """Takes some seconds for an attempt, then raises what its script says or answers.

    Beyond the script, attempts fail at random at the rate `failing`, which may be changed.
    `sent` has the time and name of every attempt.
    """

    def __init__(
        self,
        *,
        seconds: float = 1.0,
        jitter: float = 1.0,
        failing: float = 0.0,
        limiter: Limiter | None = None,
        **endpoint: float,
    ) -> None:
        self.meter, self.seconds, self.failing = Usage(), seconds, failing
        self._random = random.Random(0)
        self.limiter = limiter or Limiter(
            Endpoint.model_validate(endpoint), self.meter, clock=now, jitter=lambda: jitter
        )
        self.sent: list[tuple[float, str]] = []
        self.busy = self.busiest = 0
        self.over_limit = False

    async def ask(
        self, name: str, *outcomes: Exception | None, seconds: float | None = None
    ) -> str:
        script = iter(outcomes)

        async def attempt() -> str:
            self.sent.append((now(), name))
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            self.over_limit |= self.busy > min(self.limiter.limit, self.limiter.in_use)
            try:
                await asyncio.sleep(self.seconds if seconds is None else seconds)
            finally:
                self.busy -= 1
            if trouble := next(script, None):
                raise trouble
            if self._random.random() < self.failing:
                raise broken()
            return name

        return await self.limiter.call(attempt)

    async def ask_all(self, count: int, *outcomes: Exception | None) -> list[End]:
        return await ends(*(self.ask(str(number), *outcomes) for number in range(count)))

    async def busy_by_second(self, count: int, seconds: int) -> list[int]:
        """How many of so many requests were at the server in each of the first seconds."""
        asked = asyncio.create_task(self.ask_all(count))
        await asyncio.sleep(0.5)
        busy = []
        for _ in range(seconds):
            busy.append(self.busy)
            await asyncio.sleep(1)
        await asked
        return busy

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.sent]

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.sent]


def overloaded(retry_after: float | None = None) -> TransientError:
    return TransientError("429: too many", overloaded=True, retry_after=retry_after)


def broken() -> TransientError:
    return TransientError("500: out of order", where="http://there")


def refused() -> ModelError:
    return ModelError("400: no such thing", where="http://there", hint="Drop it.")
