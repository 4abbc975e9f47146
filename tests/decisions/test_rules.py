from pathlib import Path

import pytest

from tutorpulse.decisions.rules import FILE_NAME, load_rules, parse_rules
from tutorpulse.errors import SettingsError
from tutorpulse.features.frame import EntityType

NAMES: dict[EntityType, tuple[str, ...]] = {
    "tutor": ("utilization_rate", "avg_rating", "student_retention_rate"),
    "student": ("ib_calls_14d", "sessions_7d", "payment_success_rate_30d", "tutor_consistency_score"),
}

RULE = """
[[rule]]
key = "mine"
entity = "tutor"
value = 99
action = "Say hello"
when = [{CONDITION}]
"""


def test_every_rule_of_the_contract_is_shipped() -> None:
    assert {(r.key, r.action, tuple((c.fact, c.test) for c in r.when)) for r in load_rules(NAMES)} == {
        ("tutor_wellness_check", "Wellness check-in within 48 hours", (("burnout_risk", "above"),)),
        ("tutor_reduce_load", "Reduce hours or add breaks", (("utilization_rate", "above"),)),
        ("tutor_coaching", "Offer coaching or training", (("avg_rating", "below"),)),
        ("tutor_raise_visibility", "Raise the tutor's visibility", (("session_velocity", "below"),)),
        ("tutor_review_style", "Review the teaching style together", (("student_retention_rate", "below"),)),
        ("tutor_reward", "Feature or reward the tutor", (("segment", "is"),)),
        ("student_call", "Call within 48 hours", (("churn_risk_14d", "above"),)),
        (
            "student_reengage",
            "Send a re-engagement message",
            (("churn_risk_14d", "above"), ("sessions_7d", "at_most")),
        ),
        (
            "student_account_manager",
            "Give the student an own account manager",
            (("churn_risk_14d", "above"), ("ib_calls_14d", "at_least")),
        ),
        ("student_scheduling_help", "Help with scheduling", (("session_velocity", "below"),)),
        ("student_billing", "Ask for new billing details", (("payment_success_rate_30d", "below"),)),
        ("student_preferred_tutor", "Assign a preferred tutor", (("tutor_consistency_score", "below"),)),
        ("student_onboarding", "Go through the onboarding together", (("first_session_success", "below"),)),
        ("student_referral", "Ask for a referral or offer more", (("segment", "is"),)),
    }


def test_rules_come_most_valuable_first() -> None:
    values = [rule.value for rule in load_rules(NAMES)]
    assert values == sorted(values, reverse=True)


def test_a_home_adds_rules_and_replaces_namesakes(tmp_path: Path) -> None:
    own = RULE.replace("CONDITION", 'fact = "avg_rating", below = 3')
    (tmp_path / FILE_NAME).write_text(own + own.replace("mine", "tutor_coaching"))
    rules = {rule.key: rule for rule in load_rules(NAMES, tmp_path)}
    assert rules["mine"].when[0].threshold == 3
    assert rules["tutor_coaching"].action == "Say hello"
    assert len(rules) == len(load_rules(NAMES)) + 1


@pytest.mark.parametrize("threshold", ['"60 %"', '"60%"', "0.6"])
def test_a_share_is_a_fraction_or_per_cent(threshold: str) -> None:
    text = RULE.replace("CONDITION", f'fact = "burnout_risk", above = {threshold}')
    assert parse_rules(text, "x", NAMES)["mine"].when[0].threshold == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            'fact = "burnout", above = 1',
            "rule 'mine', fact 'burnout' is no fact about a tutor.*features --list",
        ),
        ('fact = "ib_calls_14d", above = 1', "'ib_calls_14d' is no fact about a tutor"),
        ('fact = "avg_rating"', "'avg_rating': give exactly one of above.*or is, not 0"),
        ('fact = "avg_rating", above = 1, below = 2', "give exactly one of .*, not 2"),
        ('fact = "avg_rating", over = 1', "rule 'mine': Object contains unknown field `over`.*keys are key"),
        ('fact = "avg_rating", is = "good"', "'avg_rating' is a number: give one of above"),
        ('fact = "avg_rating", below = "60 %"', "'60 %' is no threshold.*a share per cent"),
        ('fact = "burnout_risk", above = "lots %"', "'lots %' is no threshold"),
        ('fact = "segment", is = "thriving"', "'segment': give is = one of churning, at_risk, healthy, star"),
        ('fact = "status", above = 1', "'status': give is = one of new, active"),
    ],
)
def test_a_bad_rule_is_refused_by_name_and_key(condition: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_rules(RULE.replace("CONDITION", condition), "x", NAMES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule = 3", "x: Expected `array`.*holds .*rule.* tables; mend or remove it"),
        ("[[rules]]", "unknown field `rules`"),
        ("[[rule", "x: .*mend or remove it"),
        (RULE.replace("CONDITION", 'fact = "avg_rating", below = 3') * 2, "rule 'mine' stands twice"),
        ("[[rule]]\nvalue = 1", "rule 'number 1': Object missing required field `key`"),
    ],
)
def test_a_bad_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_rules(text, "x", NAMES)
