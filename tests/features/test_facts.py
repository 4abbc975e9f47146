"""Activity, departures and pauses: what status is told from, and what labels are made of."""

import math

import pytest

from tests.features.memory import MemoryStore
from tests.features.said import NOW, Event, ago, done, event, of, say
from tutorpulse.features import relations


def _asked(days: float, **payload: object) -> Event:
    return event("booking_requested", days, request_id=f"r{days}", student_id="s", subject="math", **payload)


def test_registration_starts_the_clock_but_is_no_activity(store: MemoryStore) -> None:
    found = say(store, "tutor", of("tutor_registered", 50))
    assert (found["activity_count"], found["last_activity_us"], found["tenure_days"]) == (0, None, 50)


def test_a_tutors_activity_is_a_session_that_reached_its_start(store: MemoryStore) -> None:
    quiet = [of("tutor_availability_updated", 1), of("tutor_profile_updated", 2), done(3, was_cancelled=True)]
    found = say(store, "tutor", *quiet, done(9, no_show=True))
    assert (found["activity_count"], found["last_activity_us"]) == (1, ago(9))


def test_a_students_own_requests_and_learning_are_activity(store: MemoryStore) -> None:
    learned = event("learning_activity", 4, student_id="s")
    found = say(store, "student", _asked(2, system_generated=True), _asked(3), learned, done(8))
    assert (found["activity_count"], found["last_activity_us"]) == (3, ago(3))


def test_a_departure_holds_until_later_activity_reopens_it(store: MemoryStore) -> None:
    gone = of("tutor_departed", 10)
    assert say(store, "tutor", done(20), gone)["departed_us"] == ago(10)
    assert say(store, "tutor", gone, done(10))["departed_us"] == ago(10)
    assert say(store, "tutor", gone, done(9))["departed_us"] is None


@pytest.mark.parametrize(
    ("events", "until"),
    [
        ([of("student_paused", 5, until=NOW + 1)], NOW + 1),
        ([of("student_paused", 5)], math.inf),
        ([of("student_paused", 9, until=NOW + 1), of("student_paused", 5)], math.inf),
        ([of("student_paused", 9), of("student_paused", 5, until=NOW + 7)], NOW + 7),
        ([of("student_resumed", 6), of("student_paused", 5)], math.inf),
    ],
)
def test_the_newest_pause_holds(store: MemoryStore, events: list[Event], until: float) -> None:
    found = say(store, "student", *events)
    assert (found["paused_since_us"], found["paused_until_us"]) == (ago(5), until)


@pytest.mark.parametrize(
    "ender",
    [
        [of("student_resumed", 4)],
        [done(4)],
        [_asked(4)],
        [of("student_paused", 3, until=ago(1))],
    ],
)
def test_a_pause_ends_by_its_end_a_resumption_or_any_later_activity(
    store: MemoryStore, ender: list[Event]
) -> None:
    found = say(store, "student", of("student_paused", 5), *ender)
    assert (found["paused_since_us"], found["paused_until_us"]) == (None, None)


def test_pauses_end_at_what_comes_first(store: MemoryStore) -> None:
    events = [
        of("student_paused", 50, until=ago(40)),
        of("student_paused", 30),
        of("student_paused", 20, until=ago(-5)),
        of("student_paused", 9),
        done(8),
        of("student_paused", 3),
    ]
    store.fill([{"event_id": str(n), **e} for n, e in enumerate(events)])
    rows = store.query(relations.pauses_sql("student", NOW, NOW) + " ORDER BY ts_us")
    ended = rows["ended_us"].filled(0).tolist()
    assert ended == [ago(40), ago(20), ago(9), ago(8), 0]


def test_the_relations_of_labels_hold_one_row_an_event(store: MemoryStore) -> None:
    events = [of("student_registered", 9), of("student_departed", 5), of("student_goal_reached", 2), done(1)]
    store.fill([{"event_id": str(n), **e} for n, e in enumerate(events)])
    found = {
        "registered": relations.registrations_sql("student", NOW, NOW),
        "departed": relations.departures_sql("student", NOW, NOW),
        "goal": relations.goals_sql(NOW, NOW),
        "active": relations.activity_sql("student", NOW, NOW),
    }
    times = {name: store.query(sql)["ts_us"].tolist() for name, sql in found.items()}
    assert times == {"registered": [ago(9)], "departed": [ago(5)], "goal": [ago(2)], "active": [ago(1)]}
    assert store.query(relations.registrations_sql("student", ago(10), NOW))["ts_us"].tolist() == []
    assert store.query(relations.goals_sql(NOW, ago(3)))["ts_us"].tolist() == []


def _agreed(session_id: str, days_ahead: float) -> Event:
    parties = {"session_id": session_id, "tutor_id": "t", "student_id": "s"}
    return event("session_booked", 2, starts_at=ago(-days_ahead), **parties)


def test_sessions_ahead_are_those_agreed_and_not_called_off(store: MemoryStore) -> None:
    off = event("session_cancelled", 1, session_id="b", tutor_id="t", student_id="s")
    for kind in ("tutor", "student"):
        found = say(store, kind, _agreed("a", 5), _agreed("b", 1), off, _agreed("c", 3), done(4))
        assert (found["sessions_ahead"], found["days_to_next_session"]) == (2, 3)


def test_a_log_that_never_tells_of_bookings_has_no_sessions_ahead(store: MemoryStore) -> None:
    found = say(store, "tutor", done(9), done(4))
    assert (found["sessions_ahead"], found["days_to_next_session"]) == (None, None)
    past = event("session_booked", 6, starts_at=ago(4), session_id="d", tutor_id="t", student_id="s")
    assert say(store, "tutor", past, done(4, "d"))["sessions_ahead"] == 0
