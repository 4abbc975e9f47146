"""Insights: written when something changed materially, not at every refresh.

An insight of a type is written for an entity when its value crosses the type's threshold, and again whenever its risk
score has moved by `insight_step_points` since the last insight of that type. Falling back below the threshold writes
none, but is remembered, so that the next crossing counts. A missing value changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import ENTITY_TYPES, EntityType

CRITICAL_SCORE = 80.0
"""Insights of this risk score and above are critical."""

Values = NDArray[np.float64]
InsightEntity: TypeAlias = EntityType | Literal["subject"]
"""What an insight can be about."""


class Numbers(Protocol):
    """Facts of n entities, by name."""

    def number(self, name: str) -> Values:
        """A column of length n, NaN where missing."""
        ...


@dataclass(frozen=True)
class InsightType:
    """One type: it concerns entities whose `fact` is above (or below) `threshold`; `score` makes 0-100 of the fact."""

    name: str
    entity_types: tuple[InsightEntity, ...]
    fact: str
    side: Literal["above", "below"]
    threshold: float
    score: Callable[[Values], Values]

    def concerns(self, values: Values) -> NDArray[np.bool_]:
        """Whose value lies beyond the threshold; NaN does not."""
        return np.asarray(values > self.threshold if self.side == "above" else values < self.threshold)


def _percent(risk: Values) -> Values:
    return 100 * risk


def _health_lost(health: Values) -> Values:
    return 100 - health


def _failure(success: Values) -> Values:
    return 100 * (1 - success)


def _idle_week(sessions_per_week: Values) -> Values:
    """The chance of a week without a session, were sessions a Poisson process: 61 at 0.5 a week, 80 at 0.22."""
    return np.asarray(100 * np.exp(-sessions_per_week))


def _overload(utilization: Values) -> Values:
    """Utilization's place on its scale, which is capped at 2: 45 at 90 %, 80 at 160 %."""
    return 50 * utilization


INSIGHT_TYPES = (
    InsightType("churn_risk", ENTITY_TYPES, "churn_risk_14d", "above", 0.30, _percent),
    InsightType("customer_health", ENTITY_TYPES, "health_score", "below", 70.0, _health_lost),
    InsightType("session_quality", ENTITY_TYPES, "session_velocity", "below", 0.5, _idle_week),
    InsightType("first_session_success", ENTITY_TYPES, "first_session_success", "below", 0.6, _failure),
    InsightType("tutor_capacity", ("tutor",), "utilization_rate", "above", 0.9, _overload),
)
"""The types about one tutor or student."""

SUBJECT_TYPES = (
    InsightType("marketplace_balance", ("subject",), "unserved_share", "above", 0.2, _percent),
    InsightType("tutor_capacity", ("subject",), "booked_share", "above", 0.9, _overload),
)
"""The types about one subject; the facts are those of `market.balance`."""


class Insight(msgspec.Struct, frozen=True):
    """One record, with the fields of the contract; `timestamp` is RFC 3339, `risk_score` 0 to 100."""

    alert_id: str
    entity_id: str
    entity_type: InsightEntity
    timestamp: str
    prediction_type: str
    risk_score: float
    explanation: str
    recommendations: tuple[str, ...]
    model_used: str
    confidence: str

    @property
    def critical(self) -> bool:
        """Whether somebody should look at once."""
        return self.risk_score >= CRITICAL_SCORE


@dataclass(frozen=True)
class Levels:
    """What was last written about n entities by one type: the risk score (NaN: nothing), and whether the value has
    stayed beyond the threshold since."""

    score: Values
    over: NDArray[np.bool_]


@dataclass(frozen=True)
class Material:
    """What changed about one type, as rows of the facts: `written` get an insight, `calmed` are to be remembered."""

    type: InsightType
    score: Values
    written: NDArray[np.int64]
    calmed: NDArray[np.int64]


def material(insight_type: InsightType, facts: Numbers, last: Levels, step_points: float) -> Material:
    """Whose change is worth an insight of this type."""
    values = facts.number(insight_type.fact)
    score = np.asarray(np.round(np.clip(insight_type.score(values), 0, 100), 6), dtype=np.float64)
    over = insight_type.concerns(values)
    moved = np.isnan(last.score) | (np.abs(score - last.score) >= step_points)
    written = over & (moved | ~last.over)
    calmed = last.over & ~over & ~np.isnan(values)
    return Material(insight_type, score, np.flatnonzero(written), np.flatnonzero(calmed))
