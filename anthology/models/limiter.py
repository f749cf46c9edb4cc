"""Adaptive concurrency limit, rate-limit pauses and retries for one endpoint."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from typing import TypeVar

from anthology.config.model import Endpoint
from anthology.errors import EndpointError, ModelError, TransientError
from anthology.models.usage import Usage

T = TypeVar("T")
Turn = asyncio.Future[bool]
"""Whether a request that waited has got a slot; it has not where the endpoint was given up."""

# Few enough for a laptop's server, and six rounds of answers away from a thousand.
_FIRST_LIMIT = 16
# After trouble a round of answers adds this share of the ceiling, so that the way from half the
# ceiling back to it takes 16 rounds whatever the ceiling; one more at a time would take hundreds.
_STEP = 1 / 32
# Requests that fail at random fail no more seldom when fewer are sent, so that halving the limit
# for each would cost most of the speed for nothing. A server that breaks under its load fails
# more often than this share.
_OFTEN = 0.1
# The share is a mean over about a round of answers, since over fewer of them chance alone passes
# it now and then; and over no fewer than this, so that from nothing it takes four in a row.
_RECENT = 32
_FIRST_REST = 1.0  # Seconds; a server that only hiccuped is asked again soon.
_LONGEST_REST = 30.0  # Seconds; a server that is back is noticed within half a minute.
# One prompt may be too long, and so may a few; twenty of twenty refused is no chance.
_ALL_REFUSED = 20


class Limiter:
    """Sends the requests to one endpoint: as many at a time as it bears, again when they fail.

    The limit doubles with each round of answers until the first trouble, halves at
    each trouble, and then grows in even steps up to the endpoint's ceiling. Trouble is
    a server that says it has too much to do, or one that fails often. Requests are
    sent in the order in which they asked. It serves one event loop.

    Parameters
    ----------
    endpoint
        The ceiling, the number of retries and the patience.
    meter
        Where retries are counted.
    clock
        Tells the time, in seconds.
    sleep
        Waits for so many seconds.
    jitter
        Gives evenly spread numbers from 0 to 1, so that requests that failed
        together are not sent again together.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        meter: Usage,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint, self._meter = endpoint, meter
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._limit = min(_FIRST_LIMIT, endpoint.max_concurrency)
        self._exact_limit = float(self._limit)
        self._step = max(1.0, endpoint.max_concurrency * _STEP)
        self._decreases = 0
        self._failing = 0.0
        self._in_use = 0
        self._handed = 0  # Slots in use by requests that have not woken up to send yet.
        self._asked = 0
        self._under_way = 0
        self._new: deque[Turn] = deque()
        self._again: list[tuple[int, Turn]] = []
        self._pause: asyncio.Task[None] | None = None
        self._paused_until = 0.0
        self._rests: set[asyncio.Future[object]] = set()
        self._heard = 0.0
        self._refused = 0
        self._ever_answered = False
        self._given_up: EndpointError | None = None

    @property
    def limit(self) -> int:
        """How many requests may be at the endpoint at the same time now."""
        return self._limit

    @property
    def in_use(self) -> int:
        """How many requests are at the endpoint, or about to be sent to it."""
        return self._in_use

    async def call(self, send: Callable[[], Awaitable[T]], *, answers: bool = True) -> T:
        """Send a request when its turn comes, and again while it fails in ways that may pass.

        Parameters
        ----------
        send
            Makes one attempt. It raises TransientError for what may pass,
            EndpointError for what makes the endpoint unusable, and any other
            ModelError for what is wrong with this one request.
        answers
            Whether what it returns is a model's answer; a list of models, say, does not
            show that the server answers anything.

        Returns
        -------
        object
            What the attempt returned that succeeded.

        Raises
        ------
        EndpointError
            If the endpoint is of no use, or was found to be earlier: at once,
            without another attempt.
        ModelError
            If the request was refused, or failed more often than it may.
        """
        if self._given_up is not None:
            raise self._given_up.with_traceback(None)
        self._asked = ticket = self._asked + 1
        if not self._under_way:
            self._heard = self._clock()  # An endpoint that is asked nothing cannot answer.
        self._under_way += 1
        tried = failures = 0
        try:
            while True:
                if self._in_use < self._limit and not self._handed and self._pause is None:
                    self._in_use += 1
                else:
                    await self._turn(ticket, again=tried > 0)
                if tried:
                    self._meter.retries += 1
                tried += 1
                decreases = self._decreases
                try:
                    answer = await send()
                    self._succeeded(decreases)
                    self._ever_answered |= answers
                    return answer
                except TransientError as error:
                    failures += not error.overloaded
                    self._failed(decreases, error.overloaded)
                    rest = self._resting(error, tried, failures)
                except EndpointError as error:
                    self._give_up(error)
                    raise
                except ModelError as error:
                    self._refuse(error)
                    raise
                finally:
                    self._in_use -= 1
                    self._hand_out()
                if rest:
                    await self._rest(rest)
                if self._given_up is not None:
                    raise self._given_up.with_traceback(None)
        finally:
            self._under_way -= 1

    async def _turn(self, ticket: int, *, again: bool) -> None:
        """Wait for a slot, behind all that asked earlier."""
        while True:
            turn: Turn = asyncio.get_running_loop().create_future()
            if again:
                heappush(self._again, (ticket, turn))
            else:
                self._new.append(turn)
            self._hand_out()
            try:
                if turn.done():
                    await asyncio.sleep(0)  # Those who got theirs earlier have yet to wake up.
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled() and turn.result():
                    self._handed -= 1
                    self._in_use -= 1
                    self._hand_out()
                raise
            self._handed -= turn.result()
            if self._given_up is not None:
                self._in_use -= turn.result()
                raise self._given_up.with_traceback(None)
            # Others may have failed between the handing out of the slot and now.
            if self._pause is None and self._in_use - self._handed <= self._limit:
                return
            self._in_use -= 1
            again = True

    def _hand_out(self) -> None:
        """Give the free slots to those who wait."""
        while self._in_use < self._limit and self._pause is None:
            if self._again:
                _, turn = heappop(self._again)
            elif self._new:
                turn = self._new.popleft()
            else:
                return
            if not turn.done():  # Done here means that its request was cancelled.
                self._in_use += 1
                self._handed += 1
                turn.set_result(True)

    def _succeeded(self, decreases: int) -> None:
        """Note an answer to a request that was sent after so many decreases of the limit."""
        self._heard = self._clock()
        if self._failing:
            self._failing -= self._failing / max(_RECENT, self._limit)
        # What was sent before the limit last fell says nothing about how the server bears the
        # new one, and what does not fill the limit says nothing about a higher one.
        if (
            self._limit < self._endpoint.max_concurrency
            and self._in_use >= self._limit
            and decreases == self._decreases
        ):
            step = min(1.0, self._step / self._limit) if decreases else 1.0
            self._exact_limit += step
            self._limit = int(self._exact_limit)

    def _failed(self, decreases: int, overloaded: bool) -> None:
        """Halve the limit if this is trouble and the request was sent since it was last halved."""
        if not overloaded:
            self._failing += (1 - self._failing) / max(_RECENT, self._limit)
            if self._failing <= _OFTEN:
                return
        if decreases == self._decreases:
            self._decreases += 1
            self._limit = max(1, self._limit // 2)
            self._exact_limit = float(self._limit)

    def _resting(self, error: TransientError, tried: int, failures: int) -> float:
        """Return how many seconds a request that failed rests before it queues again.

        Raises
        ------
        EndpointError
            If the endpoint is given up.
        ModelError
            If the request failed by itself more often than it may.
        """
        if self._given_up is not None:
            raise self._given_up.with_traceback(None)
        patience = self._endpoint.give_up_after
        silence = self._clock() - self._heard
        if silence >= patience:
            raise self._give_up(
                EndpointError(
                    f"nothing was answered for {silence:.0f} s; the last reason: {error.what}",
                    where=error.where,
                    hint=error.hint
                    or "Run again when the server answers, or raise the endpoint's `give_up_after` "
                    f"of {patience:g} s.",
                )
            ) from error
        asked = error.retry_after or 0.0
        if asked > patience:
            raise self._give_up(
                EndpointError(
                    f"the server asks to wait for {asked:.0f} s, longer than the endpoint's "
                    f"give_up_after of {patience:g} s; its reason: {error.what}",
                    where=error.where,
                    hint=error.hint or "Run again later, or raise the endpoint's `give_up_after`.",
                )
            ) from error
        if asked > 0:
            self._paused_until = max(self._paused_until, self._clock() + asked)
            if self._pause is None:
                self._pause = asyncio.get_running_loop().create_task(self._wait_out())
        if failures > self._endpoint.retries:
            tries = f"{tried} tries" if tried > 1 else "one try"
            raise ModelError(
                f"no answer in {tries}; the last reason: {error.what}",
                where=error.where,
                hint=error.hint,
            ) from error
        if asked > 0:
            return 0.0  # It queues, and the pause holds the queue.
        return self._jitter() * min(_LONGEST_REST, _FIRST_REST * 2.0 ** min(tried - 1, 10))

    async def _wait_out(self) -> None:
        """Keep the whole endpoint waiting until the time that it named."""
        try:
            while (left := self._paused_until - self._clock()) > 0:
                await self._sleep(left)
        finally:
            self._pause = None
        self._hand_out()

    async def _rest(self, seconds: float) -> None:
        """Wait without a slot, no longer than the endpoint is of use."""
        rest = asyncio.ensure_future(self._sleep(seconds))
        self._rests.add(rest)
        try:
            await asyncio.wait([rest])
        finally:
            self._rests.discard(rest)
            rest.cancel()

    def _refuse(self, error: ModelError) -> None:
        """Note a refusal: the endpoint lives, but may be refusing everything."""
        self._heard = self._clock()
        self._refused += 1
        if self._refused >= _ALL_REFUSED and not self._ever_answered:
            self._give_up(
                EndpointError(
                    f"the first {_ALL_REFUSED} requests were all refused: {error.what}",
                    where=error.where,
                    hint=error.hint,
                )
            )

    def _give_up(self, error: EndpointError) -> EndpointError:
        """Have all that wait, rest or come later fail with this error, or with an earlier one."""
        if self._given_up is None:
            self._given_up = error
            for turn in (*self._new, *(turn for _, turn in self._again)):
                if not turn.done():
                    turn.set_result(False)
            self._new.clear()
            self._again.clear()
            for rest in self._rests:
                rest.cancel()
            if self._pause is not None:
                self._pause.cancel()
        return self._given_up
