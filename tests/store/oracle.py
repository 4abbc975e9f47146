"""What a session is, in plain Python, written from the contract's words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]
TERMINAL = ("session_completed", "session_cancelled")
SESSION_TYPES = (*TERMINAL, "session_booked", "session_started", "session_rescheduled", "review_submitted")


def sessions(events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """The sessions by id."""
    by_session: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event["event_type"] in SESSION_TYPES:
            by_session[event["session_id"]].append(event)
    return {session_id: _session(session_id, found) for session_id, found in by_session.items()}


def _session(session_id: str, unordered: list[Event]) -> dict[str, Any]:
    events = sorted(unordered, key=lambda e: (e["ts_us"], e["received_us"], e["event_id"]))
    ends = [event for event in events if event["event_type"] in TERMINAL]
    end = ends[-1] if ends else None
    outcome = None if end is None else _outcome(end)
    reported_us = None if end is None else end["ts_us"]
    begun_us = _newest(events, lambda e: e["ts_us"] if e["event_type"] == "session_started" else None)
    planned_us = _newest(
        events,
        lambda e: e.get(
            {"session_booked": "starts_at", "session_rescheduled": "new_starts_at"}.get(e["event_type"])
        ),
    )
    start_us = begun_us if begun_us is not None else planned_us
    return {
        "session_id": session_id,
        "tutor_id": _side(events, "tutor_id"),
        "student_id": _side(events, "student_id"),
        "outcome": outcome,
        "start_us": start_us,
        "reported_us": reported_us,
        "time_us": _time_us(outcome, start_us, reported_us),
        "duration_minutes": _newest(events, lambda e: _of(e, "session_completed", "duration_minutes")),
        "scheduled_duration_minutes": _newest(
            events,
            lambda e: (
                e.get("scheduled_duration_minutes")
                if e["event_type"] == "session_started"
                else _of(e, "session_booked", "duration_minutes")
            ),
        ),
        **{name: _newest(events, lambda e, name=name: e.get(name)) for name in _PLAIN},
        "rated_us": _newest(events, lambda e: e["ts_us"] if e.get("rating") is not None else None),
        "cancelled_by": _newest(events, lambda e: e.get("cancelled_by")) if outcome == "cancelled" else None,
        "notice_hours": _newest(events, lambda e: e.get("notice_hours")) if outcome == "cancelled" else None,
        "no_show_by": _newest(events, lambda e: e.get("no_show_by")) if outcome == "no_show" else None,
        "first_us": min(e["ts_us"] for e in events),
        "last_us": max(e["ts_us"] for e in events),
        "first_received_us": min(e["received_us"] for e in events),
        "last_received_us": max(e["received_us"] for e in events),
    }


_PLAIN = ("subject", "tier", "price", "tutor_earnings", "discounted", "instant_book", "rating")


def _outcome(end: Event) -> str:
    if end["event_type"] == "session_cancelled" or end.get("was_cancelled"):
        return "cancelled"
    if end.get("no_show"):
        return "no_show"
    return "unsuccessful" if end.get("completed_successfully") is False else "completed"


def _time_us(outcome: str | None, start_us: int | None, reported_us: int | None) -> int | None:
    if outcome is None:
        return start_us
    if outcome != "cancelled" and start_us is not None and start_us <= reported_us:
        return start_us
    return reported_us


def _side(events: list[Event], column: str) -> str:
    own = [e for e in events if e["event_type"] != "review_submitted"]
    reviews = [e for e in events if e["event_type"] == "review_submitted"]
    named = [e[column] for part in (reviews, own) for e in part if e[column] != "-"]
    return named[-1] if named else "-"


def _newest(events: list[Event], value: Callable[[Event], Any]) -> Any:
    known = [value(event) for event in events if value(event) is not None]
    return known[-1] if known else None


def _of(event: Event, event_type: str, name: str) -> Any:
    return event.get(name) if event["event_type"] == event_type else None
