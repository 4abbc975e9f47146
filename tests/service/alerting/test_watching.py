"""Alerts where predictions are written: opened once, with the reason, resolved when the reason is gone."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, HOUR_US, FixedClock, format_time
from tutorpulse.errors import SettingsError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.service.alerting import acting
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.judging import judge
from tutorpulse.service.population import measured
from tutorpulse.service.predicting import predict
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.shapes import StateRequest
from tutorpulse.service.worklist.states import end_state, set_state
from tutorpulse.store.state.alerts import AlertRow


@pytest.fixture
def world() -> World:
    return World(tutors={"tom": One()}, students={"anna": One(), "ben": One()})


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    with opened(tmp_path / "home") as found:
        yield found


def again(pulse: Pulse, world: World, hours: float = 1) -> list[AlertRow]:
    """Refresh some hours later: the alerts that are live."""
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(int(hours * HOUR_US))
    refresh(pulse, world.scorer())
    return [alert for kind in ("tutor", "student", "system") for alert in pulse.state.alerts.live(kind)]


def notices(pulse: Pulse) -> list[tuple[str, str, str]]:
    return [(n.entity_id, n.rule, n.kind) for _, n in pulse.state.outbox.notices_after(0, 100)]


def test_one_opens_with_the_drivers_and_what_it_was_a_week_ago(pulse: Pulse, world: World) -> None:
    assert again(pulse, world) == []
    world.students["anna"] = One({"sessions_7d": 0.0}, {"churn_risk_14d": 0.83})
    week_us = NOW_US + 7 * DAY_US
    event = {
        "event_type": "supply_demand_update",
        "timestamp": format_time(week_us),
        "payload": {"subject": "art"},
    }
    pulse.store.append(decode_lines(msgspec.json.encode(event), Arrival(now_us=week_us, source="test")))
    (alert,) = again(pulse, world, 24 * 7)
    assert (alert.entity_id, alert.rule, alert.severity) == ("anna", "student_churn", "critical")
    assert alert.why == "Churn risk 83 % (was 10 % a week ago): no session in 7 days"
    assert alert.since_us == alert.opened_us == pulse.clock.now_us()


@pytest.mark.parametrize(("whole", "explained"), [(True, 30), (False, 5)])
def test_of_many_at_once_the_worst_get_drivers_more_of_them_where_everybody_is_judged(
    pulse: Pulse, world: World, whole: bool, explained: int
) -> None:
    names = [f"s{i}" for i in range(30)]
    worst = names[18:]
    for name in names:
        risk = 0.83 if name in worst else 0.62
        world.students[name] = One({"sessions_7d": 0.0}, {"churn_risk_14d": risk})
    scorer = world.scorer()
    frame = scorer.compute("student", pulse.clock.now_us(), np.array(names, dtype=object))
    predicted = predict(pulse, scorer, frame, None if whole else measured(scorer, frame))
    watched = judge(pulse, scorer, predicted).watched
    assert watched is not None
    drivers = {names[row] for (_, row), why in watched.whys.items() if "no session in 7 days" in why}
    assert len(watched.whys) == len(names)
    assert len(drivers) == explained
    assert whole or drivers <= set(worst)


def test_refreshing_again_opens_no_second_and_writes_no_change(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.7})
    (first,) = again(pulse, world)
    (second,) = again(pulse, world)
    assert first == second
    assert notices(pulse) == [("anna", "student_churn", "opened")]
    assert len(pulse.state.alerts.changes(first.alert_id)) == 1


def test_of_what_holds_on_the_newest_value_is_kept_and_nothing_else_changes(
    pulse: Pulse, world: World
) -> None:
    world.students["anna"] = One({}, {"churn_risk_14d": 0.83})
    world.students["ben"] = One({}, {"churn_risk_14d": 0.84})
    before = again(pulse, world)
    world.students["anna"] = One({}, {"churn_risk_14d": 0.86})
    after = again(pulse, world)
    assert after == [
        msgspec.structs.replace(alert, value=0.86) if alert.entity_id == "anna" else alert for alert in before
    ]
    assert before != after


def test_it_resolves_beyond_the_margin_and_opens_anew_after_the_cooldown(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.7})
    again(pulse, world)
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.58})
    assert len(again(pulse, world)) == 1
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.57})
    assert again(pulse, world) == []
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.7})
    assert again(pulse, world, 23) == []
    assert len(again(pulse, world, 1)) == 1


def test_whoever_leaves_or_pauses_has_no_alert_any_more(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.9})
    (alert,) = again(pulse, world)
    world.students["anna"].days_ago = {"departed_us": 0.01, "last_activity_us": 0.02}
    assert again(pulse, world) == []
    done = pulse.state.alerts.get(alert.alert_id)
    assert (done.state, done.resolution) == ("resolved", "no longer scored: departed")


def test_calls_health_and_halved_sessions_are_alerts_too(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One({"ib_calls_14d": 2.0})
    world.students["ben"] = One(outputs={"health_score": 55.0})
    world.tutors["tom"] = One({"completed_90d": 90.0}, {"session_velocity": 3.0, "health_score": 39.0})
    found = {(a.entity_id, a.rule): a for a in again(pulse, world)}
    assert {(who, rule): a.severity for (who, rule), a in found.items()} == {
        ("anna", "student_calls"): "warning",
        ("ben", "student_health"): "warning",
        ("tom", "tutor_health"): "critical",
        ("tom", "tutor_velocity_halved"): "warning",
    }
    assert found["anna", "student_calls"].why == "2 calls in 14 days"
    assert found["tom", "tutor_velocity_halved"].why.startswith(
        "Expected sessions 3.0 a week, 43 % of the usual"
    )


def test_what_an_operator_did_meanwhile_stays(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.9})
    (alert,) = again(pulse, world)
    acting.acknowledge(pulse.state, alert.alert_id, "eva", pulse.clock.now_us())
    (still,) = again(pulse, world)
    assert (still.state, still.acknowledged_by) == ("acknowledged", "eva")


def test_a_model_that_cannot_be_reached_is_an_alert_and_changes_no_other(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.9})
    again(pulse, world)
    world.reachable = False
    found = {a.rule: a for a in again(pulse, world)}
    assert set(found) == {"student_churn", "predictions_stale"}
    assert (
        found["predictions_stale"].why
        == "100.0 % of the predictions are left from before: the model cannot be used"
    )
    world.reachable = True
    assert {a.rule for a in again(pulse, world)} == {"student_churn"}


def test_many_malformed_events_are_an_alert_about_the_log(tmp_path: Path) -> None:
    marks = [
        {
            "event_id": f"e{i}",
            "event_type": "supply_demand_update",
            "timestamp": "2024-10-04T00:00:00Z",
            "payload": {"subject": "art"},
        }
        for i in range(150)
    ]
    with opened(tmp_path / "home", NOW_US, *marks) as pulse:
        watched = watch_system(pulse)
        apply(pulse.state, watched)
        assert pulse.state.alerts.live("system") == []
        bad = b"\n".join(b'{"nonsense": %d}' % i for i in range(30))
        pulse.store.append(decode_lines(bad, Arrival(now_us=NOW_US, source="test")))
        apply(pulse.state, watch_system(pulse))
        (alert,) = pulse.state.alerts.live("system")
        assert (alert.entity_id, alert.rule, alert.severity) == ("log", "malformed_events", "critical")
        assert alert.why == "16.6 % of the 181 events of the last 24 hours broke the contract"


def test_a_rule_that_is_gone_takes_its_alerts_along(pulse: Pulse, world: World) -> None:
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.9})
    again(pulse, world)
    (pulse.home.path / "alerts.toml").write_text(
        '[[rule]]\nkey = "student_churn"\nabout = "student"\ntitle = "x"\nfact = "churn_risk_14d"\n'
        "above = { info = 1 }\ndo = []\nenabled = false\n"
    )
    assert again(pulse, world) == []


def test_a_wrong_file_of_rules_is_refused_at_first_and_later_changes_nothing(
    pulse: Pulse, world: World
) -> None:
    (pulse.home.path / "alerts.toml").write_text("[[rule]]\nkey = 1\n")
    with pytest.raises(SettingsError, match=r"alerts\.toml: rule 1"):
        again(pulse, world)
    (pulse.home.path / "alerts.toml").unlink()
    world.students["anna"] = One(outputs={"churn_risk_14d": 0.9})
    again(pulse, world)
    (pulse.home.path / "alerts.toml").write_text("[[rule]]\nkey = 1\n")
    assert len(again(pulse, world)) == 1


def test_a_subject_short_of_tutors_is_an_alert(tmp_path: Path) -> None:
    asked = [
        {
            "event_id": f"r{i}",
            "event_type": "booking_requested",
            "timestamp": "2024-09-25T00:00:00Z",
            "payload": {"request_id": f"r{i}", "student_id": "anna", "subject": "latin"},
        }
        for i in range(25)
    ]
    with opened(tmp_path / "home", NOW_US, *asked) as pulse:
        refresh(pulse, World(students={"anna": One()}).scorer())
        (alert,) = pulse.state.alerts.live("subject")
        assert (alert.entity_id, alert.rule) == ("latin", "subject_short_of_tutors")
        assert alert.why == "100 % of 25 requests of 28 days found no tutor within 3 days"


def test_whoever_an_operator_sets_apart_has_no_alert_until_that_ends(pulse: Pulse, world: World) -> None:
    for name in ("anna", "ben"):
        world.students[name] = One(outputs={"churn_risk_14d": 0.7})
    assert len(again(pulse, world)) == 2
    state = set_state(pulse, StateRequest("student", "anna", "goal_reached"), "carla")
    assert [alert.entity_id for alert in again(pulse, world)] == ["ben"]
    resolved = pulse.state.alerts.resolved_since("student", NOW_US)
    assert [(a.entity_id, a.resolution) for a in resolved] == [("anna", "no longer scored: goal reached")]
    end_state(pulse, state.state_id, "carla")
    assert {alert.entity_id for alert in again(pulse, world, 24)} == {"anna", "ben"}
