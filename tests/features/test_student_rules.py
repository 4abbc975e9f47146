"""The sentences of the contract about students, one by one."""

import pytest

from tests.features.memory import MemoryStore
from tests.features.said import NOW, done, event, of, say
from tutorpulse.clock import parse_time
from tutorpulse.settings import Settings


def test_trends_compare_equal_spans(store: MemoryStore) -> None:
    found = say(store, "student", *map(done, (1, 2, 3, 8, 15, 16, 27.9)))
    assert (found["session_trend_7d_14d"], found["session_trend_14d_30d"]) == (3 - 1, 4 - 3)
    assert found["session_acceleration"] == 2 - 1 / 2


def test_the_mean_gap_needs_two_sessions(store: MemoryStore) -> None:
    assert say(store, "student", done(1))["avg_gap_between_sessions"] is None
    assert say(store, "student", *map(done, (1, 5, 11)))["avg_gap_between_sessions"] == pytest.approx(5)


@pytest.mark.parametrize(
    ("zone", "weekend", "evening"),
    [
        ("UTC", 0, 0),
        ("Australia/Sydney", 1, 0),
        ("Asia/Kolkata", 0, 1),
        ("Nowhere/Atall", 0, 0),
        (None, 0, 0),
    ],
)
def test_weekends_and_evenings_are_the_students_own(
    store: MemoryStore, zone: str | None, weekend: int, evening: int
) -> None:
    """Friday 2026-03-13 14:30 UTC: 20:00 in India, Saturday 01:30 in Sydney."""
    at = parse_time("2026-03-13T14:30:00Z")
    session = done(0, "x") | {"ts_us": at, "received_us": at}
    found = say(store, "student", session, of("student_registered", 90, timezone=zone))
    assert (found["sessions_weekend_ratio"], found["sessions_evening_ratio"]) == (weekend, evening)


def test_local_times_follow_the_change_of_clocks(store: MemoryStore) -> None:
    """New York moved its clocks on Sunday 2026-03-08: 21:30 UTC is 16:30 before and 17:30 after."""
    times = [parse_time(f"2026-03-{day:02}T21:30:00Z") for day in (5, 12)]
    sessions = [done(0, str(t)) | {"ts_us": t, "received_us": t} for t in times]
    york = Settings(marketplace_timezone="America/New_York")
    assert say(store, "student", *sessions, settings=york)["sessions_evening_ratio"] == 0.5


def test_engagement_is_a_percentile_among_the_active(store: MemoryStore) -> None:
    def learner(name: str, questions: int, days: float = 3) -> dict[str, object]:
        return event("learning_activity", days, student_id=name, questions_asked=questions)

    crowd = [learner("a", 1), learner("b", 2), learner("c", 3), learner("asleep", 9, 31)]
    assert say(store, "student", *crowd, entity_id="c")["engagement_score"] == pytest.approx(100 * 2.5 / 3)
    assert say(store, "student", *crowd, entity_id="a")["engagement_score"] == pytest.approx(100 * 0.5 / 3)
    assert say(store, "student", learner("asleep", 9, 31), entity_id="asleep")["engagement_score"] is None


def test_questions_that_no_event_ever_carried_are_missing(store: MemoryStore) -> None:
    materials = event("learning_activity", 40, student_id="s", materials_accessed=3)
    found = say(store, "student", materials)
    assert (found["questions_asked_30d"], found["materials_accessed_30d"]) == (None, 0)


# Money


def _paid(days: float, amount: float, succeeded: bool = True, **payload: object) -> dict[str, object]:
    return event("payment_processed", days, student_id="s", amount=amount, succeeded=succeeded, **payload)


def test_payments_succeed_or_fail(store: MemoryStore) -> None:
    found = say(
        store,
        "student",
        _paid(1, 10),
        _paid(2, 30, method="card"),
        _paid(3, 99, succeeded=False),
        _paid(60, 50),
    )
    assert found["payment_success_rate_30d"] == pytest.approx(2 / 3)
    assert (found["payment_failures_30d"], found["total_revenue_30d"], found["avg_transaction_value"]) == (
        1,
        40,
        30,
    )
    assert (found["payment_method_count"], found["days_since_last_payment"]) == (1, 1)


def test_prices_count_as_payments_only_where_the_log_has_none_at_all(store: MemoryStore) -> None:
    priced = done(2, price=25)
    found = say(store, "student", priced)
    assert (found["total_revenue_30d"], found["avg_transaction_value"], found["days_since_last_payment"]) == (
        25,
        25,
        2,
    )
    assert (found["payment_success_rate_30d"], found["payment_failures_30d"]) == (None, None)
    elsewhere = event("payment_processed", 90, student_id="other", amount=1, succeeded=True)
    found = say(store, "student", priced, elsewhere)
    assert (found["total_revenue_30d"], found["payment_failures_30d"]) == (None, 0)


# Behaviour


def test_calls_tickets_and_answers_are_counted(store: MemoryStore) -> None:
    calls = [event("ib_call_logged", days, student_id="s") for days in (1, 6, 13, 14)]
    tickets = [
        event("support_ticket_opened", d, student_id="s", is_complaint=c) for d, c in ((1, True), (2, None))
    ]
    answer = event("message_responded", 4, student_id="s", response_time_hours=6)
    found = say(store, "student", *calls, *tickets, answer)
    assert [found[n] for n in ("ib_calls_7d", "ib_calls_14d", "ib_call_rate")] == [
        2,
        3,
        pytest.approx(3 / 14),
    ]
    assert [found[n] for n in ("support_tickets_30d", "complaints_30d", "avg_response_time_hours")] == [
        2,
        1,
        6,
    ]


def test_a_cancellation_is_late_by_its_notice_else_by_the_planned_start(store: MemoryStore) -> None:
    def cancelled(session: str, side: str | None, **payload: object) -> dict[str, object]:
        who = {"session_id": session, "student_id": "s", "tutor_id": "t", "cancelled_by": side}
        return event("session_cancelled", 3, **who, **payload)

    soon = event(
        "session_booked",
        9,
        session_id="c",
        student_id="s",
        tutor_id="t",
        starts_at=NOW - 3 * 86_400_000_000 + 1,
    )
    found = say(
        store, "student",
        cancelled("a", "student", notice_hours=23.9), cancelled("b", "student", notice_hours=24),
        soon, cancelled("c", "student"), cancelled("d", "student"),
        cancelled("e", None, notice_hours=1), cancelled("f", "tutor", notice_hours=1),
    )  # fmt: skip
    assert found["late_cancellations_30d"] == 2
    assert found["cancellation_rate_7d"] == found["cancellation_rate_30d"] == pytest.approx(5 / 6)


# Tutors


def test_consistency_looks_at_the_last_20_sessions_of_at_least_3(store: MemoryStore) -> None:
    assert say(store, "student", done(1), done(2))["tutor_consistency_score"] is None
    same = [done(n + 1) for n in range(20)]
    assert say(store, "student", *same, done(50, tutor_id="old"))["tutor_consistency_score"] == 1
    three = [done(1, tutor_id="a"), done(2, tutor_id="b"), done(3, tutor_id="c")]
    assert say(store, "student", *three)["tutor_consistency_score"] == 0


def test_changes_of_tutor_are_counted_between_consecutive_sessions(store: MemoryStore) -> None:
    tutors = [done(n + 1, tutor_id=name) for n, name in enumerate("aabab")]
    found = say(store, "student", *tutors)
    assert (found["tutor_changed_count_30d"], found["unique_tutors_30d"]) == (3, 2)
    assert found["preferred_tutor_sessions_ratio"] == found["preferred_tutor_ratio"] == pytest.approx(3 / 5)


def test_tutors_are_missing_in_a_log_of_students_only(store: MemoryStore) -> None:
    found = say(store, "student", *(done(n, tutor_id="-") for n in range(4)))
    about_tutors = [name for name in found if "tutor" in name and name != "tutor_changed_count_30d"]
    assert {found[name] for name in about_tutors} == {None}
    assert found["tutor_changed_count_30d"] is None
    assert found["sessions_30d"] == 4


def test_what_tutors_are_to_others_reaches_their_students(store: MemoryStore) -> None:
    declared = of("tutor_availability_updated", 1, available_hours_this_week=15)
    idle = event("tutor_availability_updated", 1, tutor_id="u", available_hours_this_week=40)
    other = done(2, student_id="other", rating=2)
    met = done(1), done(3, tutor_id="u"), done(31, tutor_id="long ago")
    found = say(store, "student", declared, idle, other, *met)
    assert found["tutor_rating_avg"] == 2
    assert found["tutor_availability_score"] == pytest.approx((15 / 20 + 1) / 2)


def test_a_match_is_a_tutor_rated_4_on_average(store: MemoryStore) -> None:
    ratings = [
        done(1, rating=5),
        done(2, rating=3),
        done(3, tutor_id="u", rating=3.9),
        done(99, tutor_id="v", rating=1),
    ]
    assert say(store, "student", *ratings)["tutor_match_score"] == 0.5
