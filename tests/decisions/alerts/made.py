"""Rules, sightings and policies for the tests of alerts."""

from tutorpulse.clock import HOUR_US, MINUTE_US
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.decisions.alerts.transitions import Policy, Sighting

NOW_US = 20_000 * 24 * HOUR_US
POLICY = Policy(cooldown_us=24 * HOUR_US, escalate_us=60 * MINUTE_US, escalations_max=2)


def rule(**changed: object) -> AlertRule:
    """Critical above .8, warning above .6, information above .5; cleared .03 below."""
    fields: dict[str, object] = {
        "key": "risk",
        "about": "student",
        "title": "Risk",
        "fact": "churn_risk_14d",
        "do": ("Call",),
        "team": "student",
    }
    if not changed.keys() & {"below", "at_least", "at_most"}:
        fields["above"] = {"info": 0.5, "warning": 0.6, "critical": 0.8}
    return AlertRule(**{"clear_by": 0.03, **fields, **changed})  # type: ignore[arg-type]


def sighting(level: int, held: int | None = None, value: float = 0.5) -> Sighting:
    """Of a rank, held at the same one."""
    return Sighting(level, level if held is None else held, value, "because", NOW_US)
