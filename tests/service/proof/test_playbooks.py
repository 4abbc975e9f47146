"""Trials in a made-up marketplace: who is held out, what is not said to them, and what is told of the effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, FixedClock, format_time
from tutorpulse.decisions.rules import Rule
from tutorpulse.decisions.trials import HOLD_DAYS, arm_of
from tutorpulse.service.page import page
from tutorpulse.service.proof.playbooks import kept, measure
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.worklist.tasks import Asked, listed
from tutorpulse.store.state import Run
from tutorpulse.store.state.holdouts import HoldoutRow

RULE = "student_call"
IDS = [f"s{i:03d}" for i in range(200)]


def world() -> World:
    return World(students={i: One(outputs={"churn_risk_14d": 0.8}) for i in IDS})


def scorer(made: World, share: float = 0.25, salt: str = "") -> Scorer:
    plain = made.scorer(("student",))
    rules = tuple(
        msgspec.structs.replace(rule, hold_out=share, salt=salt) if rule.key == RULE else rule
        for rule in plain.rules
    )
    return replace(plain, rules=rules)


def rule_of(judge: Scorer) -> Rule:
    return next(rule for rule in judge.rules if rule.key == RULE)


@contextmanager
def home(path: Path, now_us: int = NOW_US, *events: dict[str, object]) -> Iterator[Pulse]:
    with opened(path / "home", now_us, *events) as pulse:
        yield pulse


def tasks_of(pulse: Pulse) -> set[str]:
    return {task.entity_id for task in listed(pulse, Asked(rule=RULE, limit=1000)).items}


def test_a_share_is_held_out_by_lot_and_it_is_on_record_before_any_outcome(tmp_path: Path) -> None:
    judge = scorer(world())
    held = {i for i in IDS if arm_of(rule_of(judge), i) == "hold"}
    assert 30 < len(held) < 70
    with home(tmp_path) as pulse:
        refresh(pulse, judge)
        rows = pulse.state.holdouts.of_trial(RULE, "", "student")
        assert {row.entity_id for row in rows if row.arm == "hold"} == held
        assert {row.enrolled_us for row in rows} == {NOW_US}
        assert {(row.share, row.churn_risk_14d, row.health_score) for row in rows} == {(0.25, 0.8, 75.0)}


def test_nothing_is_suggested_for_the_held_out_until_their_time_is_over(tmp_path: Path) -> None:
    made = world()
    judge = scorer(made)
    held = {i for i in IDS if arm_of(rule_of(judge), i) == "hold"}
    someone = min(held)
    with home(tmp_path) as pulse:
        refresh(pulse, judge)
        assert tasks_of(pulse) == set(IDS) - held
        assert RULE not in {r.rule for r in page(pulse, judge, someone).recommendations}
        said = {i.entity_id: i.recommendations for i in pulse.state.insights.since(0)}
        action = rule_of(judge).action
        assert action not in said[someone]
        assert action in said[min(set(IDS) - held)]
        assert isinstance(pulse.clock, FixedClock)
        pulse.clock.advance(DAY_US // 2)
        refresh(pulse, judge)
        assert tasks_of(pulse) == set(IDS) - held
    with opened(tmp_path / "home", NOW_US + HOLD_DAYS * DAY_US) as pulse:
        pulse.state.runs.add(Run(NOW_US + HOLD_DAYS * DAY_US, "m1", "{}", "{}", "[]"))
        assert tasks_of(pulse) == set(IDS)


def test_lots_stay_and_a_larger_share_takes_nobody_back() -> None:
    small, large, other = (
        rule_of(scorer(world(), share, salt)) for share, salt in ((0.1, ""), (0.3, ""), (0.3, "b"))
    )
    held = [{i for i in IDS if arm_of(rule, i) == "hold"} for rule in (small, large, other)]
    assert held[0] < held[1]
    assert held[1] != held[2]


def test_without_a_share_nobody_is_enrolled_and_nothing_is_claimed(tmp_path: Path) -> None:
    judge = scorer(world(), 0.0)
    with home(tmp_path) as pulse:
        refresh(pulse, judge)
        assert pulse.state.holdouts.trials() == []
        assert measure(pulse, judge).items == ()
        assert "helping one may cost another" in measure(pulse, judge).limits[0]


def lesson(student: str, days_ago: float) -> dict[str, object]:
    payload = {"session_id": f"{student}-{days_ago}", "student_id": student, "tutor_id": "t"}
    at = format_time(NOW_US - int(days_ago * DAY_US))
    return {
        "event_id": f"{student}-{days_ago}",
        "event_type": "session_completed",
        "timestamp": at,
        "received_at": at,
        "payload": payload,
    }


def enrolled(student: str, arm: str, days_ago: int) -> HoldoutRow:
    return HoldoutRow(RULE, "", "student", student, NOW_US - days_ago * DAY_US, arm, 0.5, 0.8, 50.0, 1.0)


def of_arms(leave_every: dict[str, int]) -> tuple[list[dict[str, object]], list[HoldoutRow]]:
    """A hundred in each arm, enrolled 100 days ago; every so-manieth has no lesson afterwards."""
    events, rows = [], []
    for arm, every in leave_every.items():
        for i in range(100):
            who = f"{arm}{i:03d}"
            rows.append(enrolled(who, arm, 100))
            days = [101.0 + i / 1000]
            if i % every:
                days += [d + i / 1000 for d in range(5, 100, 5)]
            events += [lesson(who, d) for d in days]
    return events, rows


def test_an_effect_that_is_large_is_told_with_intervals(tmp_path: Path) -> None:
    events, rows = of_arms({"act": 10, "hold": 2})
    with home(tmp_path, NOW_US, *events) as pulse:
        pulse.state.holdouts.add(rows)
        (playbook,) = measure(pulse, scorer(world())).items
        exits = playbook.effects[0]
        assert (exits.acted, exits.held, exits.acted_mean, exits.held_mean) == (100, 100, 10.0, 50.0)
        assert exits.effect == pytest.approx(-40.0)
        assert exits.low is not None
        assert exits.always_low is not None
        assert exits.always_low < exits.low < -40 < (exits.high or 0) < (exits.always_high or 0) < 0
        assert playbook.helped == pytest.approx(0.8)
        assert playbook.sentence == "“Call within 48 hours” is shown to keep people."
        assert (
            "Exits within 30 days: 10.0 where the action was suggested, 50.0 where it was held back"
            in exits.sentence
        )
        assert kept(pulse).items == (playbook,)
        assert "not enough yet (500 outcomes in each arm are needed)" in playbook.uplift.sentence


def test_no_effect_is_claimed_where_none_is_shown(tmp_path: Path) -> None:
    events, rows = of_arms({"act": 4, "hold": 3})
    with home(tmp_path, NOW_US, *events) as pulse:
        pulse.state.holdouts.add(rows)
        (playbook,) = measure(pulse, scorer(world())).items
        assert not playbook.effects[0].decided
        assert playbook.sentence.endswith("has not been shown to keep anybody so far, nor to harm.")


def test_what_has_not_matured_is_not_enough_yet(tmp_path: Path) -> None:
    events, rows = of_arms({"act": 4, "hold": 3})
    late = [msgspec.structs.replace(row, enrolled_us=NOW_US - 50 * DAY_US) for row in rows]
    with home(tmp_path, NOW_US, *events) as pulse:
        pulse.state.holdouts.add(late)
        (playbook,) = measure(pulse, scorer(world())).items
        exits = playbook.effects[0]
        assert (exits.acted, exits.held, exits.effect) == (0, 0, None)
        assert exits.sentence == (
            "Exits within 30 days: not enough yet (0 acted on and 0 held out have an outcome; 50 of each are needed)."
        )
        assert "is not known: not enough yet" in playbook.sentence
