"""The bounds beyond which somebody is flagged, as probabilities: those of the segments, and those of the alert rules."""

from collections.abc import Sequence

from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings
from tutorpulse.training.track.shapes import Bound

_SETTINGS: dict[tuple[EntityType, str], tuple[str, ...]] = {
    ("tutor", "churn_risk_14d"): ("tutor_at_risk_burnout_above", "churning_burnout_above"),
    ("tutor", "health_score"): ("tutor_at_risk_health_below", "churning_health_below"),
    ("student", "churn_risk_14d"): ("student_at_risk_churn_14d_above", "churned_churn_14d_above"),
    ("student", "churn_risk_30d"): ("student_at_risk_churn_30d_above",),
    ("student", "health_score"): ("student_at_risk_health_below", "churned_health_below"),
}


def bounds_of(settings: Settings, kind: EntityType, output: str) -> tuple[Bound, ...]:
    """The bounds of one output, the milder first, under the names of their settings; none where segments do not ask for it."""
    return tuple(Bound(name, getattr(settings, name) / 100) for name in _SETTINGS.get((kind, output), ()))


def alert_bounds(
    rules: Sequence[AlertRule], kind: EntityType, output: str, scale: float
) -> tuple[Bound, ...]:
    """The thresholds of the rules in force about one output of a kind, under the names `rule, severity`.

    `scale` is 100 where the output counts to 100. Rules that look the other way (health above, risk below) flag nobody who worries.
    """
    tests = ("below", "at_most") if output in _KEEPING else ("above", "at_least")
    return tuple(
        Bound(f"{rule.key}, {severity}", threshold / scale)
        for rule in rules
        if rule.enabled and rule.about == kind and TUTOR_NAMES.get(rule.fact, rule.fact) == output
        if rule.test in tests
        for severity, threshold in rule.thresholds.items()
    )


_KEEPING = ("health_score", "first_session_success")
