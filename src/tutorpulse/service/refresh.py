"""A refresh: features, predictions, status, segments, recommendations, insights, and what changed into the state."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.facts import FactTable, fact_table
from tutorpulse.decisions.recommendations import EpisodeChange, Firing, episode_changes, firing
from tutorpulse.decisions.segments import HoursRule, Standing, hours_rule, segments, star_eligible
from tutorpulse.decisions.status import STATUSES, is_scored, statuses
from tutorpulse.decisions.summary import Summary, log_line, summary
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.service import merging
from tutorpulse.service.insights import Told, write_insights
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.scoring import Scorer, take
from tutorpulse.settings import Settings
from tutorpulse.store.state import PredictionRows, RecommendationRow, Run

log = logging.getLogger("tutorpulse.refresh")

Progress = Callable[[str], None]
"""Told what is being done, now and then."""


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh did: the summary, how many entities have which status, how many rows changed, and its notes."""

    summary: Summary
    status_counts: dict[EntityType, dict[str, int]]
    changed: int
    insights: int
    notes: tuple[str, ...]


@dataclass
class _Outcome:
    """What became of one kind."""

    segments: NDArray[np.object_]
    status_counts: dict[str, int]
    changed: int = 0
    insights: int = 0
    notes: list[str] = field(default_factory=list)


def refresh(pulse: Pulse, scorer: Scorer, progress: Progress = lambda _doing: None) -> RefreshReport:
    """Bring every prediction up to date; the state changes whole or not at all.

    Refreshing again at the same as-of, with the same events, changes nothing. Where the model cannot be reached the
    last predictions stay, marked stale.

    Raises:
        HistoryError: nothing was imported yet.
    """
    last = pulse.state.runs.last()
    as_of_us, note = refresh_moment(
        newest_event_us(pulse), pulse.clock.now_us(), last.as_of_us if last else None
    )
    with pulse.state.transaction():
        outcomes = {
            kind: _refresh_kind(pulse, scorer, kind, as_of_us, progress) for kind in scorer.exit_gap_days
        }
        notes = [*([note] if note else []), *scorer.notes]
        report = _report(outcomes, scorer.model.version, as_of_us, notes)
        pulse.state.runs.add(_run(report, as_of_us))
    return report


def _refresh_kind(
    pulse: Pulse, scorer: Scorer, kind: EntityType, as_of_us: int, progress: Progress
) -> _Outcome:
    progress(f"features of {kind}s")
    frame = scorer.compute(kind, as_of_us, None)
    previous = merging.aligned(pulse.state.predictions.all(kind), frame.entity_ids)
    status = statuses(frame.facts, as_of_us, scorer.exit_gap_days[kind])
    live = is_scored(status)
    progress(f"predictions of {kind}s")
    scoring = _Scoring(pulse, scorer, take(frame, live), status[live], previous.take(live))
    outcome = _Outcome(np.empty(0, dtype=object), _counts(status))
    scored = scoring.run(outcome)
    current = merging.merged(previous, status, scored, as_of_us)
    outcome.segments = current.columns["segment"][live]
    outcome.changed = _write(pulse, previous, current)
    return outcome


class _Scoring:
    """The scored rows of one kind on their way from features to segments, recommendations and insights."""

    def __init__(
        self,
        pulse: Pulse,
        scorer: Scorer,
        frame: FeatureFrame,
        status: NDArray[np.object_],
        previous: PredictionRows,
    ) -> None:
        self._pulse, self._scorer, self._frame = pulse, scorer, frame
        self._status, self._previous = status, previous

    def run(self, outcome: _Outcome) -> merging.Scored | None:
        """Predictions and segments; None where the model cannot be reached, and then nothing else changes either."""
        try:
            predictions = self._scorer.model.predict(self._frame)
        except ModelError as error:
            outcome.notes.append(
                f"The last {self._frame.entity_type} predictions stay, marked stale. {error}"
            )
            return None
        segment, rule = self._segments(predictions)
        if rule:
            outcome.notes.append(rule.sentence)
        facts = self._facts(predictions, segment)
        fired = firing(self._scorer.rules, facts)
        self._advise(facts, fired)
        outcome.insights = self._tell(predictions, facts, fired)
        return merging.Scored(predictions, segment)

    def _segments(self, predictions: Predictions) -> tuple[NDArray[np.object_], HoursRule | None]:
        eligible, rule = _eligible(self._frame, self._scorer, self._pulse.settings)
        standing = Standing(
            self._frame.entity_type,
            predictions.churn_risk_14d,
            predictions.churn_risk_30d,
            predictions.health_score,
            eligible,
        )
        remembered = merging.remembered_segments(self._previous)
        return segments(standing, remembered, self._pulse.settings), rule

    def _facts(self, predictions: Predictions, segment: NDArray[np.object_]) -> FactTable:
        names = self._scorer.feature_names(self._frame.entity_type)
        return fact_table(self._frame, names, predictions, {"status": self._status, "segment": segment})

    def _advise(self, facts: FactTable, fired: Firing) -> None:
        kind, as_of_us = self._frame.entity_type, self._frame.as_of_us
        table = self._pulse.state.recommendations
        change = episode_changes(self._scorer.rules, facts, fired, table.running(kind), as_of_us)
        table.end(kind, change.ended, as_of_us)
        table.add(_recommendation_rows(change))

    def _tell(self, predictions: Predictions, facts: FactTable, fired: Firing) -> int:
        confidence = merging.confidence_names(predictions.confidence)
        told = Told(self._frame, facts, fired, confidence, predictions.model_version)
        return write_insights(self._pulse, self._scorer, told)


def _eligible(
    frame: FeatureFrame, scorer: Scorer, settings: Settings
) -> tuple[NDArray[np.bool_], HoursRule | None]:
    """Who has what the best segment asks beside risk and health, and the rule on hours if there is one."""
    if frame.entity_type == "student":
        return np.ones(len(frame), dtype=np.bool_), None
    names = scorer.feature_names("tutor")
    completed, hours = (
        frame.features[:, names.index(name)].astype(np.float64)
        for name in ("sessions_completed_30d", "available_hours_this_week")
    )
    rule = hours_rule(hours)
    return star_eligible(completed, hours, rule, settings), rule


def _write(pulse: Pulse, previous: PredictionRows, current: PredictionRows) -> int:
    """Write what changed, log a line for what changed visibly, and say how many rows changed."""
    changed = merging.changed_rows(previous, current)
    pulse.state.predictions.write(current.take(changed))
    pulse.state.predictions.record(current.take(merging.rows_of_record(previous, current)))
    shown = current.take(merging.visibly_changed(previous, current))
    if log.isEnabledFor(logging.INFO):
        _log(shown)
    return int(changed.sum())


def _log(rows: PredictionRows) -> None:
    kind: EntityType = "tutor" if rows.entity_type == "tutor" else "student"
    columns = [rows.columns[name] for name in ("segment", "churn_risk_14d", "health_score")]
    for entity_id, segment, risk, health in zip(rows.entity_ids, *columns, strict=True):
        log.info("%s", log_line(kind, str(entity_id), segment, float(risk), float(health)))


def _recommendation_rows(change: EpisodeChange) -> list[RecommendationRow]:
    return [
        RecommendationRow(
            r.recommendation_id,
            r.entity_type,
            r.entity_id,
            r.rule,
            r.value,
            r.action,
            r.opened_us,
            msgspec.json.encode(r.facts).decode(),
        )
        for r in change.begun
    ]


def _counts(status: NDArray[np.object_]) -> dict[str, int]:
    counted = Counter(status.tolist())
    return {name: counted[name] for name in reversed(STATUSES)}


def _report(
    outcomes: dict[EntityType, _Outcome], model_version: str, as_of_us: int, notes: list[str]
) -> RefreshReport:
    return RefreshReport(
        summary({kind: o.segments for kind, o in outcomes.items()}, model_version, as_of_us),
        {kind: o.status_counts for kind, o in outcomes.items()},
        sum(o.changed for o in outcomes.values()),
        sum(o.insights for o in outcomes.values()),
        (*notes, *(n for o in outcomes.values() for n in o.notes)),
    )


def _run(report: RefreshReport, as_of_us: int) -> Run:
    summary_json, counts_json, notes_json = (
        msgspec.json.encode(part).decode() for part in (report.summary, report.status_counts, report.notes)
    )
    return Run(as_of_us, report.summary.model_version, summary_json, counts_json, notes_json)
