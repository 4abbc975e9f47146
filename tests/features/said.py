"""Short words for histories, and for what the features say of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.features.memory import MemoryStore
from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.compute import compute
from tutorpulse.features.frame import EntityType

NOW = parse_time("2026-03-18T12:00:00Z")
"""A Wednesday."""

Event = dict[str, Any]
Values = dict[str, float | None]


def ago(days: float) -> int:
    return NOW - round(days * DAY_US)


def event(event_type: str, days_ago: float, received_days_ago: float | None = None, **payload: Any) -> Event:
    received = ago(days_ago if received_days_ago is None else received_days_ago)
    return {"event_type": event_type, "ts_us": ago(days_ago), "received_us": received, **payload}


def done(days_ago: float, session_id: str = "", **payload: Any) -> Event:
    """A completed session of tutor t and student s."""
    parties = {
        "session_id": session_id or f"at {days_ago} {sorted(payload.items())}",
        "tutor_id": "t",
        "student_id": "s",
    }
    return event("session_completed", days_ago, **(parties | payload))


def review(days_ago: float, session_id: str, **payload: Any) -> Event:
    """What somebody says of a session of tutor t."""
    return event("review_submitted", days_ago, session_id=session_id, tutor_id="t", **payload)


def of(event_type: str, days_ago: float, **payload: Any) -> Event:
    """An event of tutor t (or, by its type, of student s)."""
    own = {"student_id": "s"} if event_type.startswith("student") else {"tutor_id": "t"}
    return event(event_type, days_ago, **(own | payload))


def say(
    store: MemoryStore,
    kind: EntityType,
    *events: Event,
    entity_id: str = "",
    as_of_us: int = NOW,
    **options: Any,
) -> Values:
    """Features, context and facts of t, or s, or `entity_id`; None is missing."""
    store.fill([{"event_id": f"e{n}", **e} for n, e in enumerate(events)])
    wanted = np.array([entity_id or kind[0]], object)
    frame = compute(store, kind, as_of_us, entity_ids=wanted, **options)
    shown = CATALOGS[kind].features, CATALOGS[kind].context
    values = {
        m.name: row
        for ms, rows in zip(shown, (frame.features, frame.context), strict=True)
        for m, row in zip(ms, rows[0], strict=True)
    }
    values |= {name: column[0] for name, column in frame.facts.items()}
    return {name: None if np.isnan(value) else float(value) for name, value in values.items()}


Say = Callable[..., Values]
