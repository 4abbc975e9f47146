"""What happens in a day: columns of events by type, gathered from the processes and closed when the day is over."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tutorpulse.simulate.state import Ints

LIFECYCLE = (
    *("tutor_registered", "student_registered", "tutor_resumed", "student_resumed", "tutor_profile_updated"),
    *("tutor_availability_updated", "booking_requested", "booking_responded", "session_booked"),
    *(
        "session_rescheduled",
        "session_cancelled",
        "session_started",
        "session_completed",
        "payment_processed",
    ),
    *("review_submitted", "refund_issued", "payment_disputed", "learning_activity", "message_responded"),
    *("ib_call_logged", "support_ticket_opened", "grade_reported", "customer_health_update"),
    *("supply_demand_update", "action_taken", "student_goal_reached", "tutor_paused", "student_paused"),
    *("tutor_departed", "student_departed"),
)
"""The order of types among events of one second: causes before effects."""


class Log(Protocol):
    """Whoever listens to what happens."""

    def wants(self, event_type: str) -> bool:
        """Whether events of the type need be given at all."""
        ...

    def add(self, event_type: str, ts_us: Ints, **columns: NDArray[Any]) -> None:
        """Events of one type, one per item of `ts_us`; see `names` for what the columns hold."""
        ...


@dataclass(frozen=True)
class Events:
    """Events of one type: times in microseconds, and columns of the same length."""

    event_type: str
    ts_us: Ints
    columns: dict[str, NDArray[Any]]

    def taken(self, index: NDArray[Any]) -> "Events":
        """Those at `index`, in its order."""
        return Events(self.event_type, self.ts_us[index], {k: v[index] for k, v in self.columns.items()})


class Journal:
    """Gathers events until a day is closed; those of later days wait."""

    def __init__(self) -> None:
        self._open: dict[str, list[Events]] = defaultdict(list)

    def wants(self, event_type: str) -> bool:
        """Every type is wanted."""
        return event_type in LIFECYCLE

    def add(self, event_type: str, ts_us: Ints, **columns: NDArray[Any]) -> None:
        """Keep the events until their day is closed."""
        if len(ts_us):
            self._open[event_type].append(Events(event_type, ts_us, columns))

    def close(self, until_us: int) -> list[Events]:
        """All kept events before `until_us`, one item per type in the order of `LIFECYCLE`, unsorted in time."""
        closed = []
        for event_type in LIFECYCLE:
            kept = self._open.pop(event_type, [])
            if not kept:
                continue
            whole = _joined(kept)
            ready = whole.ts_us < until_us
            closed.append(whole.taken(np.flatnonzero(ready)))
            if not ready.all():
                self._open[event_type].append(whole.taken(np.flatnonzero(~ready)))
        return [events for events in closed if len(events.ts_us)]


def _joined(parts: list[Events]) -> Events:
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {name: np.concatenate([_column(part, name, parts) for part in parts]) for name in names}
    return Events(parts[0].event_type, np.concatenate([part.ts_us for part in parts]), columns)


def _column(part: Events, name: str, parts: list[Events]) -> NDArray[Any]:
    """The column, or a missing one of its kind: -1 for whole numbers and flags, NaN for others."""
    found = part.columns.get(name)
    if found is not None:
        return found
    kind = next(p.columns[name].dtype for p in parts if name in p.columns)
    if kind.kind == "f":
        return np.full(len(part.ts_us), np.nan, kind)
    return np.full(len(part.ts_us), -1, np.int8 if kind.kind == "b" else kind)
