"""The inbox of alerts: filtered by the address, acted upon by forms."""

import pytest

from tests.dashboard.conftest import Look
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries import alerts


@pytest.fixture
def alert_id(service: Service) -> str:
    with service.states.one() as state:
        found = alerts.listed(state, alerts.AlertsAsked()).items
    assert found, "six tutors who stopped teaching open some alert"
    return found[0].alert_id


def test_every_waiting_alert_stands_in_the_inbox(look: Look, service: Service) -> None:
    with service.states.one() as state:
        found = alerts.listed(state, alerts.AlertsAsked()).items
    text = look("/alerts").text
    for alert in found:
        assert f'href="/alerts/{alert.alert_id}"' in text


def test_an_alert_is_acknowledged_judged_and_resolved_in_the_callers_name(
    look: Look, post: Look, service: Service, alert_id: str
) -> None:
    assert (
        post(f"/alerts/{alert_id}", move="acknowledge", note="Calling her").headers["location"]
        == f"/alerts/{alert_id}"
    )
    assert "Calling her" in look(f"/alerts/{alert_id}").text
    assert post(f"/alerts/{alert_id}", move="snooze", hours="24").status_code == 303
    resolved = post(f"/alerts/{alert_id}", move="resolve", back="inbox")
    assert resolved.headers["location"] == "/alerts", resolved.text
    assert post(f"/alerts/{alert_id}", move="wrong", note="On holiday").status_code == 303
    with service.states.one() as state:
        found = alerts.one(state, alert_id)
    assert (found.state, found.resolved_by, found.verdict) == ("resolved", "tests", "wrong")


def test_what_cannot_be_done_is_told(look: Look, post: Look, alert_id: str) -> None:
    assert "cannot be made" in post(f"/alerts/{alert_id}", move="eat").text
    assert "cannot be put off by" in post(f"/alerts/{alert_id}", move="snooze", hours="5").text
    assert post("/alerts/none", move="resolve").status_code == 404
    assert "There is no severity" in look("/alerts?severity=huge").text


def test_a_silence_is_made_and_ended_from_the_page(look: Look, post: Look, service: Service) -> None:
    assert "cannot be silenced for" in post("/silences", reason="moving", hours="3").text
    assert post("/silences", reason="moving house", hours="4", rule="student_calls").status_code == 303
    assert "moving house" in look("/alerts").text
    with service.states.one() as state:
        (silence,) = alerts.silences(state, service.pulse.clock.now_us()).silences
    assert (silence.rule, silence.made_by) == ("student_calls", "tests")
    assert post(f"/silences/{silence.silence_id}/end").status_code == 303
    assert "moving house" not in look("/alerts").text


def test_what_operators_say_of_somebody_is_marked_beside_their_alerts(
    look: Look, post: Look, service: Service
) -> None:
    with service.states.one() as state:
        found = alerts.listed(state, alerts.AlertsAsked()).items
    alert = next(a for a in found if a.entity_type in ("tutor", "student"))
    form = {
        "entity_type": alert.entity_type,
        "entity_id": alert.entity_id,
        "segment": "healthy",
        "days": "30",
    }
    assert post("/overrides", **form, reason="knows her").status_code == 303
    for path in ("/alerts", f"/alerts/{alert.alert_id}"):
        assert "set by tests" in look(path).text
