"""The week to come, by subject: a line drawn by hand against the one that is drawn for all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.features.memory import MemoryStore
from tests.features.said import NOW, done, event
from tests.market.test_balance import asked, booked
from tutorpulse.clock import DAY_US
from tutorpulse.market.balance import balance
from tutorpulse.market.forecast import forecast, trend, weekly_sql
from tutorpulse.market.words import told_ahead
from tutorpulse.settings import Settings

Event = dict[str, Any]


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    memory = MemoryStore()
    yield memory
    memory.close()


def ahead(store: MemoryStore, *events: Event) -> dict[str, float]:
    """What is foretold of maths."""
    store.fill([{"event_id": f"e{n:04}", **e} for n, e in enumerate(events)])
    found = balance(store, NOW, NOW, Settings())
    told = forecast(store, found, NOW, NOW)
    row = found.subjects.tolist().index("maths")
    names = ("requests_8w", "trend", "demand_hours", "supply_hours", "gap_share")
    return {name: float(told.number(name)[row]) for name in names}


def served(week: int, nth: int, **more: Any) -> list[Event]:
    """A request, so many weeks ago, with the booking that serves it."""
    days, who = 7 * week + 5 + nth / 100, f"w{week}n{nth}"
    return [{**asked(who, days, student=who), **more}, booked(days - 1, student=who)]


def hours(next_week: float, tutor: str = "t") -> Event:
    return event(
        "tutor_availability_updated",
        2,
        tutor_id=tutor,
        available_hours_this_week=10,
        available_hours_next_week=next_week,
    )


def lessons_of(hours_taught: float) -> Event:
    return done(1, subject="maths", duration_minutes=60 * hours_taught)


def test_what_is_taught_grows_as_requests_do_and_is_held_against_hours_declared(store: MemoryStore) -> None:
    rising = [e for week in range(8) for nth in range(9 - week) for e in served(week, nth)]
    found = ahead(store, *rising, lessons_of(6), hours(5))
    assert found["requests_8w"] == sum(range(2, 10))
    half_a_ninth_more = 1 + 1 / 18
    assert found["trend"] == pytest.approx(half_a_ninth_more)
    assert found["demand_hours"] == pytest.approx(6 * half_a_ninth_more)
    assert found["supply_hours"] == 5
    assert found["gap_share"] == pytest.approx(1 - 5 / (6 * half_a_ninth_more))


def test_requests_that_nobody_serves_are_demand_too_by_the_hours_they_ask_for(store: MemoryStore) -> None:
    level = [
        {**asked(f"r{week}-{nth}", 7 * week + 5, student=f"s{week}{nth}"), "duration_minutes": 90}
        for week in range(8)
        for nth in range(4)
    ]
    found = ahead(store, *level, hours(5))
    assert found["trend"] == pytest.approx(1)
    assert found["demand_hours"] == pytest.approx(4 * 1.5)


def test_where_nobody_declares_hours_the_supply_is_not_known_rather_than_nothing(store: MemoryStore) -> None:
    found = ahead(store, *[e for week in range(8) for e in served(week, 0)], lessons_of(3))
    assert np.isnan(found["supply_hours"])
    assert np.isnan(found["gap_share"])


def test_a_log_of_three_weeks_has_no_trend_and_one_of_five_is_not_held_against_weeks_before_it(
    store: MemoryStore,
) -> None:
    three = [e for week in range(3) for nth in range(5) for e in served(week, nth)]
    assert np.isnan(ahead(store, *three, lessons_of(3), hours(5))["trend"])
    five = [e for week in range(5) for nth in range(5) for e in served(week, nth)]
    eldest = asked("first", 36, student="f")
    assert ahead(store, *five, eldest, lessons_of(3), hours(5))["trend"] == pytest.approx(1)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=6, max_size=6), min_size=1, max_size=4))
def test_the_trend_is_half_of_the_line_of_least_squares_where_that_is_beyond_chance(
    weekly: list[list[int]],
) -> None:
    for row, got in zip(weekly, trend(np.array(weekly, np.float64)), strict=True):
        slope, start = np.polyfit(range(6), row, 1)
        last, coming = start + 5 * slope, start + 6 * slope
        error = (sum(row) / 6 / sum((week - 2.5) ** 2 for week in range(6))) ** 0.5
        assume(abs(abs(slope) - 2 * error) > 1e-9)
        assume(abs(last) > 1e-9)
        chance = last < 0 or abs(slope) < 2 * error
        assert got == pytest.approx(1.0 if chance else (1 + min(max(coming / last, 0.5), 2.0)) / 2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 600), st.sampled_from(["maths", "art"])), max_size=30
    )
)
def test_requests_are_counted_by_week_once_each(
    store: MemoryStore, history: list[tuple[int, int, str]]
) -> None:
    events = [
        {"event_id": f"e{place:03}", **asked(f"r{nth}", tenths / 10, subject)}
        for place, (nth, tenths, subject) in enumerate(history)
    ]
    store.fill(events)
    found = store.query(weekly_sql(NOW, NOW))
    counted = {row[0]: list(row[1:9]) for row in zip(*found.values(), strict=True)}
    newest: dict[str, Event] = {}
    for e in sorted(events, key=lambda e: (e["ts_us"], e["event_id"])):
        if NOW - 56 * DAY_US < e["ts_us"] <= NOW:
            newest[e["request_id"]] = e
    wanted: dict[str, list[int]] = {}
    for e in newest.values():
        weeks = wanted.setdefault(e["subject"], [0] * 8)
        weeks[7 - (NOW - e["ts_us"]) // (7 * DAY_US)] += 1
    assert counted == wanted


def test_it_is_said_in_a_sentence(store: MemoryStore) -> None:
    level = [e for week in range(8) for e in served(week, 0)]
    store.fill([{"event_id": f"e{n:03}", **e} for n, e in enumerate([*level, lessons_of(6), hours(5)])])
    found = balance(store, NOW, NOW, Settings())
    row = found.subjects.tolist().index("maths")
    assert told_ahead(forecast(store, found, NOW, NOW), row) == (
        "6 h are expected to be wanted in the week to come (requests +0 % a week), tutors declare 5 h"
    )
