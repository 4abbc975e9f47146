"""`bench freshness`: from an event's receipt to the prediction made with it, while events keep coming; and everybody anew meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from tutorpulse.bench.filling import filled_home
from tutorpulse.bench.harness import Options, Result, result
from tutorpulse.bench.loading import Load, idle_mean_s, load
from tutorpulse.bench.marketplace import Plan
from tutorpulse.bench.served import Served, refresh_whole, resident_mb, served
from tutorpulse.bench.whole import whole_refreshes
from tutorpulse.bench.year import newest_lines, year_plan
from tutorpulse.clock import SystemClock

EVENTS_PER_SECOND = 2_000
LOAD_S = 60
LOWER_EVENTS_PER_SECOND = (500, 1_000)
LOWER_LOAD_S = 30
IDLE_EVENTS = 10
TUTORS = 10_000
"""As many, or one for each hundred events where that is fewer."""

WHOLE_SHARE = 2
"""The home that is refreshed as a whole is so many times the other."""
WHOLE_LOAD_S = 90
"""Events for so long are made for each whole refresh under load."""

_EVENTS_PER_TUTOR = 100


def run(options: Options) -> Result:
    """Each repeat posts 2,000 events a second for a minute, about all tutors and students of the home, in posts of a hundred. The value is the
    99th percentile of the time from receipt, which is before the acknowledgement, to readable, over all entities that events touched, as the
    service counts it: from the first event that an entity had waiting. Before that the same at 500 and 1,000 events a second for half a minute.
    The limit is the mean time that a single event takes with nothing else to do.

    Then another home, of twice the events, tutors and students, is served in its place, and everybody in it is refreshed: alone, while one
    entity and a page are read by turns, and while 2,000 events a second come in as well.
    """
    now_us = SystemClock().now_us()
    plan = plan_of(options.events, now_us)
    home = filled_home(options, plan)
    with served(home) as service:
        refresh_whole(home)
        lines = iter(newest_lines(plan, now_us, _count(options.repeats)))
        idle_s = idle_mean_s(service, islice(lines, IDLE_EVENTS))
        lower = [_load(service, lines, pace, LOWER_LOAD_S) for pace in LOWER_EVENTS_PER_SECOND]
        full = [_load(service, lines, EVENTS_PER_SECOND, LOAD_S) for _ in range(options.repeats)]
        memory_mb = resident_mb(service.pid)
    details = {
        "events_before": plan.events,
        "tutors": plan.tutors,
        "students": plan.students,
        "at_lower_rates": [each.as_data() for each in lower],
        "at_full_rate": [each.as_data() for each in full],
        "service_memory_mb": memory_mb,
        **_whole(options, whole_plan(plan), now_us),
    }
    values = [each.p99_s() for each in full]
    return result("freshness", "s", values, idle_s, details, smaller_is_better=True)


def plan_of(events: int, now_us: int) -> Plan:
    """A year up to now: a tutor for each hundred events up to 10,000, at least 20, and five students for each tutor."""
    return year_plan(events, min(events // _EVENTS_PER_TUTOR, TUTORS), now_us)


def whole_plan(plan: Plan) -> Plan:
    """The same, twice as large in events, tutors and students."""
    return replace(
        plan,
        events=WHOLE_SHARE * plan.events,
        tutors=WHOLE_SHARE * plan.tutors,
        students=WHOLE_SHARE * plan.students,
    )


def _count(repeats: int) -> int:
    """How many events all loads on the first home take."""
    return (
        IDLE_EVENTS
        + sum(pace * LOWER_LOAD_S for pace in LOWER_EVENTS_PER_SECOND)
        + repeats * EVENTS_PER_SECOND * LOAD_S
    )


def _load(service: Served, lines: Iterator[bytes], per_second: int, seconds: int) -> Load:
    return load(service, islice(lines, per_second * seconds), per_second)


def _whole(options: Options, plan: Plan, now_us: int) -> dict[str, Any]:
    home = filled_home(options, plan, "whole")
    lines = newest_lines(plan, now_us, options.repeats * EVENTS_PER_SECOND * WHOLE_LOAD_S)
    return {
        "whole_refresh_events_before": plan.events,
        "whole_refresh_tutors": plan.tutors,
        "whole_refresh_students": plan.students,
        **whole_refreshes(home, iter(lines), EVENTS_PER_SECOND, options.repeats),
    }
