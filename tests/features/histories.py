"""Random histories: contract events of a small marketplace around one moment, with every awkwardness the contract allows.

One table of fields serves twice: hypothesis draws small histories that shrink well, and a seeded generator dense ones, in
which every feature has something to say.
"""

import random
from typing import Any

from hypothesis import strategies as st

from tutorpulse.clock import DAY_US, HOUR_US, MINUTE_US, parse_time

AS_OF = parse_time("2026-03-31T10:00:00Z")
"""Two days after Europe changed its clocks, three weeks after New York did."""

_EDGES = [n * DAY_US + e for n in (0, 7, 14, 28, 30, 60, 90) for e in (-1, 0, 1)]

ages = st.one_of(
    st.integers(-3 * DAY_US, 100 * DAY_US),
    st.integers(0, 32 * DAY_US),
    st.integers(0, 40).map(lambda days: days * DAY_US + 10 * MINUTE_US),
    st.sampled_from(_EDGES),
)
"""How long before `AS_OF`, in microseconds: anything, mostly recent, often on an edge or at the same time as others."""

_MOMENT = "a moment"
_TUTOR, _STUDENT = ["t1", "t2", "t3", "-"], ["s1", "s2", "s3", "-"]
_SESSION = [f"x{n}" for n in range(30)]
_REQUEST = ["r1", "r2", "r3", "r4", "r5"]
_SUBJECT = ["math", "physics", "chess"]
_FLAG = [False, True]
_RATING = [1, 2, 3, 4, 4.5, 5]
_MINUTES = [0, 30, 45, 60, 90]
_MONEY = [0, 10, 19.99, 25.5, 40, -5]
_HOURS = [0, 5, 12.5, 20, 40]
_SIDE = ["tutor", "student", "platform"]
_TIER = ["basic", "premium", "gold"]
_COUNT = [0, 1, 2, 7]
_SUBJECTS = [[], ["math"], ["chess", "math"], ["physics", "chess", "math"], ["latin", "greek"]]
_PARTIES = {"session_id": _SESSION, "student_id": _STUDENT, "tutor_id": _TUTOR}
_ZONE = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Nowhere/Atall"]

_PROFILE = {
    "subjects": _SUBJECTS,
    "years_of_experience": _COUNT,
    "certification_count": _COUNT,
    "advanced_topics_count": _COUNT,
    "hourly_rate": [10, 19.5, 30],
    "timezone": _ZONE,
}

_TYPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tutor_registered": ({"tutor_id": _TUTOR}, _PROFILE),
    "tutor_profile_updated": ({"tutor_id": _TUTOR}, _PROFILE),
    "tutor_availability_updated": (
        {"tutor_id": _TUTOR},
        {
            "subjects": _SUBJECTS,
            "available_slots_this_week": _COUNT,
            "available_hours_this_week": _HOURS,
            "available_hours_next_week": _HOURS,
            "instant_book_enabled": _FLAG,
        },
    ),
    "tutor_departed": ({"tutor_id": _TUTOR}, {}),
    "tutor_paused": ({"tutor_id": _TUTOR}, {"until": _MOMENT}),
    "tutor_resumed": ({"tutor_id": _TUTOR}, {}),
    "student_registered": ({"student_id": _STUDENT}, {"subjects": _SUBJECTS, "timezone": _ZONE}),
    "student_departed": ({"student_id": _STUDENT}, {}),
    "student_paused": ({"student_id": _STUDENT}, {"until": _MOMENT}),
    "student_resumed": ({"student_id": _STUDENT}, {}),
    "student_goal_reached": ({"student_id": _STUDENT}, {}),
    "booking_requested": (
        {"request_id": _REQUEST, "student_id": _STUDENT, "subject": _SUBJECT},
        {"tutor_id": _TUTOR, "system_generated": _FLAG},
    ),
    "booking_responded": ({"request_id": _REQUEST, "tutor_id": _TUTOR, "accepted": _FLAG}, {}),
    "session_booked": (
        {**_PARTIES, "starts_at": _MOMENT},
        {
            "subject": _SUBJECT,
            "duration_minutes": _MINUTES,
            "price": _MONEY,
            "tier": _TIER,
            "discounted": _FLAG,
        },
    ),
    "session_started": (_PARTIES, {"subject": _SUBJECT, "scheduled_duration_minutes": _MINUTES}),
    "session_completed": (
        _PARTIES,
        {
            "subject": _SUBJECT,
            "tier": _TIER,
            "duration_minutes": _MINUTES,
            "rating": _RATING,
            "price": _MONEY,
            "tutor_earnings": _MONEY,
            "discounted": _FLAG,
        },
    ),
    "session_ended_badly": (
        _PARTIES,
        {
            "was_cancelled": _FLAG,
            "cancelled_by": _SIDE,
            "no_show": _FLAG,
            "no_show_by": _SIDE,
            "completed_successfully": _FLAG,
            "duration_minutes": _MINUTES,
        },
    ),
    "session_cancelled": (_PARTIES, {"cancelled_by": _SIDE, "notice_hours": _HOURS}),
    "session_rescheduled": (_PARTIES, {"rescheduled_by": _SIDE, "new_starts_at": _MOMENT}),
    "review_submitted": ({**_PARTIES, "rating": _RATING}, {}),
    "payment_processed": (
        {"student_id": _STUDENT, "amount": _MONEY, "succeeded": _FLAG},
        {"method": ["card", "cash"], "session_id": _SESSION},
    ),
    "refund_issued": (
        {"student_id": _STUDENT, "amount": _MONEY},
        {"tutor_id": _TUTOR, "session_id": _SESSION},
    ),
    "payment_disputed": (
        {"student_id": _STUDENT, "amount": _MONEY},
        {"tutor_id": _TUTOR, "session_id": _SESSION},
    ),
    "ib_call_logged": ({"student_id": _STUDENT}, {}),
    "support_ticket_opened": ({"student_id": _STUDENT}, {"tutor_id": _TUTOR, "is_complaint": _FLAG}),
    "message_responded": ({"student_id": _STUDENT, "response_time_hours": _HOURS}, {"tutor_id": _TUTOR}),
    "learning_activity": (
        {"student_id": _STUDENT},
        {"questions_asked": _COUNT, "materials_accessed": _COUNT},
    ),
    "grade_reported": (
        {"student_id": _STUDENT, "grade_before": _COUNT, "grade_after": _COUNT},
        {"tutor_id": _TUTOR, "scale": [0, 10, 20]},
    ),
    "action_taken": ({"entity_type": ["tutor"], "entity_id": _TUTOR}, {}),
}
"""Type: the fields it always has, and those it may have."""

_USUAL = ("session_booked", "session_completed", "session_completed", "session_completed", "review_submitted")
_DELAYS = [0, 0, 0, 0, 1, HOUR_US, 40 * DAY_US]


def _event(event_type: str, ts_us: int, delay_us: int, payload: dict[str, Any]) -> dict[str, Any]:
    name = "session_completed" if event_type == "session_ended_badly" else event_type
    return {"event_type": name, "ts_us": ts_us, "received_us": ts_us + delay_us, **payload}


def _strategy(field: Any) -> st.SearchStrategy[Any]:
    return ages.map(lambda age: AS_OF - age) if field is _MOMENT else st.sampled_from(field)


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    event_type = draw(st.sampled_from((*_TYPES, *_USUAL * 3)))
    always, perhaps = (
        {name: _strategy(field) for name, field in part.items()} for part in _TYPES[event_type]
    )
    payload = draw(st.fixed_dictionaries(always, optional=perhaps))
    return _event(event_type, AS_OF - draw(ages), draw(st.sampled_from(_DELAYS)), payload)


def _with_ids(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids whose order is not the order of anything else."""
    return [{"event_id": f"e{n * 7919 % 10007}", **event} for n, event in enumerate(events)]


def small_histories() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to 40 events, in no order of time."""
    return st.lists(_events(), max_size=40).map(_with_ids)


def dense_history(seed: int, size: int = 400, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """`size` events in no order of time, none of the types `without`."""
    chance = random.Random(seed)

    def age() -> int:
        return chance.choice(
            (
                chance.randrange(-2 * DAY_US, 130 * DAY_US),
                chance.randrange(0, 32 * DAY_US),
                chance.randrange(0, 40) * DAY_US + 10 * MINUTE_US,
                chance.choice(_EDGES),
            )
        )

    def value(field: Any) -> Any:
        return AS_OF - age() if field is _MOMENT else chance.choice(field)

    types = [name for name in (*_TYPES, *_USUAL * 4) if name not in without]
    found = []
    for _ in range(size):
        event_type = chance.choice(types)
        always, perhaps = _TYPES[event_type]
        some = {name: field for name, field in perhaps.items() if chance.random() < 0.6}
        payload = {name: value(field) for name, field in (always | some).items()}
        found.append(_event(event_type, AS_OF - age(), chance.choice(_DELAYS), payload))
    return _with_ids(found)
