"""Bodies to the live door and what became of them back, in whatever order the threads resolve."""

import asyncio
import threading
from concurrent.futures import Future

import numpy as np
import pytest

from tutorpulse.api.handover import SMALL_BYTES, Handover
from tutorpulse.errors import NotDurableError, QueueFullError
from tutorpulse.store.bodies import Body, Taken


def taken(mark: str) -> Taken:
    return Taken(lambda: [mark], np.zeros(1, np.int8), ())


def body(text: str) -> Body:
    return Body(text.encode(), "json", "test", 0)


def test_each_caller_gets_its_own_answer_when_a_thread_resolves_in_reverse() -> None:
    given: list[tuple[Body, Future[Taken]]] = []

    def take(one: Body) -> "Future[Taken]":
        future: Future[Taken] = Future()
        given.append((one, future))
        if len(given) == 50:
            threading.Thread(target=resolve).start()
        return future

    def resolve() -> None:
        for one, future in reversed(given):
            future.set_result(taken(one.raw.decode()))

    async def main() -> list[Taken]:
        handover = Handover(take)
        return await asyncio.gather(*(handover.taken(body(str(i))) for i in range(50)))

    assert [t.event_ids()[0] for t in asyncio.run(main())] == [str(i) for i in range(50)]


def test_a_large_body_does_not_wait_and_takes_the_small_ones_along() -> None:
    given: list[str] = []

    def take(one: Body) -> "Future[Taken]":
        given.append(one.raw[:1].decode())
        future: Future[Taken] = Future()
        future.set_result(taken("x"))
        return future

    async def main() -> None:
        handover = Handover(take)
        small = asyncio.ensure_future(handover.taken(body("s")))
        await asyncio.sleep(0)
        large = asyncio.ensure_future(handover.taken(body("l" * (SMALL_BYTES + 1))))
        await asyncio.sleep(0)
        assert given == ["s", "l"]
        await asyncio.gather(small, large)

    asyncio.run(main())


def test_a_refusal_reaches_the_one_whom_it_concerns() -> None:
    def take(one: Body) -> "Future[Taken]":
        if one.raw == b"full":
            raise QueueFullError("Too much waits.")
        future: Future[Taken] = Future()
        if one.raw == b"disk":
            future.set_exception(NotDurableError("The disk is full."))
        else:
            future.set_result(taken("ok"))
        return future

    async def main() -> list[object]:
        handover = Handover(take)
        asked = (handover.taken(body(text)) for text in ("full", "disk", "fine"))
        return await asyncio.gather(*asked, return_exceptions=True)

    full, disk, fine = asyncio.run(main())
    assert isinstance(full, QueueFullError)
    assert isinstance(disk, NotDurableError)
    assert isinstance(fine, Taken)


def test_a_caller_that_went_away_disturbs_nobody() -> None:
    futures: list[Future[Taken]] = []

    def take(_: Body) -> "Future[Taken]":
        futures.append(Future())
        return futures[-1]

    async def main() -> Taken:
        handover = Handover(take)
        gone, stays = (asyncio.ensure_future(handover.taken(body(t))) for t in "ab")
        while len(futures) < 2:
            await asyncio.sleep(0.001)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        for future in futures:
            future.set_result(taken("ok"))
        return await stays

    assert asyncio.run(main()).event_ids() == ["ok"]
