"""What other thresholds would change: who would be in which segment, of those scored now."""

from collections import Counter

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.segments import SEGMENTS, Standing, hours_rule, segments, star_eligible
from tutorpulse.features.compile import CATALOGS
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.settings import Settings
from tutorpulse.store.state import PredictionRows, State

THRESHOLDS = (
    "star_burnout_below",
    "star_health_above",
    "star_sessions_min",
    "tutor_at_risk_burnout_above",
    "tutor_at_risk_health_below",
    "churning_burnout_above",
    "churning_health_below",
    "thriving_churn_below",
    "thriving_health_above",
    "student_at_risk_churn_14d_above",
    "student_at_risk_churn_30d_above",
    "student_at_risk_health_below",
    "churned_churn_14d_above",
    "churned_health_below",
    "segment_recovery_points",
)
"""The settings that decide segments."""


class SegmentPreview(msgspec.Struct, frozen=True):
    """One segment: how many are in it, and how many would be."""

    segment: str
    now: int
    then: int


class Preview(msgspec.Struct, frozen=True):
    """One kind: of `scored` how many would change segment, and the segments, best first."""

    entity_type: EntityType
    scored: int
    changed: int
    segments: tuple[SegmentPreview, ...]


def preview(state: State, scored: FeatureFrame, settings: Settings) -> Preview:
    """What these settings would make of those who are scored now, from the segments that they have.

    `scored` are the features of everybody of a kind at the last look.
    """
    kind = scored.entity_type
    rows = state.predictions.all(kind)
    rows = rows.take(~rows.columns["frozen"])
    standing = Standing(
        kind,
        rows.columns["churn_risk_14d"],
        rows.columns["churn_risk_30d"],
        rows.columns["health_score"],
        _eligible(rows, scored, settings),
    )
    now = rows.columns["segment"]
    then = segments(standing, now, settings)
    before, after = Counter(now.tolist()), Counter(then.tolist())
    named = tuple(SegmentPreview(name, before[name], after[name]) for name in reversed(SEGMENTS[kind]))
    return Preview(kind, len(rows), int(np.sum(now != then)), named)


def _eligible(rows: PredictionRows, scored: FeatureFrame, settings: Settings) -> NDArray[np.bool_]:
    if scored.entity_type == "student":
        return np.ones(len(rows), dtype=np.bool_)
    names = [feature.name for feature in CATALOGS["tutor"].shown()]
    completed, hours = (
        scored.features[:, names.index(name)].astype(np.float64)
        for name in ("sessions_completed_30d", "available_hours_this_week")
    )
    eligible = star_eligible(completed, hours, hours_rule(hours), settings)
    by_id = dict(zip(scored.entity_ids.tolist(), eligible.tolist(), strict=True))
    return np.array([by_id.get(who, False) for who in rows.entity_ids.tolist()], dtype=np.bool_)
