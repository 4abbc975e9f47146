"""What Prometheus reads of alerts and of their delivery."""

from pathlib import Path

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import HOUR_US, SECOND_US, FixedClock
from tutorpulse.service.alerting import acting
from tutorpulse.service.delivery.planning import plan
from tutorpulse.service.delivery.receivers import load_receivers
from tutorpulse.service.live.alert_metrics import of_alerts, of_delivery
from tutorpulse.service.refresh import refresh
from tutorpulse.store.state import State

RECEIVERS = "".join(
    f'[[receiver]]\nname = "{name}"\nwebhook = "http://127.0.0.1:9/"\nsecret = "s"\n'
    for name in ("crm", "idle")
)


def samples(state: State) -> dict[tuple[str, ...], float]:
    return {
        (sample.name.removeprefix("tutorpulse_"), *sample.labels.values()): sample.value
        for family in (*of_alerts(state), *of_delivery(state))
        for sample in family.samples
    }


def test_alerts_are_counted_by_rule_severity_and_state_and_messages_by_what_became_of_them(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "home") as pulse:
        (pulse.home.path / "receivers.toml").write_text(RECEIVERS)
        crm = load_receivers(pulse.home.path, pulse.settings)[:1]
        world = World(students={f"s{n}": One() for n in range(3)})
        refresh(pulse, world.scorer())
        for name in world.students:
            world.students[name] = One(outputs={"churn_risk_14d": 0.9})
        assert isinstance(pulse.clock, FixedClock)
        pulse.clock.advance(HOUR_US)
        refresh(pulse, world.scorer())
        now_us, state = pulse.clock.now_us(), pulse.state
        first = state.alerts.live("student")[0]
        acting.acknowledge(state, first.alert_id, "ann", now_us)
        plan(state, crm, pulse.settings, now_us)
        message = state.outbox.claim("crm", "me", now_us, now_us + SECOND_US)
        assert message is not None
        under_way = samples(state)
        state.outbox.put_off(message.message_key, now_us + HOUR_US, "it does not answer")
        failed = samples(state)
        again = state.outbox.claim("crm", "me", now_us + HOUR_US, now_us + 2 * HOUR_US)
        assert again is not None
        state.outbox.end(again.message_key, "sent", now_us + HOUR_US)
        sent = samples(state)
    assert under_way["alerts_opened_total", "student_churn"] == 3
    assert (under_way["alerts", "critical", "open"], under_way["alerts", "critical", "acknowledged"]) == (
        2,
        1,
    )
    assert (under_way["messages_waiting", "crm"], under_way["delivery_failures_total", "crm"]) == (1, 0)
    assert (failed["messages_waiting", "crm"], failed["delivery_failures_total", "crm"]) == (1, 1)
    assert (sent["messages_waiting", "crm"], sent["messages_total", "crm", "sent"]) == (0, 1)
    assert sent["delivery_failures_total", "crm"] == 1
    assert sent["notices_waiting", "idle"] == 0


def test_what_no_message_holds_yet_waits(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as pulse:
        (pulse.home.path / "receivers.toml").write_text(
            '[[receiver]]\nname = "ops"\nurl = "json://127.0.0.1"\n'
        )
        receivers = load_receivers(pulse.home.path, pulse.settings)
        world = World(students={f"s{n}": One(outputs={"churn_risk_14d": 0.9}) for n in range(30)})
        refresh(pulse, world.scorer())
        plan(pulse.state, receivers, pulse.settings, NOW_US)
        assert samples(pulse.state)["notices_waiting", "ops"] == 30
