"""Small real homes: events through the codec into a store, as an import does it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tutorpulse.clock import DAY_US, HOUR_US, format_time
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore

NOW_US = 20_000 * DAY_US
Event = dict[str, Any]


def event(event_type: str, days_ago: float, received_days_ago: float | None = None, **payload: Any) -> Event:
    """An event that happened so long before `NOW_US`, and was received then or as said."""
    received = days_ago if received_days_ago is None else received_days_ago
    return {
        "event_id": f"{event_type}-{days_ago}-{sorted(payload.items())}"[:128],
        "event_type": event_type,
        "timestamp": format_time(NOW_US - int(days_ago * DAY_US)),
        "received_at": format_time(NOW_US - int(received * DAY_US)),
        "payload": payload,
    }


def lesson(days_ago: float, tutor: str = "t1", student: str = "s1", **payload: Any) -> Event:
    """A completed session."""
    ids = {"session_id": f"{tutor}-{student}-{days_ago}", "tutor_id": tutor, "student_id": student}
    return event("session_completed", days_ago, **ids, **payload)


def lessons(pairs: int, days: int) -> Iterator[Event]:
    """Each of so many pairs meets about twice a week, until it stops for good: the first soonest."""
    for pair in range(pairs):
        stops = days * (pairs - pair) // (2 * pairs) if pair % 2 else 0
        for day in range(stops, days, 3 + pair % 2):
            rating = 3 + (pair + day) % 3
            at = day + (pair % 10 + 1) * HOUR_US / DAY_US
            yield lesson(at, f"t{pair}", f"s{pair}", subject="maths", price=30.0 + pair % 5, rating=rating)


def home_with(path: Path, events: Iterable[Event], more: bytes = b"") -> Home:
    """A home that holds these events, and whatever the lines `more` are."""
    home = Home.open(path, create=True)
    lines = b"\n".join([*map(msgspec.json.encode, events), *([more] if more else [])])
    with EventStore.open(home) as store:
        store.append(decode_lines(lines, Arrival(now_us=NOW_US, source="test", replayed=True)))
    return home
