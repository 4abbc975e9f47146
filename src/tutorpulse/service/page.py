"""All that is known of one tutor or student, on one page."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tutorpulse.clock import format_time
from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.recommendations import Trigger
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.features.catalog import Feature
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.service.merging import NUMBERS
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer, matrix
from tutorpulse.service.shown import (
    Page,
    ShownDriver,
    ShownExplanation,
    ShownFact,
    ShownRecommendation,
    Standing,
)
from tutorpulse.service.today import last_as_of_us
from tutorpulse.service.worklist.apart import apart_of, override_of
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.store.state import InsightRow, PredictionRows, RecommendationRow

INSIGHTS_SHOWN = 10
DRIVERS_SHOWN = 6
EXPLAINED = ("churn_risk_14d", "health_score")
"""Outputs whose drivers are shown."""


def page(pulse: Pulse, scorer: Scorer, entity_id: str, kind: EntityType | None = None) -> Page:
    """The page of one entity, as of the last refresh, or of its own if that is newer.

    Raises:
        HistoryError: nothing was predicted yet.
        UnknownEntityError: there is no such entity.
        InputError: a tutor and a student have that id, and `kind` does not say which.
    """
    run = pulse.state.runs.last()
    if run is None and not pulse.state.predictions.any():
        last_as_of_us(pulse)
    row = find(pulse, entity_id, kind)
    as_of_us = moment_of(pulse, row)
    found_kind: EntityType = "tutor" if row.entity_type == "tutor" else "student"
    frame = scorer.compute(found_kind, as_of_us, row.entity_ids)
    columns = {name: column[0] for name, column in row.columns.items()}
    return Page(
        entity_id=entity_id,
        entity_type=found_kind,
        status=columns["status"],
        confidence=columns["confidence"],
        from_cohort=bool(columns["from_cohort"]),
        frozen=bool(columns["frozen"]),
        stale=bool(columns["stale"]),
        model_version=columns["model_version"],
        current=standings(row)[0],
        history=standings(pulse.state.predictions.history(found_kind, entity_id)),
        explanations=() if columns["frozen"] else explanations(scorer, frame),
        recommendations=_recommendations(pulse, found_kind, entity_id),
        insights=_insights(pulse, found_kind, entity_id),
        facts=facts(scorer.catalog[found_kind], frame),
        override=override_of(pulse, found_kind, entity_id),
        set_apart=apart_of(pulse, found_kind, entity_id),
    )


def moment_of(pulse: Pulse, row: PredictionRows) -> int:
    """As of when one entity is shown: the last refresh, or its own if that is newer."""
    run = pulse.state.runs.last()
    # A live service predicts before its first refresh of all is done.
    return max(run.as_of_us if run else 0, int(np.nan_to_num(row.columns["as_of_us"][0])))


def find(pulse: Pulse, entity_id: str, kind: EntityType | None) -> PredictionRows:
    """The current prediction of one entity.

    Raises:
        UnknownEntityError: there is none of that id. InputError: two kinds have it, and `kind` is None.
    """
    kinds = ENTITY_TYPES if kind is None else (kind,)
    rows = [row for k in kinds if len(row := pulse.state.predictions.get(k, entity_id))]
    if not rows:
        raise UnknownEntityError(
            f"No {kind or 'tutor or student'} {entity_id!r} is known as of the last refresh. Check the id; if its events "
            "are new, run `tutorpulse refresh`."
        )
    if len(rows) > 1:
        raise InputError(f"Both a tutor and a student have the id {entity_id!r}. Say which with --entity.")
    return rows[0]


def explanations(scorer: Scorer, frame: FeatureFrame) -> tuple[ShownExplanation, ...]:
    """Drivers of the risk and of health, of a frame of one row."""
    explained = [scorer.model.explain(frame, output, DRIVERS_SHOWN)[0] for output in EXPLAINED]
    return tuple(
        ShownExplanation(
            shown_name(e.output, frame.entity_type),
            e.unit,
            _known(e.prediction),
            _known(e.average),
            tuple(ShownDriver(d.feature, _known(d.value), d.contribution) for d in e.drivers),
            e.rest,
            e.note,
        )
        for e in explained
    )


def facts(catalog: Sequence[Feature], frame: FeatureFrame) -> tuple[ShownFact, ...]:
    """Every feature of a frame of one row."""
    values = matrix(frame)[0]
    return tuple(
        ShownFact(feature.name, feature.group, _known(float(value)), feature.unit)
        for feature, value in zip(catalog, values, strict=True)
    )


def standings(rows: PredictionRows) -> tuple[Standing, ...]:
    """Each row as it is shown."""
    kind: EntityType = "tutor" if rows.entity_type == "tutor" else "student"
    return tuple(
        Standing(
            _time(rows.columns["as_of_us"][i]),
            rows.columns["segment"][i],
            {shown_name(name, kind): _known(float(rows.columns[name][i])) for name in NUMBERS},
            _intervals(rows, i),
        )
        for i in range(len(rows))
    )


def _intervals(rows: PredictionRows, place: int) -> dict[str, tuple[float, float]]:
    low, high = (float(rows.columns[name][place]) for name in VELOCITY_BOUNDS)
    return {} if np.isnan(low) else {"session_velocity": (low, high)}


def _recommendations(pulse: Pulse, kind: EntityType, entity_id: str) -> tuple[ShownRecommendation, ...]:
    """Those that still hold and that nobody has marked, most valuable first."""
    rows = pulse.state.recommendations.of_entity(kind, entity_id)
    now_us = moment_us(pulse)
    waiting = [row for row in rows if row.waits(now_us)]
    return tuple(_recommendation(row) for row in waiting[: pulse.settings.recommendations_max])


def _recommendation(row: RecommendationRow) -> ShownRecommendation:
    triggers = msgspec.json.decode(row.facts, type=tuple[Trigger, ...])
    return ShownRecommendation(
        row.recommendation_id, row.action, row.rule, format_time(row.opened_us), triggers
    )


def _insights(pulse: Pulse, kind: EntityType, entity_id: str) -> tuple[Insight, ...]:
    return tuple(as_insight(row) for row in pulse.state.insights.of_entity(kind, entity_id, INSIGHTS_SHOWN))


def as_insight(row: InsightRow) -> Insight:
    """A stored insight as the contract has it."""
    return Insight(
        alert_id=row.alert_id,
        entity_id=row.entity_id,
        entity_type="tutor" if row.entity_type == "tutor" else "student",
        timestamp=format_time(row.timestamp_us),
        prediction_type=row.prediction_type,
        risk_score=row.risk_score,
        explanation=row.explanation,
        recommendations=msgspec.json.decode(row.recommendations, type=tuple[str, ...]),
        model_used=row.model_used,
        confidence=row.confidence,
    )


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _time(us: float) -> str | None:
    return None if np.isnan(us) else format_time(int(us))
