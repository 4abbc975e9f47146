"""Segments: four per kind of entity, evaluated from worst to best, with memory.

A change for the worse takes effect at once; one for the better when every value has cleared its threshold by
`segment_recovery_points`. The first scoring has no memory.

Missing values: a threshold over a missing value does not hold, so a missing value neither condemns anyone nor makes
anyone a star; with a value missing nobody moves up from where they were; with both the 14-day risk and health missing
there is nothing to judge by, and the previous segment stays (None where there was none).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings

SEGMENTS: dict[EntityType, tuple[str, str, str, str]] = {
    "tutor": ("churning", "at_risk", "healthy", "star"),
    "student": ("churned", "at_risk", "healthy", "thriving"),
}
"""From worst to best."""

DECLARING_SHARE_MIN = 0.2
"""Below this share of tutors who declare hours, a star's hours are not asked for."""

Values = NDArray[np.float64]
_WORST, _AT_RISK, _HEALTHY, _BEST = range(4)
_NONE = -1


@dataclass(frozen=True)
class HoursRule:
    """What a star's hours are held against: the median of the tutors who declare, or nothing where few do."""

    declaring_share: float
    median_hours: float
    waived: bool

    def holds(self, hours_offered: Values) -> NDArray[np.bool_]:
        """Whether the hours offered suffice; missing hours do not, unless the rule is waived."""
        if self.waived:
            return np.ones(len(hours_offered), dtype=np.bool_)
        return np.asarray((hours_offered > 0) & (hours_offered >= self.median_hours))

    @property
    def sentence(self) -> str:
        """What is asked of stars, for people."""
        share = f"{100 * self.declaring_share:.0f} % of tutors declare hours"
        if self.waived:
            return f"Only {share}: stars are named without the rule on hours offered."
        return f"{share}: a star offers at least the median, {self.median_hours:g} hours this week."


@dataclass(frozen=True)
class Standing:
    """What segments are judged by: arrays of length n, risks 0 to 1, health 0 to 100, NaN is not known.

    `eligible` holds what the best segment asks beside risk and health (a star's sessions and hours).
    """

    entity_type: EntityType
    churn_risk_14d: Values
    churn_risk_30d: Values
    health_score: Values
    eligible: NDArray[np.bool_]


def hours_rule(hours_offered: Values) -> HoursRule:
    """The rule on hours for the scored tutors' hours offered this week (NaN: not declared)."""
    declared = hours_offered[~np.isnan(hours_offered)]
    share = len(declared) / len(hours_offered) if len(hours_offered) else 0.0
    waived = share < DECLARING_SHARE_MIN
    return HoursRule(share, float(np.median(declared)) if len(declared) else float("nan"), waived)


def star_eligible(
    completed_30d: Values, hours_offered: Values, rule: HoursRule, settings: Settings
) -> NDArray[np.bool_]:
    """Which tutors have the sessions and the hours of a star."""
    return np.asarray((completed_30d >= settings.star_sessions_min) & rule.holds(hours_offered))


def segments(standing: Standing, previous: NDArray[np.object_], settings: Settings) -> NDArray[np.object_]:
    """The segment of n entities, as text; None where nothing is known and nothing was.

    `previous` is each one's segment at its last scoring, None at the first.
    """
    names = SEGMENTS[standing.entity_type]
    before = codes_of(previous, standing.entity_type)
    now = _codes(standing, settings, 0.0)
    cleared = _codes(standing, settings, settings.segment_recovery_points)
    moved_up = np.where(_all_known(standing), np.maximum(before, cleared), before)
    code = np.where((before == _NONE) | (now <= before), now, moved_up)
    code = np.where(np.isnan(standing.churn_risk_14d) & np.isnan(standing.health_score), before, code)
    return np.array([*names, None], dtype=object)[code]


def codes_of(segment: NDArray[np.object_], entity_type: EntityType) -> NDArray[np.int64]:
    """Places from worst (0) to best (3), -1 for None."""
    places: dict[str | None, int] = {name: place for place, name in enumerate(SEGMENTS[entity_type])}
    return np.array([places.get(name, _NONE) for name in segment], dtype=np.int64)


def points(fraction: Values) -> Values:
    """Percentage points of a fraction, free of the last bits that 100 × 0.67 leaves behind."""
    return np.asarray(np.round(100 * fraction, 9))


def _codes(standing: Standing, settings: Settings, margin: float) -> NDArray[np.int64]:
    judge = _tutor_tests if standing.entity_type == "tutor" else _student_tests
    worst, at_risk, best = judge(standing, settings, margin)
    return np.select([worst, at_risk, best & standing.eligible], [_WORST, _AT_RISK, _BEST], _HEALTHY)


def _tutor_tests(s: Standing, limits: Settings, margin: float) -> tuple[NDArray[np.bool_], ...]:
    risk, health = points(s.churn_risk_14d), s.health_score
    return (
        (risk > limits.churning_burnout_above - margin) | (health < limits.churning_health_below + margin),
        (risk > limits.tutor_at_risk_burnout_above - margin)
        | (health < limits.tutor_at_risk_health_below + margin),
        (risk < limits.star_burnout_below - margin) & (health > limits.star_health_above + margin),
    )


def _student_tests(s: Standing, limits: Settings, margin: float) -> tuple[NDArray[np.bool_], ...]:
    risk, risk_30d, health = points(s.churn_risk_14d), points(s.churn_risk_30d), s.health_score
    return (
        (risk > limits.churned_churn_14d_above - margin) | (health < limits.churned_health_below + margin),
        (risk > limits.student_at_risk_churn_14d_above - margin)
        | (risk_30d > limits.student_at_risk_churn_30d_above - margin)
        | (health < limits.student_at_risk_health_below + margin),
        (risk < limits.thriving_churn_below - margin) & (health > limits.thriving_health_above + margin),
    )


def _all_known(s: Standing) -> NDArray[np.bool_]:
    known = ~np.isnan(s.churn_risk_14d) & ~np.isnan(s.health_score)
    return known & ~np.isnan(s.churn_risk_30d) if s.entity_type == "student" else known
