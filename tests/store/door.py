"""Bodies for the live door, and what is asked of it, for several modules of tests."""

from dataclasses import replace
from typing import Any

import msgspec

from tutorpulse.clock import parse_time
from tutorpulse.store.bodies import Body, Form, Taken
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import DEFAULT_LIMITS
from tutorpulse.store.log import EventStore

NOW = 1_760_000_000_000_000
FOREVER = replace(DEFAULT_LIMITS, step_s=3600.0)
"""Steps into the database only on demand."""


def event(event_id: str | None, student_id: str = "u", **rest: Any) -> dict[str, Any]:
    named = {} if event_id is None else {"event_id": event_id}
    payload = {"student_id": student_id, "amount": 5, "succeeded": True}
    return {
        **named,
        "event_type": "payment_processed",
        "timestamp": "2025-10-01T00:00:00Z",
        "payload": payload,
        **rest,
    }


def body(*events: object, form: Form = "json", source: str = "shop") -> Body:
    encoded = [msgspec.json.encode(one) for one in events]
    raw = b"\n".join(encoded) if form == "lines" else b"[" + b",".join(encoded) + b"]"
    return Body(raw, form, source, NOW)


def statuses(taken: Taken) -> list[int]:
    return taken.status.tolist()


def take(live: LiveLog, *bodies: Body) -> list[Taken]:
    return [future.result(30) for future in [live.take(one) for one in bodies]]


def refuse(*_: object) -> None:
    raise OSError("no room")


def booked(event_id: str, session_id: str, starts_at: str) -> dict[str, Any]:
    sides = {"tutor_id": "t", "student_id": "u", "starts_at": f"2025-10-0{starts_at}T00:00:00Z"}
    return event(event_id) | {
        "event_type": "session_booked",
        "payload": {"session_id": session_id, "subject": "maths", **sides},
    }


def starts(store: EventStore) -> dict[str, int]:
    """The day of October on which each settled session starts."""
    found = store.query("SELECT session_id, start_us FROM settled_sessions")
    days = [parse_time(f"2025-10-0{day}T00:00:00Z") for day in range(1, 10)]
    starting = [1 + days.index(us) for us in found["start_us"].tolist()]
    return dict(zip(found["session_id"].tolist(), starting, strict=True))
