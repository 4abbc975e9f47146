"""A live feed: a world's days to come, told one event after the other, each dated when it is sent.

Played faster than life, the events of one session come closer together than its times say; each event is consistent in itself.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec

from tutorpulse.clock import Clock, format_time, parse_time
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Kind
from tutorpulse.simulate import emit
from tutorpulse.simulate.state import World

_ENDLESS_DAYS = 36_500
_TIMES = {
    name: tuple(field.name for field in event_type.fields if field.kind is Kind.TIME)
    for name, event_type in EVENT_TYPES.items()
}


def live_lines(world: World, clock: Clock, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """The world's events from its next day on, as NDJSON lines, until `stopped`."""
    began_us = clock.now_us()
    numbers = count()
    for lines, _ in emit.line_chunks(world, _ENDLESS_DAYS):
        for line in lines:
            if stopped():
                return
            event_id = f"live-{began_us:x}-{next(numbers):08d}"
            yield dated(line, event_id, clock.now_us())


def dated(line: str, event_id: str, now_us: int) -> bytes:
    """The event under another id, happening now; the times in it keep their distance to it."""
    event: dict[str, Any] = msgspec.json.decode(line)
    shift_us = now_us - parse_time(event["timestamp"])
    payload = event["payload"]
    for name in _TIMES[event["event_type"]]:
        if payload.get(name) is not None:
            payload[name] = format_time(parse_time(payload[name]) + shift_us)
    return msgspec.json.encode({**event, "event_id": event_id, "timestamp": format_time(now_us)})
