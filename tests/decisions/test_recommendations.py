import pytest

from tests.decisions.tables import table
from tests.decisions.test_rules import NAMES
from tutorpulse.decisions.recommendations import (
    Trigger,
    episode_changes,
    firing,
    top,
)
from tutorpulse.decisions.rules import Condition, Rule, load_rules

RULES = load_rules(NAMES)
NONE = float("nan")

TUTOR = {
    "burnout_risk": 0.1,
    "utilization_rate": 0.5,
    "avg_rating": 4.8,
    "session_velocity": 3.0,
    "student_retention_rate": 0.9,
}
STUDENT = {
    "churn_risk_14d": 0.1,
    "ib_calls_14d": 0,
    "sessions_7d": 2,
    "session_velocity": 2.0,
    "payment_success_rate_30d": 1.0,
    "tutor_consistency_score": 1.0,
    "first_session_success": 0.9,
}


def fired(kind: str, segment: str = "healthy", **changed: float) -> set[str]:
    values = (TUTOR if kind == "tutor" else STUDENT) | changed
    facts = table(kind, {name: [value] for name, value in values.items()}, [segment])  # type: ignore[arg-type]
    return {key for key, mask in firing(RULES, facts).items() if mask[0]}


@pytest.mark.parametrize(
    ("fact", "just", "beyond", "rule"),
    [
        ("burnout_risk", 0.6, 0.601, "tutor_wellness_check"),
        ("utilization_rate", 0.9, 0.91, "tutor_reduce_load"),
        ("avg_rating", 4.0, 3.9, "tutor_coaching"),
        ("session_velocity", 0.5, 0.49, "tutor_raise_visibility"),
        ("student_retention_rate", 0.5, 0.49, "tutor_review_style"),
    ],
)
def test_a_tutor_rule_fires_beyond_its_threshold_and_not_on_it(
    fact: str, just: float, beyond: float, rule: str
) -> None:
    assert fired("tutor", **{fact: just}) == set()
    assert fired("tutor", **{fact: beyond}) == {rule}


@pytest.mark.parametrize(
    ("fact", "just", "beyond", "rule"),
    [
        ("churn_risk_14d", 0.6, 0.601, "student_call"),
        ("session_velocity", 0.5, 0.49, "student_scheduling_help"),
        ("payment_success_rate_30d", 0.9, 0.89, "student_billing"),
        ("tutor_consistency_score", 0.5, 0.49, "student_preferred_tutor"),
        ("first_session_success", 0.5, 0.49, "student_onboarding"),
    ],
)
def test_a_student_rule_fires_beyond_its_threshold_and_not_on_it(
    fact: str, just: float, beyond: float, rule: str
) -> None:
    assert fired("student", **{fact: just}) == set()
    assert fired("student", **{fact: beyond}) == {rule}


def test_rules_of_two_conditions_need_both() -> None:
    assert fired("student", sessions_7d=0, ib_calls_14d=3) == set()
    assert fired("student", churn_risk_14d=0.7, sessions_7d=0) == {"student_call", "student_reengage"}
    assert fired("student", churn_risk_14d=0.7, ib_calls_14d=2) == {"student_call", "student_account_manager"}


def test_the_best_are_rewarded() -> None:
    assert fired("tutor", "star") == {"tutor_reward"}
    assert fired("student", "thriving") == {"student_referral"}


@pytest.mark.parametrize(("kind", "facts"), [("tutor", TUTOR), ("student", STUDENT)])
def test_a_rule_over_a_missing_fact_does_not_fire(kind: str, facts: dict[str, float]) -> None:
    assert fired(kind, **dict.fromkeys(facts, NONE)) == set()


def wellness(risks: list[float], running: list[tuple[str, str]], as_of_us: int = 7):  # type: ignore[no-untyped-def]
    columns = {name: [value] * len(risks) for name, value in TUTOR.items()} | {"burnout_risk": risks}
    facts = table("tutor", columns)
    return episode_changes(RULES, facts, firing(RULES, facts), running, as_of_us)


def test_an_episode_begins_when_the_rule_begins_to_fire() -> None:
    change = wellness([0.1, 0.62], [])
    [begun] = change.begun
    assert (begun.entity_id, begun.rule, begun.opened_us) == ("tutor_1", "tutor_wellness_check", 7)
    assert begun.facts == (Trigger("burnout_risk", pytest.approx(62), "%", "above", 60.0),)  # type: ignore[arg-type]
    assert change.ended == ()


def test_an_episode_that_runs_changes_nothing_and_one_that_is_over_ends() -> None:
    running = [("tutor_0", "tutor_wellness_check"), ("tutor_1", "tutor_wellness_check")]
    change = wellness([0.1, 0.9], running)
    assert (change.begun, change.ended) == ((), (("tutor_0", "tutor_wellness_check"),))


def test_the_episode_of_a_rule_that_was_removed_ends() -> None:
    assert wellness([0.1], [("tutor_0", "removed_rule")]).ended == (("tutor_0", "removed_rule"),)


def test_the_id_is_stable_for_an_episode_and_another_for_the_next() -> None:
    first, again, later = (wellness([0.9], [], us).begun[0].recommendation_id for us in (7, 7, 8))
    assert first == again != later


def test_the_most_valuable_come_first_and_no_more_than_asked() -> None:
    columns = {name: [value] for name, value in (TUTOR | {"burnout_risk": 0.9, "avg_rating": 2}).items()}
    facts = table("tutor", columns)
    begun = episode_changes(RULES[::-1], facts, firing(RULES, facts), [], 7).begun
    assert [r.rule for r in top(begun, 5)] == ["tutor_wellness_check", "tutor_coaching"]
    assert [r.rule for r in top(begun, 1)] == ["tutor_wellness_check"]


def test_own_rules_can_ask_for_a_status() -> None:
    rule = Rule("new_here", "tutor", 1, "Welcome", (Condition("status", is_="new"),))
    assert not firing([rule], table("tutor", {"avg_rating": [5]}))["new_here"][0]
