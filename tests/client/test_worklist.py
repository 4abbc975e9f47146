"""The client's part about the work list, against the service itself."""

import pytest

from tests.api.conftest import app, client, key, service  # noqa: F401
from tests.client.test_client import pulse  # noqa: F401
from tests.service.live.homes import LIVE_US
from tutorpulse import Client
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.errors import ServiceError
from tutorpulse.service.worklist import shapes

UNTIL = format_time(LIVE_US + 10 * DAY_US)


def test_tasks_are_read_to_their_end_and_changed(pulse: Client) -> None:  # noqa: F811
    found = list(pulse.tasks(limit=2))
    assert [t.task_id for t in found] == [t.task_id for t in pulse.tasks()]
    page = pulse.change_task(found[0].task_id, shapes.TaskChange("assigned", owner="ann"))
    assert (page.task.owner, page.trail[-1].action) == ("ann", "assigned")
    assert pulse.task(found[0].task_id) == page
    with pytest.raises(ServiceError, match="snoozed needs it: until when"):
        pulse.change_task(found[0].task_id, shapes.TaskChange("snoozed"))


def test_what_operators_set_is_set_shown_and_ended(pulse: Client) -> None:  # noqa: F811
    override = pulse.set_override(shapes.OverrideRequest("tutor", "t2", "at_risk", UNTIL, "agreed"))
    assert override in pulse.overrides("tutor").items
    assert not pulse.end_override(override.override_id).in_force
    state = pulse.set_state(shapes.StateRequest("student", "s2", "paused"))
    assert state in pulse.states().items
    assert not pulse.end_state(state.state_id).holds
    pulse.give_feedback(shapes.VerdictRequest("tutor", "t2", "segment", "confirmed"))
    assert ("tutor", "segment") in {(c.entity_type, c.about) for c in pulse.feedback_counts().items}


def test_a_review_is_asked_answered_and_in_the_record(pulse: Client) -> None:  # noqa: F811
    asked = pulse.ask_review(shapes.ReviewRequest("tutor", "t3", "why?"))
    assert asked in pulse.reviews().items
    answered = pulse.answer_review(asked.review_id, shapes.ReviewAnswer("upheld", "looked"))
    assert answered in pulse.record("tutor", "t3").reviews
    assert pulse.playbooks().items == ()
