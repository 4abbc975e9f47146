"""Every shipped rule opens where its condition holds, and resolves where it holds no more."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.model import registry
from tutorpulse.model.artifact import MANIFEST_FILE
from tutorpulse.service.alerting.rules import rules_of
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.unmodelled import leave_standing
from tutorpulse.store.state.alerts import AlertRow

Event = dict[str, object]


def event(name: str, event_type: str, days_ago: float, **payload: object) -> Event:
    at = format_time(NOW_US - int(days_ago * DAY_US))
    return {"event_id": name, "event_type": event_type, "timestamp": at, "payload": payload}


def requests() -> Iterator[Event]:
    """Six requests for Latin a week, for eight weeks, that nobody serves; one tutor of it, who declares an hour."""
    for week in range(8):
        for nth in range(6):
            name = f"r{week}-{nth}"
            who = {"request_id": name, "student_id": f"x{nth}", "subject": "latin"}
            yield event(name, "booking_requested", 7 * week + 4, **who)
    ids = {"session_id": "l", "tutor_id": "livia", "student_id": "x1"}
    yield event("l", "session_completed", 1, subject="latin", **ids)
    yield event("h", "tutor_availability_updated", 1, tutor_id="livia", available_hours_next_week=1)


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    with opened(tmp_path / "home", NOW_US, *requests()) as found:
        yield found


def live(pulse: Pulse) -> dict[str, AlertRow]:
    kinds = ("tutor", "student", "subject", "system")
    return {alert.rule: alert for kind in kinds for alert in pulse.state.alerts.live(kind)}


def nonsense(pulse: Pulse, count: int = 20) -> None:
    lines = b"\n".join(b'{"nonsense": %d}' % i for i in range(count))
    pulse.store.append(decode_lines(lines, Arrival(now_us=pulse.clock.now_us(), source="test")))


def marks(pulse: Pulse, count: int = 150) -> None:
    """Events about nobody, for a share to be of."""
    at = format_time(NOW_US)
    lines = [
        {
            "event_type": "supply_demand_update",
            "timestamp": at,
            "payload": {"subject": "art", "pending_requests": i},
        }
        for i in range(count)
    ]
    batch = decode_lines(b"\n".join(map(msgspec.json.encode, lines)), Arrival(now_us=NOW_US, source="test"))
    assert not batch.rejects, batch.rejects[0].reason
    pulse.store.append(batch)


def old_model(pulse: Pulse) -> None:
    """One in force whose data end months before the newest event."""
    folder = pulse.home.models_path / "old"
    folder.mkdir(parents=True)
    shutil.copy(registry.STARTER_FOLDER / MANIFEST_FILE, folder / MANIFEST_FILE)
    registry.activate("old", pulse.home.models_path)


def drifted(pulse: Pulse, drifting: bool) -> None:
    content = json.dumps({"drifting": drifting, "sentence": "Tutors drift: expected AUC 0.700, 0.780 then."})
    pulse.state.models.keep_drift("tutor", pulse.clock.now_us(), content)


BAD = {
    "tutor": One(
        {"completed_90d": 90.0}, {"session_velocity": 1.0, "churn_risk_14d": 0.9, "health_score": 30.0}
    ),
    "student": One(
        {"completed_90d": 90.0, "ib_calls_14d": 2.0},
        {"session_velocity": 1.0, "churn_risk_14d": 0.9, "health_score": 30.0},
    ),
}


def test_every_shipped_rule_fires_where_its_condition_holds(pulse: Pulse) -> None:
    world = World(tutors={"tom": BAD["tutor"]}, students={"anna": BAD["student"]})
    marks(pulse)
    nonsense(pulse)
    old_model(pulse)
    drifted(pulse, True)
    refresh(pulse, world.scorer())
    found = live(pulse)
    world.reachable = False
    refresh(pulse, world.scorer())
    found |= live(pulse)
    leave_standing(pulse, "trees.txt is damaged.")
    found |= live(pulse)
    assert set(found) == {rule.key for rule in rules_of(pulse.home.path)}
    assert found["model_drifting"].why == "Tutors drift: expected AUC 0.700, 0.780 then."
    assert (found["model_unusable"].severity, found["model_unusable"].why) == (
        "critical",
        "trees.txt is damaged.",
    )
    assert found["subject_short_next_week"].entity_id == "latin"
    assert found["subject_short_next_week"].why.endswith("tutors declare 1 h")


def test_a_drift_of_before_the_model_in_force_counts_no_more(pulse: Pulse) -> None:
    drifted(pulse, True)
    apply(pulse.state, watch_system(pulse))
    assert "model_drifting" in live(pulse)
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(DAY_US)
    pulse.state.models.add(pulse.clock.now_us(), "promoted", "m2", None, "ann")
    apply(pulse.state, watch_system(pulse))
    assert "model_drifting" not in live(pulse)
    drifted(pulse, False)
    apply(pulse.state, watch_system(pulse))
    assert "model_drifting" not in live(pulse)


def test_a_model_that_cannot_be_used_is_an_alert_until_there_is_one(pulse: Pulse) -> None:
    world = World(students={"anna": One()})
    refresh(pulse, world.scorer())
    assert leave_standing(pulse, "The model is gone.") == 1
    assert live(pulse)["model_unusable"].why == "The model is gone."
    refresh(pulse, world.scorer())
    assert "model_unusable" not in live(pulse)
