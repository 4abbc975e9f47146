"""The contract's labels by plain Python, one entity at a time, straight from the whole list of events."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.simulate.journal import Events

NO_SHOW_REPORTED_US = 15 * MINUTE_US


class Life:
    """Everything about one tutor or student, each list in time order."""

    def __init__(self) -> None:
        self.registered = math.nan
        self.activity: list[int] = []
        self.completed: list[int] = []
        self.pauses: list[tuple[int, float]] = []
        self.resumed: list[int] = []
        self.departed: list[int] = []
        self.goals: list[int] = []


def lives_of(span: Sequence[Events], kind: str) -> dict[int, Life]:
    """Lives by number."""
    lives: dict[int, Life] = defaultdict(Life)
    for events in span:
        own = events.columns.get(f"{kind}_id")
        if own is None or own.dtype == object:
            continue
        for i, (who, t) in enumerate(zip(own.tolist(), events.ts_us.tolist(), strict=True)):
            _note(lives[who], kind, events.event_type, t, {k: v[i] for k, v in events.columns.items()})
    for life in lives.values():
        for times in (life.activity, life.completed, life.pauses, life.resumed, life.departed, life.goals):
            times.sort()
    return lives


def _note(life: Life, kind: str, event_type: str, t: int, columns: dict[str, Any]) -> None:
    if event_type == f"{kind}_registered":
        life.registered = t
    elif event_type == f"{kind}_paused":
        life.pauses.append((t, math.inf if columns["until"] < 0 else float(columns["until"])))
    elif event_type == "session_completed":
        if columns["no_show"]:
            life.activity.append(t - NO_SHOW_REPORTED_US)
        elif columns["completed_successfully"]:
            life.completed.append(t)
    elif event_type != "booking_requested" or not columns["system_generated"]:
        times = {
            "session_started": life.activity,
            "booking_requested": life.activity if kind == "student" else None,
            "learning_activity": life.activity,
            "student_goal_reached": life.goals,
            f"{kind}_resumed": life.resumed,
            f"{kind}_departed": life.departed,
        }.get(event_type)
        if times is not None:
            times.append(t)


def exit_of(life: Life, as_of: int, gap_us: float, end: int) -> tuple[float, bool, bool]:
    """When this life ends seen from `as_of` (NaN: not), whether by a goal, and whether an open pause hides it."""
    before = [t for t in life.activity if t <= as_of]
    last = before[-1] if before else life.registered
    for t in [*(t for t in life.activity if t > as_of), end]:
        paused, hidden = _paused(life, last, t)
        left = [d for d in life.departed if last < d < t]
        silent = t - last - paused
        if silent > gap_us or (t == end and silent >= gap_us):
            return last, any(last <= g < t for g in life.goals), False
        if left:
            return left[0], False, False
        if t == end:
            return math.nan, False, hidden
        last = t
    raise AssertionError


def _paused(life: Life, last: int, now: int) -> tuple[float, bool]:
    """Paused time between two moments, and whether a pause of unknown end is still open at the later one."""
    total, hidden = 0.0, False
    starts = [p for p in life.pauses if last < p[0] < now]
    for place, (start, until) in enumerate(starts):
        resumed = [r for r in life.resumed if start < r <= now]
        next_start = starts[place + 1][0] if place + 1 < len(starts) else math.inf
        stop = min([until, now, next_start, *resumed[:1]])
        total += stop - start
        hidden = math.isinf(until) and not resumed and math.isinf(next_start)
    return total, hidden


def usual_of(life: Life, as_of: int) -> float:
    """Completed sessions in a usual 30 days; NaN for newcomers and under one."""
    past = [t for t in life.completed if t <= as_of]
    start = min([life.registered, *life.activity[:1]])
    if not past or as_of - start < 30 * DAY_US:
        return math.nan
    days = min(max(as_of // DAY_US - past[0] // DAY_US, 30), 90)
    usual = sum(t > as_of - 90 * DAY_US for t in past) / days * 30
    return usual if usual >= 1 else math.nan
