"""The bounds of the settings beyond which somebody is flagged, as probabilities."""

from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings
from tutorpulse.training.track.figures import Bound

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
