"""Random histories of few sessions with many collisions: equal times, late arrivals, contradictory endings."""

from typing import Any

from hypothesis import strategies as st

TIMES = st.integers(1, 12)
"""Few moments, so that equal times are common."""

_SIDES = st.none() | st.sampled_from(["tutor", "student", "platform"])
_FLAGS = st.none() | st.booleans()
_AMOUNTS = st.none() | st.sampled_from([0.0, 10.0, 25.5])
_RATINGS = st.none() | st.sampled_from([1.0, 3.0, 5.0])
_SUBJECTS = st.none() | st.sampled_from(["algebra", "french"])

_PAYLOADS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "session_booked": {
        "starts_at": TIMES,
        "subject": _SUBJECTS,
        "duration_minutes": _AMOUNTS,
        "price": _AMOUNTS,
        "discounted": _FLAGS,
        "instant_book": _FLAGS,
    },
    "session_started": {"subject": _SUBJECTS, "scheduled_duration_minutes": _AMOUNTS, "tier": _SUBJECTS},
    "session_completed": {
        "duration_minutes": _AMOUNTS,
        "rating": _RATINGS,
        "was_cancelled": _FLAGS,
        "cancelled_by": _SIDES,
        "no_show": _FLAGS,
        "no_show_by": _SIDES,
        "completed_successfully": _FLAGS,
        "price": _AMOUNTS,
        "tutor_earnings": _AMOUNTS,
        "discounted": _FLAGS,
    },
    "session_cancelled": {"cancelled_by": _SIDES, "notice_hours": _AMOUNTS},
    "session_rescheduled": {"rescheduled_by": _SIDES, "new_starts_at": st.none() | TIMES},
    "review_submitted": {"rating": st.sampled_from([1.0, 2.0, 4.0])},
}


@st.composite
def session_event(draw: st.DrawFn) -> dict[str, Any]:
    """One event of one of three sessions; received when it happened, or later, or (a clock that is off) earlier."""
    event_type = draw(st.sampled_from(sorted(_PAYLOADS)))
    ts_us = draw(TIMES)
    return {
        "event_type": event_type,
        "ts_us": ts_us,
        "received_us": draw(st.just(ts_us) | TIMES),
        "session_id": draw(st.sampled_from(["s1", "s2", "s3"])),
        "tutor_id": draw(st.sampled_from(["t1", "t2", "-"])),
        "student_id": draw(st.sampled_from(["u1", "u2", "-"])),
        **{name: draw(values) for name, values in _PAYLOADS[event_type].items()},
    }


@st.composite
def other_event(draw: st.DrawFn) -> dict[str, Any]:
    """One event beside sessions, so that several tables are filled."""
    envelope = {"ts_us": draw(TIMES), "received_us": draw(TIMES)}
    student_id = draw(st.sampled_from(["u1", "u2"]))
    return envelope | draw(
        st.sampled_from(
            [
                {"event_type": "student_registered", "student_id": student_id, "subjects": "\x1falgebra\x1f"},
                {"event_type": "student_paused", "student_id": student_id, "until": 9},
                {
                    "event_type": "payment_processed",
                    "student_id": student_id,
                    "amount": 5.0,
                    "succeeded": True,
                },
                {"event_type": "learning_activity", "student_id": student_id, "extra": '{"mood":"fine"}'},
                {"event_type": "action_taken", "entity_type": "tutor", "entity_id": "t1"},
            ]
        )
    )


def histories(max_size: int = 25) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Events with distinct ids whose order is not the order of arrival."""

    def name(events: list[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
        ids = st.permutations([f"e{i:02d}" for i in range(len(events))])
        return ids.map(lambda chosen: [{"event_id": i, **e} for i, e in zip(chosen, events, strict=True)])

    return st.lists(session_event() | session_event() | other_event(), min_size=1, max_size=max_size).flatmap(
        name
    )
