"""Random histories: contract events of a small marketplace around one moment, with every awkwardness the contract allows."""

from typing import Any

from hypothesis import strategies as st

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, parse_time

AS_OF = parse_time("2026-03-31T10:00:00Z")
"""Two days after Europe changed its clocks, three weeks after New York did."""

TUTORS, STUDENTS = ("t1", "t2", "t3", "-"), ("s1", "s2", "s3", "-")
SUBJECTS = ("math", "physics", "chess")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Nowhere/Atall")
_EDGES = [n * DAY_US + e for n in (0, 7, 14, 28, 30, 60, 90) for e in (-1, 0, 1)]

ages = st.one_of(
    st.integers(-3 * DAY_US, 100 * DAY_US),
    st.integers(0, 32 * DAY_US),
    st.integers(0, 40).map(lambda days: days * DAY_US + 10 * MINUTE_US),
    st.sampled_from(_EDGES),
)
"""How long before `AS_OF`, in microseconds: anything, mostly recent, often on an edge or at the same time as others."""

_moments = ages.map(lambda age: AS_OF - age)
_tutor, _student = st.sampled_from(TUTORS), st.sampled_from(STUDENTS)
_session = st.sampled_from([f"x{n}" for n in range(12)])
_request = st.sampled_from(["r1", "r2", "r3", "r4"])
_subject = st.sampled_from(SUBJECTS)
_flag = st.booleans()
_rating = st.sampled_from([1, 2, 3, 4, 4.5, 5])
_minutes = st.sampled_from([0, 30, 45, 60, 90])
_money = st.sampled_from([0, 10, 19.99, 25.5, 40, -5])
_hours = st.sampled_from([0, 5, 12.5, 20, 40])
_side = st.sampled_from(["tutor", "student", "platform"])
_tier = st.sampled_from(["basic", "premium", "gold"])
_count = st.sampled_from([0, 1, 2, 7])
_zone = st.sampled_from(ZONES)
_subjects = st.lists(_subject, unique=True, max_size=3)
_parties = {"session_id": _session, "student_id": _student, "tutor_id": _tutor}

_PROFILE = {
    "subjects": _subjects,
    "years_of_experience": _count,
    "certification_count": _count,
    "advanced_topics_count": _count,
    "hourly_rate": st.sampled_from([10, 19.5, 30]),
    "timezone": _zone,
}

_TYPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tutor_registered": ({"tutor_id": _tutor}, _PROFILE),
    "tutor_profile_updated": ({"tutor_id": _tutor}, _PROFILE),
    "tutor_availability_updated": (
        {"tutor_id": _tutor},
        {
            "subjects": _subjects,
            "available_slots_this_week": _count,
            "available_hours_this_week": _hours,
            "available_hours_next_week": _hours,
            "instant_book_enabled": _flag,
        },
    ),
    "tutor_departed": ({"tutor_id": _tutor}, {}),
    "tutor_paused": ({"tutor_id": _tutor}, {"until": _moments}),
    "tutor_resumed": ({"tutor_id": _tutor}, {}),
    "student_registered": ({"student_id": _student}, {"subjects": _subjects, "timezone": _zone}),
    "student_departed": ({"student_id": _student}, {}),
    "student_paused": ({"student_id": _student}, {"until": _moments}),
    "student_resumed": ({"student_id": _student}, {}),
    "student_goal_reached": ({"student_id": _student}, {}),
    "booking_requested": (
        {"request_id": _request, "student_id": _student, "subject": _subject},
        {"tutor_id": _tutor, "system_generated": _flag},
    ),
    "booking_responded": ({"request_id": _request, "tutor_id": _tutor, "accepted": _flag}, {}),
    "session_booked": (
        {**_parties, "starts_at": _moments},
        {
            "subject": _subject,
            "duration_minutes": _minutes,
            "price": _money,
            "tier": _tier,
            "discounted": _flag,
        },
    ),
    "session_started": (_parties, {"subject": _subject, "scheduled_duration_minutes": _minutes}),
    "session_completed": (
        _parties,
        {
            "subject": _subject,
            "tier": _tier,
            "duration_minutes": _minutes,
            "rating": _rating,
            "price": _money,
            "tutor_earnings": _money,
            "discounted": _flag,
        },
    ),
    "session_ended_badly": (
        _parties,
        {
            "was_cancelled": _flag,
            "cancelled_by": _side,
            "no_show": _flag,
            "no_show_by": _side,
            "completed_successfully": _flag,
            "duration_minutes": _minutes,
        },
    ),
    "session_cancelled": (_parties, {"cancelled_by": _side, "notice_hours": _hours}),
    "session_rescheduled": (_parties, {"rescheduled_by": _side, "new_starts_at": _moments}),
    "review_submitted": ({**_parties, "rating": _rating}, {}),
    "payment_processed": (
        {"student_id": _student, "amount": _money, "succeeded": _flag},
        {"method": st.sampled_from(["card", "cash"]), "session_id": _session},
    ),
    "refund_issued": ({"student_id": _student, "amount": _money}, {"tutor_id": _tutor, "session_id": _session}),
    "payment_disputed": (
        {"student_id": _student, "amount": _money},
        {"tutor_id": _tutor, "session_id": _session},
    ),
    "ib_call_logged": ({"student_id": _student}, {}),
    "support_ticket_opened": ({"student_id": _student}, {"tutor_id": _tutor, "is_complaint": _flag}),
    "message_responded": ({"student_id": _student, "response_time_hours": _hours}, {"tutor_id": _tutor}),
    "learning_activity": ({"student_id": _student}, {"questions_asked": _count, "materials_accessed": _count}),
    "grade_reported": (
        {"student_id": _student, "grade_before": _count, "grade_after": _count},
        {"tutor_id": _tutor, "scale": st.sampled_from([0, 10, 20])},
    ),
    "action_taken": ({"entity_type": st.just("tutor"), "entity_id": _tutor}, {}),
}
"""Type: the fields it always has, and those it may have."""

_USUAL = ("session_booked", "session_completed", "session_completed", "session_completed", "review_submitted")
_delays = st.sampled_from([0, 0, 0, 0, 1, HOUR_US, 40 * DAY_US])


@st.composite
def events(draw: st.DrawFn, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """One event without an id."""
    event_type = draw(st.sampled_from((*_TYPES, *_USUAL * 3, *more)))
    always, perhaps = _TYPES[event_type]
    ts = draw(_moments)
    payload = draw(st.fixed_dictionaries(always, optional=perhaps))
    name = "session_completed" if event_type == "session_ended_badly" else event_type
    return {"event_type": name, "ts_us": ts, "received_us": ts + draw(_delays), **payload}


def histories(size: int = 40, more: tuple[str, ...] = ()) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Events with ids, in no order of time; `more` types come more often."""
    return st.lists(events(more), max_size=size).map(
        lambda found: [{"event_id": f"e{n * 7919 % 1000}", **event} for n, event in enumerate(found)]
    )
