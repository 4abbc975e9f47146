"""The sentences of the contract about tutors, one by one."""

import pytest

from tests.features.memory import MemoryStore
from tests.features.said import NOW, done, event, of, say
from tutorpulse.clock import parse_time
from tutorpulse.settings import Settings


def test_windows_are_half_open(store: MemoryStore) -> None:
    found = say(store, "tutor", done(0), done(7 - 1e-9), done(7), done(30))
    assert (found["sessions_completed_7d"], found["sessions_completed_30d"]) == (2, 3)


def test_what_happened_after_as_of_never_counts(store: MemoryStore) -> None:
    found = say(store, "tutor", done(1), done(-1))
    assert (found["sessions_taught_30d"], found["days_since_last_session"]) == (1, 1)


def test_what_was_received_after_known_at_never_counts(store: MemoryStore) -> None:
    late = done(2, "late") | {"received_us": NOW + 1}
    assert say(store, "tutor", done(1), late)["sessions_taught_30d"] == 1
    assert say(store, "tutor", done(1), late, known_at_us=NOW + 1)["sessions_taught_30d"] == 2


def test_a_session_counts_when_it_started_not_when_it_was_reported(store: MemoryStore) -> None:
    started = event("session_started", 8, session_id="x", tutor_id="t", student_id="s")
    found = say(store, "tutor", started, done(6, "x"))
    assert (found["sessions_taught_7d"], found["sessions_taught_14d"]) == (0, 1)


def test_counts_over_nothing_are_0_and_means_are_missing(store: MemoryStore) -> None:
    found = say(store, "tutor", of("tutor_registered", 100))
    assert [found[n] for n in ("sessions_taught_30d", "unique_students_30d", "session_frequency_7d")] == [
        0,
        0,
        0,
    ]
    assert {
        found[n] for n in ("avg_rating", "session_completion_rate", "rating_trend", "days_since_last_session")
    } == {None}


def test_no_shows_and_cancellations_of_an_unknown_side_are_the_tutors(store: MemoryStore) -> None:
    found = say(
        store, "tutor",
        done(1, no_show=True), done(2, no_show=True, no_show_by="student"),
        done(3, was_cancelled=True, cancelled_by="tutor"), done(4, was_cancelled=True, cancelled_by="platform"),
    )  # fmt: skip
    assert (found["no_show_rate"], found["cancellation_rate"], found["sessions_taught_7d"]) == (0.25, 0.25, 2)


def test_an_unsuccessful_session_was_taught_but_not_completed(store: MemoryStore) -> None:
    found = say(store, "tutor", done(1, completed_successfully=False))
    assert (
        found["sessions_taught_7d"],
        found["sessions_completed_7d"],
        found["session_completion_rate"],
    ) == (1, 0, 0)


def test_avg_rating_is_that_of_30_days_else_of_the_newest_20(store: MemoryStore) -> None:
    old = [done(40 + n, rating=1 if n == 20 else 5) for n in range(21)]
    assert say(store, "tutor", *old)["avg_rating"] == 5
    assert say(store, "tutor", *old, done(3, rating=2))["avg_rating"] == 2


def test_a_new_rating_of_an_old_session_counts_now(store: MemoryStore) -> None:
    review = event("review_submitted", 1, session_id="x", tutor_id="t", student_id="s", rating=2)
    found = say(store, "tutor", done(80, "x", rating=5), review)
    assert (
        found["avg_rating"],
        found["negative_reviews_count_30d"],
        found["positive_reviews_count_30d"],
    ) == (2, 1, 0)


def test_ratings_that_fall_a_star_a_week_have_the_trend_minus_1(store: MemoryStore) -> None:
    assert say(store, "tutor", *(done(1 + 7 * n, rating=2 + n) for n in range(3)))[
        "rating_trend"
    ] == pytest.approx(-1)


def test_ratings_of_one_moment_have_no_trend(store: MemoryStore) -> None:
    same = [done(1, str(n), rating=n + 1) for n in range(3)]
    assert say(store, "tutor", *same)["rating_trend"] is None


def test_two_ratings_have_neither_trend_nor_volatility(store: MemoryStore) -> None:
    found = say(store, "tutor", done(1, rating=2), done(9, rating=4))
    assert (found["rating_trend"], found["rating_volatility"], found["avg_rating"]) == (None, None, 3)


def test_retention_is_of_the_students_before_the_share_taught_again(store: MemoryStore) -> None:
    before = [done(40, student_id=one) for one in ("a", "b", "c", "d")]
    found = say(store, "tutor", *before, done(3, student_id="a"), done(2, student_id="new"))
    assert (found["student_retention_rate"], found["unique_students_30d"]) == (0.25, 2)


def test_lifetime_sessions_are_counted_with_this_tutor_however_old(store: MemoryStore) -> None:
    old = [done(200 + n) for n in range(3)]
    elsewhere = [done(5 + n, tutor_id="other") for n in range(4)]
    assert say(store, "tutor", *old, *elsewhere, done(10))["avg_student_lifetime_sessions"] == 4


def test_the_placeholder_is_nobody(store: MemoryStore) -> None:
    found = say(store, "tutor", done(1, student_id="-"))
    assert (found["sessions_taught_7d"], found["unique_students_30d"], found["student_retention_rate"]) == (
        1,
        None,
        None,
    )


# Hours


def _declared(days_ago: float, **hours: float) -> dict[str, object]:
    return of("tutor_availability_updated", days_ago, **hours)


def test_hours_come_before_slots_of_an_hour(store: MemoryStore) -> None:
    both = _declared(1, available_hours_this_week=8, available_slots_this_week=3)
    assert say(store, "tutor", both)["available_hours_this_week"] == 8
    assert say(store, "tutor", _declared(1, available_slots_this_week=3))["available_hours_this_week"] == 3


def test_next_week_becomes_this_week_when_the_week_turns(store: MemoryStore) -> None:
    last_week = _declared(5, available_hours_this_week=10, available_hours_next_week=20)
    found = say(store, "tutor", last_week)
    assert (found["available_hours_this_week"], found["available_hours_next_week"]) == (20, 20)


def test_a_declaration_of_this_week_beats_what_last_week_said_of_it(store: MemoryStore) -> None:
    last_week = _declared(5, available_hours_next_week=20)
    found = say(store, "tutor", last_week, _declared(2, available_hours_this_week=6))
    assert found["available_hours_this_week"] == 6


def test_hours_carry_on_for_28_days_and_are_missing_then(store: MemoryStore) -> None:
    hours = {"available_hours_this_week": 10}
    assert say(store, "tutor", _declared(27.9, **hours))["available_hours_this_week"] == 10
    assert say(store, "tutor", _declared(28, **hours))["available_hours_this_week"] is None


def test_the_week_of_a_declaration_is_the_tutors_own(store: MemoryStore) -> None:
    """Monday 2026-03-16 02:00 UTC is still Sunday in New York, in the week before."""
    made = parse_time("2026-03-16T02:00:00Z")
    stated = {"available_hours_this_week": 10, "available_hours_next_week": 30}
    declaration = of("tutor_availability_updated", 0, **stated) | {"ts_us": made, "received_us": made}
    zone = of("tutor_registered", 90, timezone="America/New_York")
    assert say(store, "tutor", declaration)["available_hours_this_week"] == 10
    assert say(store, "tutor", declaration, zone)["available_hours_this_week"] == 30
    at_home = Settings(marketplace_timezone="America/New_York")
    assert say(store, "tutor", declaration, settings=at_home)["available_hours_this_week"] == 30


def test_hours_over_days_add_up_the_declared_weeks_pro_rata(store: MemoryStore) -> None:
    """Of the last 7 days, 2.5 lie in this week and 4.5 in the one before."""
    found = say(
        store, "tutor",
        _declared(9, available_hours_this_week=14), _declared(1, available_hours_this_week=28),
        done(1, duration_minutes=60 * 9.5),
    )  # fmt: skip
    assert found["utilization_rate"] == pytest.approx(9.5 / (28 * 2.5 / 7 + 14 * 4.5 / 7))


def test_utilization_counts_booked_hours_and_stops_at_2(store: MemoryStore) -> None:
    declared = _declared(13, available_hours_this_week=7)
    booked = event(
        "session_booked",
        3,
        session_id="b",
        tutor_id="t",
        student_id="s",
        starts_at=NOW - 1,
        duration_minutes=210,
    )
    assert say(store, "tutor", declared, booked)["utilization_rate"] == pytest.approx(0.5)
    assert say(store, "tutor", declared, done(1, duration_minutes=6000))["utilization_rate"] == 2
    assert say(store, "tutor", declared, done(1))["utilization_rate"] is None
    assert say(store, "tutor", done(1, duration_minutes=60))["utilization_rate"] is None


def test_an_offer_of_no_hours_is_overbooked_by_any_and_says_nothing_without(store: MemoryStore) -> None:
    none = _declared(13, available_hours_this_week=0)
    assert say(store, "tutor", none, done(1, duration_minutes=60))["utilization_rate"] == 2
    assert say(store, "tutor", none)["utilization_rate"] is None


# Requests, bookings, profile


def test_an_unanswered_request_counts_its_waiting_time_so_far(store: MemoryStore) -> None:
    def asked(request: str, days: float) -> dict[str, object]:
        return event(
            "booking_requested", days, request_id=request, student_id="s", subject="math", tutor_id="t"
        )

    answer = event("booking_responded", 1.5, request_id="r1", tutor_id="t", accepted=False)
    found = say(store, "tutor", asked("r1", 2), answer, asked("r2", 1), asked("old", 30))
    assert found["avg_response_time_hours"] == pytest.approx((12 + 24) / 2)


def test_a_lapsed_session_counts_in_nothing(store: MemoryStore) -> None:
    def booked(session: str, days: float, lead: float) -> dict[str, object]:
        start = NOW - round((days - lead) * 86_400_000_000)
        return event(
            "session_booked", days, session_id=session, tutor_id="t", student_id="s", starts_at=start
        )

    lapsed = say(store, "tutor", booked("x", 20, 2))
    assert (lapsed["booking_lead_time_avg_hours"], lapsed["sessions_taught_30d"]) == (None, 0)
    assert say(store, "tutor", booked("x", 20, 2), booked("y", 5, 1))[
        "booking_lead_time_avg_hours"
    ] == pytest.approx(24)


def test_experience_grows_with_the_time_since_it_was_declared(store: MemoryStore) -> None:
    found = say(store, "tutor", of("tutor_registered", 730.5, years_of_experience=3))
    assert found["years_of_experience"] == pytest.approx(5)


def test_a_profile_field_left_out_stays_as_it_was(store: MemoryStore) -> None:
    found = say(
        store, "tutor",
        of("tutor_registered", 9, certification_count=2, subjects=["math", "chess"]),
        of("tutor_profile_updated", 3, advanced_topics_count=1),
    )  # fmt: skip
    assert [found[n] for n in ("certification_count", "advanced_topics_count", "primary_subject_count")] == [
        2,
        1,
        2,
    ]


def test_equal_times_are_ordered_by_received_time_then_by_id(store: MemoryStore) -> None:
    first = of("tutor_profile_updated", 3, certification_count=1)
    later = of("tutor_profile_updated", 3, certification_count=2) | {"received_us": NOW}
    assert say(store, "tutor", later, first)["certification_count"] == 2
    same = of("tutor_profile_updated", 3, certification_count=3)
    assert say(store, "tutor", first, same)["certification_count"] == 3
    assert say(store, "tutor", same, first)["certification_count"] == 1


# Expertise


def test_diversity_is_0_for_one_subject_and_1_for_an_even_spread(store: MemoryStore) -> None:
    one, two = done(1, subject="math"), done(2, subject="chess")
    assert say(store, "tutor", one)["subject_diversity_score"] == 0
    assert say(store, "tutor", one, two)["subject_diversity_score"] == pytest.approx(1)
    declared = of("tutor_registered", 9, subjects=["math", "chess", "latin", "greek"])
    assert say(store, "tutor", one, two, declared)["subject_diversity_score"] == pytest.approx(0.5)


def test_few_ratings_of_a_subject_weigh_more_than_their_number(store: MemoryStore) -> None:
    many = [done(n, subject="math", rating=5) for n in range(9)]
    found = say(store, "tutor", *many, done(20, subject="chess", rating=1))
    assert found["avg_rating_by_subject"] == pytest.approx((3 * 5 + 1) / 4)


def test_the_main_subject_among_equals_is_the_newest(store: MemoryStore) -> None:
    """A student's sessions in it are those in the tutor's main subject."""
    chess, math = done(2, subject="chess"), done(1, subject="math", student_id="other")
    assert say(store, "student", chess, math)["tutor_subject_expertise_score"] == 0
    assert say(store, "student", chess, math, done(3, subject="chess"))["tutor_subject_expertise_score"] == 1


def test_sessions_without_a_subject_are_left_out_of_what_is_told_of_subjects(store: MemoryStore) -> None:
    declared = of("tutor_registered", 9, subjects=["math"])
    found = say(store, "tutor", declared, done(1, subject="math"), done(2, subject="chess"), done(3))
    assert (
        found["subject_match_accuracy"],
        found["sessions_per_subject_30d"],
        found["specialization_score"],
    ) == (0.5, 1, 0.5)


def test_a_subject_is_declared_only_as_a_whole_word(store: MemoryStore) -> None:
    declared = of("tutor_registered", 9, subjects=["mathematics"])
    assert say(store, "tutor", declared, done(1, subject="math"))["subject_match_accuracy"] == 0


def test_grades_are_points_of_100(store: MemoryStore) -> None:
    graded = event("grade_reported", 5, student_id="s", tutor_id="t", grade_before=5, grade_after=7, scale=10)
    unscaled = event("grade_reported", 6, student_id="s", tutor_id="t", grade_before=50, grade_after=60)
    assert say(store, "tutor", graded, unscaled)["student_grade_improvement_avg"] == pytest.approx(15)


# Business


def test_earnings_that_no_event_ever_carried_are_missing_not_0(store: MemoryStore) -> None:
    assert say(store, "tutor", done(1))["total_earnings_30d"] is None
    assert say(store, "tutor", done(1), done(50, tutor_earnings=9))["total_earnings_30d"] == 0


@pytest.mark.parametrize(("now", "trend"), [(20, 1), (5, -0.5), (1000, 5), (-90, -1)])
def test_the_earnings_trend_lies_between_minus_1_and_5(store: MemoryStore, now: float, trend: float) -> None:
    found = say(store, "tutor", done(40, tutor_earnings=10), done(1, tutor_earnings=now))
    assert found["earnings_trend"] == pytest.approx(trend)


def test_the_earnings_trend_is_missing_where_nothing_was_earned_before(store: MemoryStore) -> None:
    assert say(store, "tutor", done(1, tutor_earnings=10))["earnings_trend"] is None
    assert say(store, "tutor", done(40, tutor_earnings=10))["earnings_trend"] == -1


def test_premium_tiers_are_those_of_the_settings(store: MemoryStore) -> None:
    sessions = done(1, tier="gold"), done(2, tier="basic"), done(3)
    gold = Settings(premium_tiers=("gold", "platinum"))
    assert say(store, "tutor", *sessions, settings=gold)["premium_tier_sessions_ratio"] == 0.5
    assert (
        say(store, "tutor", *sessions, settings=Settings(premium_tiers=()))["premium_tier_sessions_ratio"]
        == 0
    )


def test_refunds_and_disputes_find_their_tutor_by_id_or_by_the_session(store: MemoryStore) -> None:
    money = {"student_id": "s", "amount": 5}
    found = say(
        store, "tutor",
        done(9, "x"), done(8, "y"),
        event("refund_issued", 1, session_id="x", **money), event("refund_issued", 1, tutor_id="other", **money),
        event("payment_disputed", 2, tutor_id="t", **money), event("payment_disputed", 30, tutor_id="t", **money),
    )  # fmt: skip
    assert (found["refund_rate_30d"], found["payment_disputes_count_30d"]) == (0.5, 1)


def test_prices_are_compared_with_the_market_of_the_last_midnight(store: MemoryStore) -> None:
    def tutor(name: str, rate: float, days: float) -> list[dict[str, object]]:
        registered = event("tutor_registered", 99, tutor_id=name, hourly_rate=rate)
        return [registered, done(days, tutor_id=name, subject="math")]

    others = [*tutor("a", 30, 5), *tutor("b", 10, 5), *tutor("asleep", 90, 31), *tutor("t", 20, 5)]
    assert say(store, "tutor", *others)["pricing_competitiveness_score"] == pytest.approx(2 / 3)
    today = tutor("began today", 50, 0.1)
    assert say(store, "tutor", *others, *today)["pricing_competitiveness_score"] == pytest.approx(2 / 3)


def test_revenue_per_hour_is_of_the_hours_offered_in_30_days(store: MemoryStore) -> None:
    declared = [_declared(days, available_hours_this_week=7) for days in (35, 28, 21, 14, 7, 0)]
    found = say(store, "tutor", *declared, done(1, tutor_earnings=60))
    assert found["revenue_per_available_hour"] == pytest.approx(60 / 30)
