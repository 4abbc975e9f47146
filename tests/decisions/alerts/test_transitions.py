"""What becomes of one alert."""

from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition
from hypothesis.stateful import rule as does

from tests.decisions.alerts.made import NOW_US, POLICY, rule, sighting
from tutorpulse.clock import HOUR_US, MINUTE_US
from tutorpulse.decisions.alerts import transitions
from tutorpulse.decisions.alerts.levels import Levels
from tutorpulse.decisions.alerts.severity import NONE, UNKNOWN, rank
from tutorpulse.decisions.alerts.transitions import Sighting, Step
from tutorpulse.errors import InputError
from tutorpulse.store.state.alerts import AlertRow

WARNING, CRITICAL = rank("warning"), rank("critical")
RULE = rule()


def see(alert: AlertRow | None, seen: Sighting, now_us: int = NOW_US, past: AlertRow | None = None) -> Step:
    return transitions.observed(alert, past, RULE, "s1", seen, POLICY, now_us)


def opened(level: int = WARNING) -> AlertRow:
    alert = see(None, sighting(level)).alert
    assert alert is not None
    return alert


def became(step: Step) -> AlertRow:
    assert step.alert is not None
    return step.alert


def test_it_opens_and_says_who_why_since_when_and_what_to_do() -> None:
    step = see(None, sighting(WARNING, value=0.7))
    alert = became(step)
    assert (alert.entity_type, alert.entity_id, alert.why, alert.value) == ("student", "s1", "because", 0.7)
    assert (alert.severity, alert.state, alert.since_us, alert.opened_us) == (
        "warning",
        "open",
        NOW_US,
        NOW_US,
    )
    assert msgspec.json.decode(alert.actions) == ["Call"]
    assert step.notices == ("opened",)
    assert [change.change for change in step.changes] == ["opened"]


@pytest.mark.parametrize("level", [NONE, UNKNOWN])
def test_nothing_opens_over_nothing_or_what_is_missing(level: int) -> None:
    assert see(None, sighting(level)) == Step(None)


_VALUES = st.sampled_from([0.4, 0.7, float("nan")])


@given(st.integers(1, 3), _VALUES, st.integers(UNKNOWN, 3), st.integers(UNKNOWN, 3), _VALUES)
def test_a_look_at_levels_alone_tells_which_live_alerts_change(
    severity: int, was: float, level: int, held: int, value: float
) -> None:
    alert = became(see(None, sighting(severity, value=was)))
    seen = Levels(np.array([value]), np.array([level], np.int8), np.array([held], np.int8))
    step = see(alert, sighting(level, held, value))
    turns = seen.turns(np.array([0]), np.array([severity], np.int8))
    drifts = seen.drifts(np.array([0]), np.array([severity], np.int8), np.array([was]))
    assert turns.tolist() == [bool(step.changes)]
    assert drifts.tolist() == [became(step) != alert and not step.changes]


def test_what_holds_on_says_nothing_more() -> None:
    step = see(opened(), sighting(WARNING, value=0.72))
    assert step.notices == ()
    assert step.changes == ()
    assert became(step).value == 0.72


def test_a_missing_value_changes_nothing() -> None:
    alert = opened()
    assert see(alert, sighting(UNKNOWN)) == Step(alert)


def test_within_the_margin_it_stays_and_beyond_it_resolves_by_itself() -> None:
    alert = opened()
    assert became(see(alert, sighting(NONE, held=WARNING))).state == "open"
    done = see(alert, sighting(NONE, held=NONE))
    assert (became(done).state, became(done).resolution, done.notices) == (
        "resolved",
        "cleared",
        ("resolved",),
    )


def test_it_eases_without_a_word_and_worsens_with_one() -> None:
    critical = see(opened(), sighting(CRITICAL), NOW_US + 1)
    assert (became(critical).severity, critical.notices) == ("critical", ("worsened",))
    eased = see(became(critical), sighting(WARNING), NOW_US + 2)
    assert (became(eased).severity, eased.notices) == ("warning", ())
    assert became(eased).escalate_us is None


def test_fluttering_between_severities_is_told_once_in_a_cooldown() -> None:
    alert, told = opened(CRITICAL), 0
    for minute in range(1, 20):
        step = see(alert, sighting(WARNING if minute % 2 else CRITICAL), NOW_US + minute * MINUTE_US)
        alert, told = became(step), told + len(step.notices)
    assert told == 0
    eased = became(see(alert, sighting(WARNING), NOW_US + 2 * POLICY.cooldown_us))
    later = see(eased, sighting(CRITICAL), NOW_US + 2 * POLICY.cooldown_us + 1)
    assert later.notices == ("worsened",)


def test_worse_than_what_was_acknowledged_or_snoozed_opens_it_again() -> None:
    seen = became(transitions.acknowledged(opened(), "eva", NOW_US))
    asleep = became(transitions.snoozed(opened(), NOW_US + HOUR_US, "eva", NOW_US))
    for alert in (seen, asleep):
        step = see(alert, sighting(CRITICAL), NOW_US + 1)
        assert (became(step).state, step.notices) == ("open", ("worsened",))
        assert became(step).snoozed_until_us is None


def test_an_acknowledged_one_stays_so_while_it_flutters_below_what_was_told() -> None:
    seen = became(transitions.acknowledged(opened(CRITICAL), "eva", NOW_US))
    eased = became(see(seen, sighting(WARNING)))
    again = see(eased, sighting(CRITICAL), NOW_US + 1)
    assert (became(again).state, became(again).severity, again.notices) == ("acknowledged", "critical", ())


def test_in_the_cooldown_only_worse_opens_another() -> None:
    done = became(transitions.resolved(opened(), "eva", NOW_US))
    soon = NOW_US + POLICY.cooldown_us - 1
    assert see(None, sighting(WARNING), soon, done).alert is None
    assert see(None, sighting(CRITICAL), soon, done).notices == ("opened",)
    assert see(None, sighting(WARNING), soon + 1, done).notices == ("opened",)


def test_a_critical_one_that_nobody_acknowledges_is_told_again_so_often_and_no_more() -> None:
    alert, told = opened(CRITICAL), []
    for minute in range(0, 600, 10):
        step = transitions.ticked(alert, POLICY, NOW_US + minute * MINUTE_US)
        alert = became(step)
        told += [(minute, *step.notices)] if step.notices else []
    assert told == [(60, "escalated"), (120, "escalated")]


def test_a_warning_and_what_is_acknowledged_are_not_escalated() -> None:
    late = NOW_US + 10 * HOUR_US
    assert transitions.ticked(opened(), POLICY, late).notices == ()
    seen = became(transitions.acknowledged(opened(CRITICAL), "eva", NOW_US, "mine"))
    assert (seen.acknowledged_by, seen.state) == ("eva", "acknowledged")
    assert transitions.ticked(seen, POLICY, late).notices == ()


def test_a_snooze_ends_on_time_and_says_so() -> None:
    asleep = became(transitions.snoozed(opened(CRITICAL), NOW_US + HOUR_US, "eva", NOW_US))
    assert transitions.ticked(asleep, POLICY, NOW_US + HOUR_US - 1).notices == ()
    awake = transitions.ticked(asleep, POLICY, NOW_US + HOUR_US)
    assert (became(awake).state, awake.notices) == ("open", ("reopened",))
    assert became(awake).escalate_us == NOW_US + 2 * HOUR_US


def test_a_wrong_one_is_resolved_and_a_confirmed_one_stays() -> None:
    right = transitions.judged(opened(), "confirmed", "eva", NOW_US)
    assert (became(right).verdict, became(right).state) == ("confirmed", "open")
    wrong = transitions.judged(opened(), "wrong", "eva", NOW_US, "she is on holiday")
    assert (became(wrong).verdict, became(wrong).state, became(wrong).resolution) == (
        "wrong",
        "resolved",
        "wrong",
    )
    assert [change.change for change in wrong.changes] == ["wrong", "resolved"]
    later = transitions.judged(became(wrong), "confirmed", "eva", NOW_US)
    assert (became(later).verdict, later.notices) == ("confirmed", ())


def test_what_cannot_be_done_is_refused() -> None:
    done = became(transitions.resolved(opened(), "eva", NOW_US))
    for act in (
        lambda: transitions.acknowledged(done, "eva", NOW_US),
        lambda: transitions.resolved(done, "eva", NOW_US),
        lambda: transitions.snoozed(done, NOW_US + 1, "eva", NOW_US),
    ):
        with pytest.raises(InputError, match=r"is resolved already \(by hand\)"):
            act()
    with pytest.raises(InputError, match="wake at once"):
        transitions.snoozed(opened(), NOW_US, "eva", NOW_US)
    with pytest.raises(InputError, match="Say why the alert is wrong"):
        transitions.judged(opened(), "wrong", "eva", NOW_US, " ")
    with pytest.raises(InputError, match="confirmed or wrong, not 'maybe'"):
        transitions.judged(opened(), "maybe", "eva", NOW_US)


@given(
    st.lists(
        st.tuples(st.integers(1, 20), st.sampled_from([NONE, 1, WARNING, CRITICAL])), min_size=1, max_size=60
    )
)
def test_a_value_that_flutters_is_told_three_times_a_cooldown_at_most(moves: list[tuple[int, int]]) -> None:
    alert: AlertRow | None = None
    past: AlertRow | None = None
    now_us, told_us = NOW_US, list[int]()
    for hours, level in moves:
        now_us += hours * HOUR_US
        step = see(alert, sighting(level), now_us, past)
        told_us += [now_us for notice in step.notices if notice in ("opened", "worsened")]
        ended = step.alert is not None and step.alert.state == "resolved"
        alert, past = (None, step.alert) if ended else (step.alert, past)
    for us in told_us:
        assert sum(us - POLICY.cooldown_us < other <= us for other in told_us) <= 3


@dataclass
class _Kept:
    alerts: dict[str, AlertRow] = field(default_factory=dict)
    told: int = 0
    levels: int = 0

    @property
    def live(self) -> list[AlertRow]:
        return [a for a in self.alerts.values() if a.state != "resolved"]


class AlertLife(RuleBasedStateMachine):
    """Whatever is seen, done and waited for: one live alert at most, nothing told without a change, nothing forgotten."""

    @initialize()
    def begin(self) -> None:
        self.kept, self.now_us, self.level = _Kept(), NOW_US, NONE

    def _keep(self, step: Step) -> None:
        if step.alert is not None:
            self.kept.alerts[step.alert.alert_id] = step.alert
        assert len(step.notices) <= len(step.changes)
        for change in step.changes:
            assert change.at_us == self.now_us

    @property
    def _live(self) -> AlertRow | None:
        return self.kept.live[0] if self.kept.live else None

    @property
    def _past(self) -> AlertRow | None:
        done = [a for a in self.kept.alerts.values() if a.state == "resolved"]
        return max(done, key=lambda a: a.resolved_us or 0, default=None)

    @does(level=st.sampled_from([UNKNOWN, NONE, 1, WARNING, CRITICAL]), above=st.integers(0, 1))
    def see(self, level: int, above: int) -> None:
        held = level if level == UNKNOWN else min(CRITICAL, level + above)
        past = self._past
        self._keep(see(self._live, Sighting(level, held, 0.5), self.now_us, past))
        warm = past is None or self.now_us >= max(past.resolved_us or 0, past.told_us) + POLICY.cooldown_us
        if level > NONE and warm:
            assert self._live is not None
            assert rank(self._live.severity) >= level

    @does(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now_us += hours * HOUR_US

    @precondition(lambda self: self._live is not None)
    @does(act=st.sampled_from(["acknowledge", "snooze", "resolve", "wrong", "tick"]))
    def act(self, act: str) -> None:
        alert = self._live
        assert alert is not None
        self._keep(
            {
                "acknowledge": lambda: transitions.acknowledged(alert, "eva", self.now_us),
                "snooze": lambda: transitions.snoozed(alert, self.now_us + HOUR_US, "eva", self.now_us),
                "resolve": lambda: transitions.resolved(alert, "eva", self.now_us),
                "wrong": lambda: transitions.judged(alert, "wrong", "eva", self.now_us, "no"),
                "tick": lambda: transitions.ticked(alert, POLICY, self.now_us),
            }[act]()
        )

    @invariant()
    def one_is_live_at_most(self) -> None:
        assert len(self.kept.live) <= 1

    @invariant()
    def clocks_run_only_where_they_mean_something(self) -> None:
        for alert in self.kept.alerts.values():
            assert (alert.snoozed_until_us is not None) == (alert.state == "snoozed")
            if alert.escalate_us is not None:
                assert alert.state == "open"
                assert alert.severity == "critical"


TestAlertLife = AlertLife.TestCase
