"""From the event loop to the live door and back, many bodies at a time.

Small bodies wait for others for a moment and are handed over together, and whoever waits for a group is told in one wake-up of
the loop. Each body on its own would wake a thread, make a group durable, and wake the loop: measured with single events over
64 connections, that cost twice the processor time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from tutorpulse.errors import TutorpulseError
from tutorpulse.store.bodies import Body, Taken

LINGER_S = 0.002
"""How long a small body waits for others."""
SMALL_BYTES = 16_384

_Waiting = asyncio.Future[Taken]
_Take = Callable[[Body], "Future[Taken]"]


class Handover:
    """Hands bodies to a live door's `take` and awaits what became of them. One event loop uses it."""

    def __init__(self, take: _Take) -> None:
        self._take = take
        self._given: list[tuple[Body, _Waiting]] = []
        self._done: deque[tuple[_Waiting, Future[Taken]]] = deque()
        self._woken = False

    async def taken(self, body: Body) -> Taken:
        """What became of a body's events, once they are durable. A caller that is cancelled cancels nothing but its wait.

        Raises:
            TutorpulseError: what `take` or its future raises.
        """
        loop = asyncio.get_running_loop()
        waiting: _Waiting = loop.create_future()
        self._given.append((body, waiting))
        if len(body.raw) > SMALL_BYTES:
            self._give(loop)
        elif len(self._given) == 1:
            loop.call_later(LINGER_S, self._give, loop)
        return await waiting

    def _give(self, loop: asyncio.AbstractEventLoop) -> None:
        given, self._given = self._given, []
        for body, waiting in given:
            try:
                future = self._take(body)
            except TutorpulseError as error:
                _settle(waiting, error)
            else:
                future.add_done_callback(partial(self._resolved, loop, waiting))

    def _resolved(self, loop: asyncio.AbstractEventLoop, waiting: _Waiting, done: "Future[Taken]") -> None:
        self._done.append((waiting, done))
        if not self._woken and not loop.is_closed():
            self._woken = True
            loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        # Lowered first: whatever is appended from now on wakes the loop again, at worst for nothing.
        self._woken = False
        while self._done:
            waiting, done = self._done.popleft()
            error = done.exception()
            _settle(waiting, done.result() if error is None else error)


def _settle(waiting: _Waiting, outcome: Taken | BaseException) -> None:
    if waiting.done():
        return
    if isinstance(outcome, BaseException):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
