"""Server-sent events: every insight to everybody who listens, each listener from where it stopped.

One task looks for new insights while somebody listens. A listener that does not keep up is let go; it comes back with the id
of the last event that it saw, and misses nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from starlette.concurrency import run_in_threadpool

from tutorpulse.api.ports import States
from tutorpulse.decisions.insights import Insight
from tutorpulse.service.queries import insights

LOOK_S = 0.25
"""How often new insights are looked for."""
PING_S = 15.0
"""A comment goes out after so long without an event, so that proxies keep the connection."""
RETRY_MS = 1_000
LISTENERS_MAX = 1_000
_WAITING_MAX = 1_000
_PAGE = 500

PING = b": ping\n\n"
_ENCODER = msgspec.json.Encoder()

Written = tuple[int, Insight]


class Streams:
    """The listeners of one application. One event loop uses it; `close` may be called from any thread once listening began."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._listeners: set[asyncio.Queue[list[Written] | None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether no further listener is taken."""
        return self._closed or len(self._listeners) >= LISTENERS_MAX

    def close(self) -> None:
        """End every stream, and take no further listener."""
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    async def listen(self, after: int | None) -> AsyncIterator[bytes]:
        """What goes over the wire: insights numbered above `after` (None: from now on), and a ping now and then."""
        queue: asyncio.Queue[list[Written] | None] = asyncio.Queue(_WAITING_MAX)
        self._loop = asyncio.get_running_loop()
        reached = await run_in_threadpool(self._last) if after is None else after
        self._listeners.add(queue)
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            async for written in self._caught_up(reached):
                reached = written[0]
                yield event(*written)
            self._look(reached)
            async for some in _until_closed(queue):
                for written in some:
                    if written[0] > reached:
                        reached = written[0]
                        yield event(*written)
                if not some:
                    yield PING
        finally:
            self._listeners.discard(queue)

    async def _caught_up(self, reached: int) -> AsyncIterator[Written]:
        while some := await run_in_threadpool(self._after, reached):
            for written in some:
                yield written
            reached = some[-1][0]

    def _look(self, reached: int) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look_while_heard(reached))

    async def _look_while_heard(self, reached: int) -> None:
        try:
            while self._listeners and not self._closed:
                some = await run_in_threadpool(self._after, reached)
                if some:
                    reached = some[-1][0]
                    self._hand_out(some)
                else:
                    await asyncio.sleep(LOOK_S)
        finally:
            self._end_all()

    def _hand_out(self, some: list[Written]) -> None:
        for queue in list(self._listeners):
            if queue.full():
                self._listeners.discard(queue)
                _end(queue)
            else:
                queue.put_nowait(some)

    def _end_all(self) -> None:
        for queue in self._listeners:
            _end(queue)

    def _last(self) -> int:
        with self._states.one() as state:
            return state.feed.last_number()

    def _after(self, reached: int) -> list[Written]:
        with self._states.one() as state:
            return insights.after(state, reached, _PAGE)


def _end(queue: asyncio.Queue[list[Written] | None]) -> None:
    with suppress(asyncio.QueueEmpty):
        while True:
            queue.get_nowait()
    queue.put_nowait(None)


async def _until_closed(queue: asyncio.Queue[list[Written] | None]) -> AsyncIterator[list[Written]]:
    """What is put into the queue, an empty list after each silence, until None."""
    while True:
        try:
            some = await asyncio.wait_for(queue.get(), PING_S)
        except TimeoutError:
            some = []
        if some is None:
            return
        yield some


def event(number: int, insight: Insight) -> bytes:
    """One insight as a server-sent event; its number is the event's id."""
    return b"id: %d\nevent: insight\ndata: %s\n\n" % (number, _ENCODER.encode(insight))
