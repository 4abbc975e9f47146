"""Insights about subjects: what changed materially in supply against demand since the last ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.ids import timed_id
from tutorpulse.decisions.insights import SUBJECT_TYPES, InsightType, Levels, Material, material
from tutorpulse.market.balance import Balance, balance
from tutorpulse.market.forecast import Forecast, forecast
from tutorpulse.market.words import ACTIONS, confidence, told, told_ahead
from tutorpulse.service.alerting.rules import FORECAST_FACTS, rules_of
from tutorpulse.service.alerting.watching import Watched, apply, watch
from tutorpulse.service.insights import News
from tutorpulse.service.root import Pulse
from tutorpulse.store.state import InsightRow, LevelRow, State

SUBJECT: Literal["subject"] = "subject"
_TOLD_BY = {"booked_share": "tutor_capacity", "offered_hours": "tutor_capacity", "tutors": "tutor_capacity"}
"""By fact, the type of insight whose sentence tells it; the others are told by the requests."""
COUNTED = "counted"
"""Stands where other insights name the model: these are counts, nothing is predicted."""


@dataclass(frozen=True)
class SubjectNews(News):
    """Insights about subjects, and what the alert rules see of them."""

    watched: Watched | None = None


def tell_subjects(pulse: Pulse, as_of_us: int) -> SubjectNews:
    """What is to be written about the subjects as of a time, from all that has been received by now."""
    known_at_us = max(as_of_us, pulse.clock.now_us())
    found = balance(pulse.store, as_of_us, known_at_us, pulse.settings)
    insights: list[InsightRow] = []
    levels: list[LevelRow] = []
    for insight_type in SUBJECT_TYPES:
        last = _levels(pulse, insight_type, found)
        change = material(insight_type, found, last, pulse.settings.insight_step_points)
        insights += [_insight(change, found, int(row), as_of_us) for row in change.written]
        levels += _level_rows(change, last, found)
    ahead = forecast(pulse.store, found, as_of_us, known_at_us)
    return SubjectNews(tuple(insights), tuple(levels), _watched(pulse, found, ahead, as_of_us))


def write_subjects(state: State, news: SubjectNews) -> int:
    """Keep what was told, for the caller's transaction. Returns how many insights."""
    state.insights.add(news.insights)
    state.insights.set_levels(news.levels)
    if news.watched is not None:
        apply(state, news.watched)
    return len(news.insights)


def _watched(pulse: Pulse, found: Balance, ahead: Forecast, as_of_us: int) -> Watched:
    def number(name: str) -> NDArray[np.float64]:
        return ahead.number(FORECAST_FACTS[name]) if name in FORECAST_FACTS else found.number(name)

    def why(fact: str, row: int) -> str:
        if fact in FORECAST_FACTS:
            return told_ahead(ahead, row)
        return told(_TOLD_BY.get(fact, "marketplace_balance"), found, row)

    seen = watch(rules_of(pulse.home.path), number, SUBJECT)
    whys = {
        (rule.key, row): why(rule.fact, row)
        for rule, levels in seen
        for row in np.flatnonzero(levels.level > 0).tolist()
    }
    now_us = pulse.clock.now_us()
    return Watched(SUBJECT, found.subjects, now_us, as_of_us, pulse.settings, seen, whys, whole=True)


def _levels(pulse: Pulse, insight_type: InsightType, found: Balance) -> Levels:
    kept = pulse.state.insights.levels(SUBJECT, insight_type.name, None)
    pairs = [kept.get(str(subject), (np.nan, False)) for subject in found.subjects]
    return Levels(
        np.array([score for score, _ in pairs], dtype=np.float64),
        np.array([over for _, over in pairs], dtype=np.bool_),
    )


def _insight(change: Material, found: Balance, row: int, as_of_us: int) -> InsightRow:
    name, subject = change.type.name, str(found.subjects[row])
    return InsightRow(
        alert_id=timed_id(as_of_us, SUBJECT, subject, name),
        entity_type=SUBJECT,
        entity_id=subject,
        timestamp_us=as_of_us,
        prediction_type=name,
        risk_score=float(change.score[row]),
        explanation=told(name, found, row),
        recommendations=msgspec.json.encode(ACTIONS[name]).decode(),
        model_used=COUNTED,
        confidence=confidence(name, found, row),
    )


def _level_rows(change: Material, last: Levels, found: Balance) -> Iterator[LevelRow]:
    name = change.type.name
    for row in change.written:
        yield LevelRow(SUBJECT, str(found.subjects[row]), name, float(change.score[row]), True)
    for row in change.calmed:
        yield LevelRow(SUBJECT, str(found.subjects[row]), name, float(last.score[row]), False)
