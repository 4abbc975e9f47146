"""The stream of insights: nothing missed, nothing twice, and an end in time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.store.test_state import insight
from tutorpulse.api import streams as room
from tutorpulse.api.streams import PING, Streams
from tutorpulse.service.live.states import States


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[States]:
    monkeypatch.setattr(room, "LOOK_S", 0.01)
    pool = States(tmp_path / "state.sqlite")
    yield pool
    pool.close()


def write(states: States, *ids: str) -> None:
    with states.one() as state:
        state.insights.add([insight(alert_id) for alert_id in ids])


async def next_ids(stream: AsyncIterator[bytes], count: int) -> list[int]:
    """The ids of so many events; what stands between them is left out."""
    found: list[int] = []
    while len(found) < count:
        told = await asyncio.wait_for(anext(stream), 10)
        if told.startswith(b"id:"):
            found.append(int(told.split()[1]))
    return found


def test_a_listener_hears_what_is_written_from_then_on_and_one_with_an_id_what_it_missed(
    states: States,
) -> None:
    async def main() -> None:
        write(states, "a", "b")
        streams = Streams(states)
        new, old = streams.listen(None), streams.listen(1)
        assert await next_ids(old, 1) == [2]
        assert (await anext(new)).startswith(b"retry:")
        waiting = asyncio.ensure_future(next_ids(new, 2))
        await asyncio.sleep(0.05)
        write(states, "c", "d")
        assert await waiting == [3, 4]
        assert await next_ids(old, 2) == [3, 4]
        streams.close()

    asyncio.run(main())


def test_what_is_written_while_a_listener_catches_up_comes_once(states: States) -> None:
    async def main() -> None:
        write(states, *(f"i{n}" for n in range(600)))
        streams = Streams(states)
        stream = streams.listen(0)
        assert await next_ids(stream, 5) == [1, 2, 3, 4, 5]
        write(states, "late")
        assert await next_ids(stream, 596) == list(range(6, 602))
        write(states, "later")
        assert await next_ids(stream, 1) == [602]
        streams.close()

    asyncio.run(main())


def test_closing_ends_every_stream_and_takes_no_further_listener(states: States) -> None:
    async def main() -> None:
        streams = Streams(states)
        stream = streams.listen(None)
        await anext(stream)
        rest = asyncio.ensure_future(anext(stream, b"over"))
        await asyncio.sleep(0.05)
        assert not streams.full
        await asyncio.get_running_loop().run_in_executor(None, streams.close)
        assert await asyncio.wait_for(rest, 5) == b"over"
        assert streams.full

    asyncio.run(main())


def test_a_listener_that_does_not_keep_up_is_let_go_and_comes_back(
    states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_WAITING_MAX", 1)

    async def main() -> None:
        streams = Streams(states)
        slow = streams.listen(0)
        write(states, "a")
        assert await next_ids(slow, 1) == [1]
        waiting = asyncio.ensure_future(next_ids(slow, 1))
        await asyncio.sleep(0.05)
        for n in range(5):
            write(states, f"more {n}")
            await asyncio.sleep(0.05)
        assert await waiting == [2]
        with pytest.raises(StopAsyncIteration):
            await next_ids(slow, 5)
        assert await next_ids(streams.listen(2), 4) == [3, 4, 5, 6]
        streams.close()

    asyncio.run(main())


def test_a_silent_stream_pings(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PING_S", 0.01)

    async def main() -> None:
        streams = Streams(states)
        stream = streams.listen(None)
        await anext(stream)
        assert await asyncio.wait_for(anext(stream), 5) == PING
        streams.close()

    asyncio.run(main())
