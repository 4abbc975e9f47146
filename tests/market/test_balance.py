"""Supply against demand: counted as a careful person would count by hand."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.features.memory import MemoryStore
from tests.features.said import NOW, ago, done, event
from tutorpulse.clock import DAY_US
from tutorpulse.market.balance import Balance, balance, requests_sql
from tutorpulse.settings import Settings

Event = dict[str, Any]


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    memory = MemoryStore()
    yield memory
    memory.close()


def asked(request_id: str, days_ago: float, subject: str = "maths", student: str = "s") -> Event:
    return event("booking_requested", days_ago, request_id=request_id, student_id=student, subject=subject)


def answered(request_id: str, days_ago: float, accepted: bool = True) -> Event:
    return event("booking_responded", days_ago, request_id=request_id, tutor_id="t", accepted=accepted)


def booked(days_ago: float, subject: str = "maths", student: str = "s") -> Event:
    starts = ago(days_ago - 1)
    return event(
        "session_booked",
        days_ago,
        session_id=f"b {days_ago} {student}",
        student_id=student,
        tutor_id="t",
        subject=subject,
        starts_at=starts,
    )


def of(store: MemoryStore, *events: Event, as_of_us: int = NOW) -> dict[str, dict[str, float]]:
    store.fill([{"event_id": f"e{n}", **e} for n, e in enumerate(events)])
    found = balance(store, as_of_us, as_of_us, Settings())
    return {
        str(subject): {name: float(found.number(name)[row]) for name in NAMES}
        for row, subject in enumerate(found.subjects)
    }


NAMES = ("requests", "unserved_share", "tutors", "offered_hours", "booked_share")


def test_a_request_is_served_by_an_acceptance_or_a_booking(store: MemoryStore) -> None:
    found = of(
        store,
        *(asked("accepted", 20), answered("accepted", 19)),
        *(asked("booked", 18, student="b"), booked(17, student="b")),
        *(asked("declined", 16, student="c"), answered("declined", 15, accepted=False)),
    )["maths"]
    assert (found["requests"], found["unserved_share"]) == (3, pytest.approx(1 / 3))


def test_a_request_is_not_judged_before_three_days(store: MemoryStore) -> None:
    assert of(store, asked("young", 2.9)) == {}
    assert of(store, asked("old", 3.1))["maths"]["unserved_share"] == 1


@pytest.mark.parametrize(
    "later", [booked(17, subject="physics"), booked(17, student="other"), booked(12.9), booked(20.5)]
)
def test_a_booking_serves_only_the_same_student_and_subject_within_a_week_after(
    store: MemoryStore, later: Event
) -> None:
    assert of(store, asked("r", 20), later)["maths"]["unserved_share"] == 1


def test_requests_older_than_four_weeks_do_not_count(store: MemoryStore) -> None:
    assert of(store, asked("r", 28.1)) == {}


def test_hours_booked_are_held_against_hours_offered_by_main_subject(store: MemoryStore) -> None:
    hours = event("tutor_availability_updated", 9, tutor_id="t", available_hours_this_week=10)
    again = event("tutor_availability_updated", 2, tutor_id="t", available_hours_this_week=10)
    found = of(store, hours, again, done(1, subject="maths", duration_minutes=90))["maths"]
    assert found["tutors"] == 1
    assert found["booked_share"] == pytest.approx(1.5 / found["offered_hours"])
    assert np.isnan(found["unserved_share"])


def test_what_was_not_known_does_not_count(store: MemoryStore) -> None:
    late = {**answered("r", 19), "received_us": NOW + 1}
    assert of(store, asked("r", 20), late)["maths"]["unserved_share"] == 1


_HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(["ask", "yes", "no", "book"]),
        st.integers(0, 4),
        st.integers(0, 40),
        st.sampled_from(["maths", "physics"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_HISTORIES, back=st.integers(0, 10))
def test_requests_are_counted_as_the_words_say(
    store: MemoryStore, history: list[tuple[str, int, int, str]], back: int
) -> None:
    events = [
        asked(f"r{n}", days, subject, f"s{n}")
        if what == "ask"
        else booked(days, subject, f"s{n}")
        if what == "book"
        else answered(f"r{n}", days, what == "yes")
        for what, n, days, subject in history
    ]
    as_of_us = ago(back)
    store.fill([{"event_id": f"e{n:03}", **e} for n, e in enumerate(events)])
    found = store.query(requests_sql(as_of_us, as_of_us))
    counted = dict(zip(found["subject"], zip(found["served"], found["unserved"], strict=True), strict=True))
    assert counted == _naive([{"event_id": f"e{n:03}", **e} for n, e in enumerate(events)], as_of_us)


def _naive(events: list[Event], as_of_us: int) -> dict[str, tuple[int, int]]:
    seen = [e for e in events if as_of_us - 28 * DAY_US < e["ts_us"] <= as_of_us]
    newest: dict[str, Event] = {}
    for e in sorted(seen, key=lambda e: (e["ts_us"], e["event_id"])):
        if e["event_type"] == "booking_requested":
            newest[e["request_id"]] = e
    counts: dict[str, tuple[int, int]] = {}
    for request in newest.values():
        accepted = any(e.get("accepted") and e["request_id"] == request["request_id"] for e in seen)
        taken = any(
            e["event_type"] == "session_booked"
            and (e["student_id"], e["subject"]) == (request["student_id"], request["subject"])
            and 0 <= e["ts_us"] - request["ts_us"] <= 7 * DAY_US
            for e in seen
        )
        served, unserved = counts.get(request["subject"], (0, 0))
        if accepted or taken:
            served += 1
        elif as_of_us - request["ts_us"] >= 3 * DAY_US:
            unserved += 1
        counts[request["subject"]] = served, unserved
    return counts


def test_an_empty_market_has_no_subjects(store: MemoryStore) -> None:
    found: Balance = balance(store.fill([]), NOW, NOW, Settings())
    assert len(found) == 0
