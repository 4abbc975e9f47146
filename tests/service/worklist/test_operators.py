"""Overrides, verdicts, requests for review, and the record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import session
from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.feedback import feedback_counts, give_feedback
from tutorpulse.service.worklist.overrides import end_override, overrides_in_force, set_override
from tutorpulse.service.worklist.record import record
from tutorpulse.service.worklist.reviews import answer_review, ask_review, reviews_listed
from tutorpulse.service.worklist.shapes import OverrideRequest, ReviewAnswer, ReviewRequest, VerdictRequest

UNTIL = format_time(NOW_US + 30 * DAY_US)


@pytest.fixture
def world() -> World:
    return World(tutors={"ann": One(outputs={"churn_risk_14d": 0.9})}, students={"stu": One()})


@pytest.fixture
def pulse(tmp_path: Path, world: World) -> Iterator[Pulse]:
    with opened(tmp_path / "home", NOW_US, session(0, "ann", 30.0)) as made:
        refresh(made, world.scorer())
        yield made


def wanted(**changed: object) -> OverrideRequest:
    fields = {
        "entity_type": "tutor",
        "entity_id": "ann",
        "segment": "healthy",
        "expires": UNTIL,
        "reason": "exams",
    }
    return OverrideRequest(**(fields | changed))  # type: ignore[arg-type]


def test_an_override_holds_until_it_expires(pulse: Pulse) -> None:
    made = set_override(pulse, wanted(), "carla")
    assert (made.owner, made.in_force) == ("carla", True)
    assert [o.entity_id for o in overrides_in_force(pulse, "tutor").items] == ["ann"]
    assert overrides_in_force(pulse, "student").items == ()
    rows = pulse.state.overrides
    assert len(rows.in_force(NOW_US + 30 * DAY_US - 1)) == 1
    assert rows.in_force(NOW_US + 30 * DAY_US) == []


def test_a_new_override_takes_the_place_of_the_old_one(pulse: Pulse) -> None:
    set_override(pulse, wanted(), "carla")
    set_override(pulse, wanted(segment="star", owner="dan"), "carla")
    assert [(o.segment, o.owner) for o in overrides_in_force(pulse).items] == [("star", "dan")]
    ended = {o.segment: o.ended_us for o in pulse.state.overrides.of_entity("tutor", "ann")}
    assert ended == {"healthy": NOW_US, "star": None}


def test_an_override_is_ended_once(pulse: Pulse) -> None:
    made = set_override(pulse, wanted(), "carla")
    assert isinstance(pulse.clock, FixedClock)
    assert end_override(pulse, made.override_id, "dan").ended_by == "dan"
    pulse.clock.advance(5)
    assert end_override(pulse, made.override_id, "eve").ended_by == "dan"
    assert [a.action for a in pulse.state.actions.about(made.override_id)] == [
        "override set",
        "override ended",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"segment": "thriving"}, "A tutor has no segment 'thriving'. Give one of churning, at_risk"),
        ({"expires": "2001-01-01"}, "must end within 180 days from now, not at 2001-01-01"),
        ({"expires": "2999-01-01"}, "must end within 180 days"),
        ({"entity_id": "nobody"}, "No tutor 'nobody' is known"),
    ],
)
def test_an_override_that_cannot_be_is_refused(
    pulse: Pulse, changed: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        set_override(pulse, wanted(**changed), "carla")


def test_a_verdict_keeps_what_was_predicted_and_changes_no_prediction(pulse: Pulse) -> None:
    before = pulse.state.predictions.get("tutor", "ann").columns["churn_risk_14d"][0]
    made = give_feedback(pulse, VerdictRequest("tutor", "ann", "burnout_risk", "wrong", "is back"), "carla")
    assert (made.about, made.predicted, made.segment) == ("burnout_risk", 0.9, "churning")
    give_feedback(pulse, VerdictRequest("tutor", "ann", "churn_risk_14d", "confirmed"), "dan")
    (count,) = feedback_counts(pulse.state).items
    assert (count.about, count.confirmed, count.wrong, count.share_confirmed) == ("burnout_risk", 1, 1, 0.5)
    assert pulse.state.predictions.get("tutor", "ann").columns["churn_risk_14d"][0] == before
    with pytest.raises(InputError, match="give a reason"):
        give_feedback(pulse, VerdictRequest("tutor", "ann", "segment", "wrong", " "), "dan")
    with pytest.raises(InputError, match=r"Nothing is predicted under 'luck'. Give one of segment"):
        give_feedback(pulse, VerdictRequest("tutor", "ann", "luck", "wrong"), "carla")


def test_a_review_is_answered_once_by_somebody(pulse: Pulse) -> None:
    asked = ask_review(pulse, ReviewRequest("tutor", "ann", "February is missing"), "carla")
    assert [r.state for r in reviews_listed(pulse.state).items] == ["open"]
    answered = answer_review(pulse, asked.review_id, ReviewAnswer("changed", "imported"), "dan")
    assert (answered.state, answered.answered_by, answered.outcome) == ("answered", "dan", "changed")
    assert reviews_listed(pulse.state).items == ()
    with pytest.raises(InputError, match="was answered by dan already"):
        answer_review(pulse, asked.review_id, ReviewAnswer("upheld", "no"), "eve")
    with pytest.raises(UnknownEntityError, match="No request for review has the id 'none'"):
        answer_review(pulse, "none", ReviewAnswer("upheld", "no"), "eve")


def test_a_record_holds_what_is_held_and_who_acted(pulse: Pulse, world: World) -> None:
    set_override(pulse, wanted(), "carla")
    give_feedback(pulse, VerdictRequest("tutor", "ann", "segment", "wrong", "is back"), "dan")
    asked = ask_review(pulse, ReviewRequest("tutor", "ann", "why"), "eve")
    held = record(pulse, world.scorer(), "ann")
    assert [(e.event_type, e.count) for e in held.events] == [("session_completed", 1)]
    assert held.events[0].first == "2024-10-03T00:00:00Z"
    assert held.why[0].startswith("Burnout risk is 10 of 100, where the average is 8. What raises it most: ")
    assert [o.segment for o in held.overrides] == ["healthy"]
    assert {t.rule for t in held.tasks} >= {"tutor_wellness_check"}
    assert [(a.done_by, a.action) for a in held.trail] == [
        ("carla", "override set"),
        ("dan", "feedback wrong"),
        ("eve", "review asked"),
    ]
    assert [r.review_id for r in held.reviews] == [asked.review_id]
    assert "access or pay" in held.principles[0]
