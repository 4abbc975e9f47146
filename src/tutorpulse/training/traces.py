"""What events show of each entity by week, counted plainly: for the observable oracle alone, no model is served from it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType
from tutorpulse.store.log import EventStore

WEEKS = 8
_WEEK_US = 7 * DAY_US


@dataclass(frozen=True)
class Trace:
    """Rows of one log table that a condition marks, summed by week: how many, or a value of each."""

    name: str
    table: str
    condition: str
    value: str = "1"


_HELD = "event_type = 'session_completed' AND completed_successfully"
_MISSED = "event_type = 'session_completed' AND no_show AND no_show_by = "
_CANCELLED = "event_type = 'session_cancelled' AND cancelled_by = "
TRACES = (
    Trace("completed", "session_events", _HELD),
    Trace(
        "unsuccessful", "session_events", "event_type = 'session_completed' AND NOT completed_successfully"
    ),
    Trace("booked", "session_events", "event_type = 'session_booked'"),
    Trace("moved", "session_events", "event_type = 'session_rescheduled'"),
    Trace("cancelled by tutor", "session_events", f"{_CANCELLED}'tutor'"),
    Trace("cancelled by student", "session_events", f"{_CANCELLED}'student'"),
    Trace("tutor missed", "session_events", f"{_MISSED}'tutor'"),
    Trace("student missed", "session_events", f"{_MISSED}'student'"),
    Trace("ratings", "session_events", "rating IS NOT NULL"),
    Trace("stars", "session_events", "rating IS NOT NULL", "rating - 4.5"),
    Trace("asked", "request_events", "event_type = 'booking_requested'"),
    Trace("accepted", "request_events", "accepted"),
    Trace("declined", "request_events", "NOT accepted"),
    Trace("calls", "contact_events", "event_type = 'ib_call_logged'"),
    Trace("sentiment", "contact_events", "event_type = 'ib_call_logged'", "sentiment"),
    Trace("tickets", "contact_events", "event_type = 'support_ticket_opened'"),
    Trace("complaints", "contact_events", "is_complaint"),
    Trace("learning", "contact_events", "event_type = 'learning_activity'"),
    Trace("messages", "contact_events", "event_type = 'message_responded'"),
    Trace(
        "answering", "contact_events", "event_type = 'message_responded'", "LN(response_time_hours + 0.01)"
    ),
    Trace("failed payments", "payment_events", "NOT succeeded"),
)
_HOURS = Trace(
    "hours", "tutor_events", "event_type = 'tutor_availability_updated'", "available_hours_this_week"
)
TRACES_OF: Mapping[EntityType, tuple[Trace, ...]] = {"tutor": (*TRACES, _HOURS), "student": TRACES}


def traces(
    store: EventStore, kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_]
) -> NDArray[np.float32]:
    """(n, k): each trace in each of the last `WEEKS` weeks, newest first; then the sessions ahead.

    A number of the same meaning may stand among the 46; nothing of theirs is read.
    """
    with store.relation("traced", {"id": entity_ids, "place": np.arange(len(entity_ids))}):
        weekly = [_weekly(store, kind, as_of_us, trace, len(entity_ids)) for trace in TRACES_OF[kind]]
        ahead = _ahead(store, kind, as_of_us, len(entity_ids))
    return np.hstack([*weekly, ahead]).astype(np.float32)


def _weekly(
    store: EventStore, kind: EntityType, as_of_us: int, trace: Trace, size: int
) -> NDArray[np.float32]:
    week = f"CAST(FLOOR(({as_of_us} - e.ts_us) / {_WEEK_US}) AS BIGINT)"
    found = store.query(
        f"SELECT t.place, {week} AS week, CAST(SUM({trace.value}) AS DOUBLE) AS total "
        f"FROM {trace.table} AS e JOIN traced AS t ON t.id = e.{kind}_id "
        f"WHERE e.ts_us < {as_of_us} AND e.ts_us > {as_of_us - WEEKS * _WEEK_US} AND {trace.condition} GROUP BY 1, 2"
    )
    totals = np.zeros((size, WEEKS), np.float32)
    totals[found["place"], found["week"]] = found["total"]
    return totals


def _ahead(store: EventStore, kind: EntityType, as_of_us: int, size: int) -> NDArray[np.float32]:
    """Sessions agreed and neither held nor called off, days to the first of them, and since the newest was agreed."""
    found = store.query(
        f"WITH open AS (SELECT ANY_VALUE({kind}_id) AS id, ARG_MAX(COALESCE(new_starts_at, starts_at), ts_us) "
        "FILTER (event_type IN ('session_booked', 'session_rescheduled')) AS start_us, "
        "MAX(CASE WHEN event_type = 'session_booked' THEN ts_us END) AS booked_us "
        f"FROM session_events WHERE ts_us < {as_of_us} AND ts_us > {as_of_us - WEEKS * _WEEK_US} GROUP BY session_id "
        "HAVING NOT BOOL_OR(event_type IN ('session_completed', 'session_cancelled'))) "
        f"SELECT t.place, COUNT(*) AS ahead, MIN(start_us - {as_of_us}) / {float(DAY_US)} AS next_days, "
        f"({as_of_us} - MAX(booked_us)) / {float(DAY_US)} AS agreed_days "
        f"FROM open JOIN traced AS t ON t.id = open.id WHERE start_us > {as_of_us} GROUP BY 1"
    )
    columns = np.full((size, 3), np.nan, np.float32)
    columns[:, 0] = 0
    for place, name in enumerate(("ahead", "next_days", "agreed_days")):
        columns[found["place"], place] = found[name]
    return columns
