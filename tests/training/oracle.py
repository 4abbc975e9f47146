"""Labels by the letter of the specification: one entity, one row at a time, in plain Python."""

import math
from dataclasses import dataclass, field

from tutorpulse.clock import DAY_US

NAN = math.nan


@dataclass
class Life:
    """One entity's raw log: times in microseconds, pauses as (start, until or None)."""

    activity: list[int] = field(default_factory=list)
    completed: list[int] = field(default_factory=list)
    registered: int | None = None
    departures: list[int] = field(default_factory=list)
    goals: list[int] = field(default_factory=list)
    pauses: list[tuple[int, int | None]] = field(default_factory=list)
    resumed: list[int] = field(default_factory=list)
    pairs: list[tuple[int, int | None, float | None]] = field(default_factory=list)  # first, second, rating


def pause_end(life: Life, start: int, until: int | None) -> tuple[int | None, bool]:
    """When a pause was over (None: not yet), and whether somebody had stated that end."""
    stated = [t for t in [until, *life.resumed, *(s for s, _ in life.pauses)] if t is not None and t > start]
    active = [t for t in life.activity if t > start]
    known = until is not None or (bool(stated) and (not active or min(stated) <= min(active)))
    return min([*stated, *active], default=None), known


def in_force(life: Life) -> list[tuple[int, int | None]]:
    longest: dict[int, int | None] = {}
    for start, until in life.pauses:
        held = longest.get(start, start)
        longest[start] = None if until is None or held is None else max(held, until)
    return sorted(longest.items())


def unpaused(life: Life, after: int, through: int) -> int:
    paused = 0
    for start, until in in_force(life):
        end, _ = pause_end(life, start, until)
        end = through if end is None else end
        paused += max(0, min(end, through) - max(start, after))
    return through - after - paused


def silence_kind(life: Life, points: list[int], i: int, gap: int, known: int) -> str:
    """What the silence after point i is: continues, exit, goal or unknown."""
    at, last = points[i], i + 1 == len(points)
    end = known if last else points[i + 1]
    for start, until in in_force(life):
        if at <= start and (start <= end if last else start < end) and not pause_end(life, start, until)[1]:
            if unpaused(life, at, start) < gap:
                return "unknown"
            break
    length = unpaused(life, at, end)
    if length < gap or (length == gap and not last):
        return "unknown" if last else "continues"
    for goal in sorted(life.goals):
        if at <= goal and (goal <= end if last else goal < end):
            return "goal" if unpaused(life, at, goal) <= gap else "exit"
    return "exit"


def clock(life: Life) -> list[int]:
    points = sorted(life.activity)
    if life.registered is not None and (not points or life.registered < points[0]):
        points.insert(0, life.registered)
    return points


def find_exit(life: Life, as_of: int, gap: int, known: int) -> tuple[int | None, str]:
    points = clock(life)
    seen = [i for i, t in enumerate(points) if t <= as_of]
    if not seen:
        return None, "unknown"
    begin = seen[-1]
    stop = next(
        i for i in range(begin, len(points)) if silence_kind(life, points, i, gap, known) != "continues"
    )
    kind = silence_kind(life, points, stop, gap, known)
    departed = min((d for d in life.departures if d >= points[begin]), default=None)
    silent_until = known if stop + 1 == len(points) else points[stop + 1]
    limit = silent_until if kind == "unknown" else points[stop]
    if departed is not None and departed < limit:
        since = max(t for t in points if t <= departed)
        return departed, "goal" if any(since <= g <= departed for g in life.goals) else "exit"
    return points[stop], kind


def exit_label(life: Life, as_of: int, days: int, gap: int, known: int) -> float:
    if as_of + days * DAY_US + gap > known:
        return NAN
    x, kind = find_exit(life, as_of, gap, known)
    if x is None or (kind == "unknown" and x <= as_of + days * DAY_US):
        return NAN
    return float(kind == "exit" and x <= as_of + days * DAY_US)


def inactive_label(life: Life, as_of: int, days: int, known: int) -> float:
    until = as_of + days * DAY_US
    return NAN if until > known else float(not any(as_of < t <= until for t in life.activity))


def velocity_label(life: Life, as_of: int, known: int) -> float:
    until = as_of + 28 * DAY_US
    return NAN if until > known else sum(as_of < t <= until for t in life.completed) / 4


def first_session_label(life: Life, as_of: int, known: int) -> float:
    if as_of + 60 * DAY_US > known:
        return NAN
    coming = sorted(pair for pair in life.pairs if as_of < pair[0] <= as_of + 30 * DAY_US)
    if not coming:
        return NAN
    first, second, rating = coming[0]
    again = second is not None and second - first <= 30 * DAY_US
    return float(again and not (rating is not None and rating < 4))


def health_label(life: Life, as_of: int, first_session: int | None, known: int) -> float:
    points = clock(life)
    until = as_of + 30 * DAY_US
    if until > known or not points or as_of - points[0] < 30 * DAY_US or first_session is None:
        return NAN
    days = max(30.0, min(90.0, (as_of - first_session) / DAY_US))
    usual = sum(as_of - 90 * DAY_US < t <= as_of for t in life.completed) * 30 / days
    if usual < 1:
        return NAN
    return float(sum(as_of < t <= until for t in life.completed) >= usual / 2)
