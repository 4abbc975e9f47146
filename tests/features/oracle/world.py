"""The log as a list: what is known of it, and the sessions in it."""

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Event = dict[str, Any]
DAY = 86_400_000_000
HOUR = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def order(event: Event) -> tuple[int, int, str]:
    return event["ts_us"], event["received_us"], event["event_id"]


class Session:
    """A session as its events tell it, oldest first."""

    OWN = (
        "session_booked",
        "session_started",
        "session_completed",
        "session_cancelled",
        "session_rescheduled",
    )

    def __init__(self, session_id: str, events: list[Event]) -> None:
        self.id, self.events = session_id, events
        own = [e for e in events if e["event_type"] in self.OWN]
        self.tutor, self.student = self._party("tutor_id"), self._party("student_id")
        self.subject, self.tier = self._newest("subject"), self._newest("tier")
        self.price, self.earnings = self._newest("price"), self._newest("tutor_earnings")
        self.discounted = self._newest("discounted")
        rated = [e for e in events if e.get("rating") is not None]
        self.rating = rated[-1]["rating"] if rated else None
        self.rated = rated[-1]["ts_us"] if rated else None
        self.received = max(e["received_us"] for e in events)
        self.minutes = self._newest("duration_minutes", "session_completed")
        planned = [
            e.get("duration_minutes")
            if e["event_type"] == "session_booked"
            else e.get("scheduled_duration_minutes")
            for e in own
            if e["event_type"] in ("session_booked", "session_started")
        ]
        self.planned_minutes = next((m for m in reversed(planned) if m is not None), None)
        terminal = [e for e in own if e["event_type"] in ("session_completed", "session_cancelled")]
        self.end = terminal[-1] if terminal else None
        self.outcome = self._outcome()
        starts = [e["ts_us"] for e in own if e["event_type"] == "session_started"]
        planned_starts = [e.get("starts_at") or e.get("new_starts_at") for e in own]
        planned_starts = [s for s in planned_starts if s is not None]
        self.start = starts[-1] if starts else planned_starts[-1] if planned_starts else None
        self.reported = self.end["ts_us"] if self.end else None
        self.time = self._time()

    def _newest(self, field: str, event_type: str | None = None) -> Any:
        for event in reversed(self.events):
            if event.get(field) is not None and event_type in (None, event["event_type"]):
                return event[field]
        return None

    def _party(self, field: str) -> str | None:
        named = [e for e in self.events if e.get(field) not in (None, "-")]
        own = [e for e in named if e["event_type"] in self.OWN]
        return (own or named)[-1][field] if named else None

    def _outcome(self) -> str | None:
        if self.end is None:
            return None
        if self.end["event_type"] == "session_cancelled" or self.end.get("was_cancelled"):
            return "cancelled"
        if self.end.get("no_show"):
            return "no_show"
        return "unsuccessful" if self.end.get("completed_successfully") is False else "completed"

    def _time(self) -> int | None:
        if self.outcome is None:
            return self.start
        if self.outcome != "cancelled" and self.start is not None and self.start <= self.reported:
            return self.start
        return self.reported

    @property
    def known_ahead(self) -> bool:
        return self.start is not None and self.events[0]["ts_us"] < self.start

    @property
    def completed(self) -> bool:
        return self.outcome == "completed"

    @property
    def reached(self) -> bool:
        return self.outcome in ("completed", "unsuccessful", "no_show")

    @property
    def place(self) -> tuple[int, int, str]:
        return self.time, self.received, self.id

    def by(self, outcome: str, side: str) -> bool:
        """Ended so by that side, or by an unknown one."""
        field = {"cancelled": "cancelled_by", "no_show": "no_show_by"}[outcome]
        return self.outcome == outcome and self._newest(field) in (None, side)


class World:
    """All that had happened by `as_of` and was known at `known_at`."""

    def __init__(
        self, events: list[Event], as_of: int, known_at: int, zone: str = "UTC", premium: tuple[str, ...] = ()
    ) -> None:
        self.everything, self.as_of, self.known_at = events, as_of, known_at
        self.zone, self.premium = zone, premium
        self.events = sorted(
            (e for e in events if e["ts_us"] <= as_of and e["received_us"] <= known_at), key=order
        )
        by_session = defaultdict(list)
        for event in self.events:
            if event["event_type"] in (*Session.OWN, "review_submitted"):
                by_session[event["session_id"]].append(event)
        self.sessions = [Session(*item) for item in by_session.items()]
        self.session = {s.id: s for s in self.sessions}

    def midnight(self) -> "World":
        last = self.as_of // DAY * DAY
        return World(self.everything, last, min(self.known_at, last), self.zone, self.premium)

    def of_type(self, *event_types: str) -> list[Event]:
        return [e for e in self.events if e["event_type"] in event_types]

    def within(self, ts: int | None, days: float) -> bool:
        return ts is not None and self.as_of - days * DAY < ts <= self.as_of

    def days_since(self, ts: int | None) -> float | None:
        return None if ts is None else (self.as_of - ts) / DAY

    def local(self, ts: int, zone: str) -> datetime:
        """The naive local time."""
        return (EPOCH + timedelta(microseconds=ts)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    def ids(self, kind: str) -> list[str]:
        named = {e.get(f"{kind}_id") for e in self.events}
        named |= {e["entity_id"] for e in self.of_type("action_taken") if e["entity_type"] == kind}
        return sorted(named - {None, "-"})
