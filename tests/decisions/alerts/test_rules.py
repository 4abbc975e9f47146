"""Alert rules as a readable file, and what they see of values."""

from pathlib import Path

import numpy as np
import pytest

from tests.decisions.alerts.made import rule
from tutorpulse.decisions.alerts.levels import levels
from tutorpulse.decisions.alerts.precision import precision
from tutorpulse.decisions.alerts.rules import load_alert_rules, parse_alert_rules
from tutorpulse.decisions.alerts.severity import ABOUT
from tutorpulse.decisions.rules import Condition
from tutorpulse.errors import SettingsError
from tutorpulse.service.alerting.rules import known_facts

KNOWN = known_facts()
OWN = '[[rule]]\nkey = "own"\nabout = "tutor"\ntitle = "Own"\nfact = "avg_rating"\ndo = []\n'


def seen(of: object, *values: float, **more: list[float]) -> list[tuple[int, int]]:
    columns = {"churn_risk_14d": values, **more}
    found = levels(of, lambda name: np.array(columns[name], dtype=np.float64))  # type: ignore[arg-type]
    return list(zip(found.level.tolist(), found.held.tolist(), strict=True))


def test_the_shipped_rules_cover_every_condition_of_the_contract() -> None:
    rules = {r.key: r for r in load_alert_rules(KNOWN)}
    assert {r.about for r in rules.values()} == set(ABOUT)
    assert rules["tutor_health"].thresholds == {"warning": 60.0, "critical": 40.0}
    assert rules["student_calls"].thresholds == {"warning": 2.0}
    assert rules["tutor_velocity_halved"].thresholds == {"warning": 0.5}
    assert all(r.do and r.team for r in rules.values())


def test_a_rank_is_the_worst_threshold_crossed_and_held_is_not_cleared_yet() -> None:
    assert seen(rule(), 0.5, 0.51, 0.6, 0.61, 0.8, 0.81) == [(0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]
    assert seen(rule(), 0.47, 0.48, 0.57, 0.58, 0.77, 0.78) == [
        (0, 0),
        (0, 1),
        (1, 1),
        (1, 2),
        (2, 2),
        (2, 3),
    ]


def test_a_missing_value_is_unknown() -> None:
    assert seen(rule(), float("nan")) == [(-1, -1)]


@pytest.mark.parametrize(
    ("test", "ranks"),
    [("above", [0, 0, 2]), ("at_least", [0, 2, 2]), ("below", [2, 0, 0]), ("at_most", [2, 2, 0])],
)
def test_the_threshold_itself_counts_for_the_inclusive_tests(test: str, ranks: list[int]) -> None:
    one = (
        rule(above=None, clear_by=0.0) if test == "above" else rule(clear_by=0.0, **{test: {"warning": 0.6}})
    )
    if test == "above":
        one = rule(above={"warning": 0.6}, clear_by=0.0)
    assert [level for level, _ in seen(one, 0.59, 0.6, 0.61)] == ranks


def test_a_further_condition_forbids_opening_but_keeps_what_is_open() -> None:
    guarded = rule(when=(Condition("requests", at_least=20),))
    assert seen(guarded, 0.9, 0.9, 0.9, requests=[19, 20, float("nan")]) == [(0, 3), (3, 3), (0, 3)]


def test_a_home_adds_replaces_and_turns_off(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text(
        OWN
        + "below = { critical = 3.5 }\n"
        + OWN.replace('"own"', '"tutor_burnout"')
        + 'below = { info = "80 %" }\nenabled = false\n'
    )
    rules = {r.key: r for r in load_alert_rules(KNOWN, tmp_path)}
    assert rules["own"].thresholds == {"critical": 3.5}
    assert rules["own"].team == "tutor"
    assert "tutor_burnout" not in rules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", r"own\.toml: Object contains unknown field `x`.*mend or remove it"),
        (OWN, r"rule 'own': give exactly one of above, below, at_least, at_most, not 0"),
        (OWN + "above = { warning = 1 }\nbelow = { warning = 1 }", "exactly one of .* not 2"),
        (OWN + "above = { bad = 1 }", "Invalid enum value 'bad'"),
        (OWN + "above = { warning = 2, critical = 1 }", "a worse one for a worse severity"),
        (OWN + "below = { warning = 1, critical = 2 }", "a worse one for a worse severity"),
        (OWN + "above = {}", "a worse one for a worse severity"),
        (OWN + 'above = { warning = "much" }', "'much' is no threshold"),
        (OWN + "above = { warning = 1 }\nclear_by = -1", "clear_by = -1.0 is below 0"),
        (
            OWN.replace("avg_rating", "no_fact") + "above = { warning = 1 }",
            "'no_fact' is no number known of a tutor",
        ),
        (
            OWN + 'above = { warning = 1 }\nwhen = [{ fact = "avg_rating" }]',
            "when 'avg_rating': give exactly one",
        ),
        ((OWN + "above = { warning = 1 }\n") * 2, "rule 'own' stands twice"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_alert_rules(text, "own.toml", KNOWN)


def test_precision_is_the_share_of_judged_alerts_that_were_right() -> None:
    """Wilson's 90 % interval of 8 of 10, worked out by hand: .5408 to .9315."""
    right = precision(8, 2)
    assert (right.judged, right.share) == (10, 0.8)
    z, n, p = 1.6448536269514722, 10, 0.8
    middle, spread = (p + z**2 / (2 * n)), z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    wanted = ((middle - spread) / (1 + z**2 / n), (middle + spread) / (1 + z**2 / n))
    assert (right.low, right.high) == pytest.approx(wanted)
    assert precision(0, 0).share is None


@pytest.mark.parametrize(
    ("confirmed", "wrong", "wolf"), [(0, 4, False), (0, 5, True), (4, 5, False), (10, 40, True)]
)
def test_a_rule_cries_wolf_where_most_of_its_alerts_are_wrong_beyond_chance(
    confirmed: int, wrong: int, wolf: bool
) -> None:
    assert precision(confirmed, wrong).cries_wolf is wolf
