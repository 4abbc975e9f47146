"""Judges entities of one kind: predictions, status, segments, recommendations, insights, alerts. It reads the state and writes nothing.

A whole refresh and one of a few entities are judged by the same call; `write` then puts what changed into the state.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.facts import FactTable, fact_table
from tutorpulse.decisions.recommendations import EpisodeChange, Firing, episode_changes, firing
from tutorpulse.decisions.segments import Standing, segments, star_eligible
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.decisions.summary import log_line
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.service import merging, moving
from tutorpulse.service.alerting.entities import Scene, watch_entities
from tutorpulse.service.alerting.watching import Watched, apply
from tutorpulse.service.insights import News, Told, tell
from tutorpulse.service.population import Population, column, measured
from tutorpulse.service.proof.enrolling import Advised, enrol, without_held
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.shadowing import in_shadow
from tutorpulse.store.state import PredictionRows, RecommendationRow, State

log = logging.getLogger("tutorpulse.refresh")


@dataclass(frozen=True)
class Judged:
    """What is to become of n entities of one kind, in the order of their frame.

    `population` is what they were held against, None where the model could not be reached; `notes` is what a whole
    refresh has to say.
    """

    frame: FeatureFrame
    status: NDArray[np.object_]
    previous: PredictionRows
    current: PredictionRows
    population: Population | None = None
    advised: Advised = field(default_factory=Advised)
    news: News = field(default_factory=News)
    notes: tuple[str, ...] = ()
    watched: Watched | None = None
    shadow: PredictionRows | None = None

    @property
    def segments(self) -> NDArray[np.object_]:
        """The segments of those that are scored."""
        scored: NDArray[np.object_] = self.current.columns["segment"][is_scored(self.status)]
        return scored


def judge(pulse: Pulse, scorer: Scorer, frame: FeatureFrame, among: Population | None = None) -> Judged:
    """Judge the entities of a frame, held against `among`.

    With None the frame holds everybody: they are held against each other, and what runs of anybody else ends. Insights then
    tell what moved since the earlier records too, which costs a query for each of their moments.
    """
    kind, whole = frame.entity_type, among is None
    ids = None if whole else frame.entity_ids.tolist()
    state = pulse.state.predictions
    previous = merging.aligned(state.all(kind) if ids is None else state.of(kind, ids), frame.entity_ids)
    status = statuses(frame.facts, frame.as_of_us, scorer.exit_gap_days[kind])
    live = is_scored(status)
    scored = frame.take(live)
    try:
        predictions = scorer.model.predict(scored)
    except ModelError as error:
        current = merging.merged(previous, status, None, frame.as_of_us)
        note = f"The last {kind} predictions stay, marked stale. {error}"
        return Judged(frame, status, previous, current, notes=(note,))
    held = _Held(pulse, scorer, scored, among or measured(scorer, scored))
    segment = held.segments(predictions, previous.take(live))
    facts = held.facts(predictions, status[live], segment)
    fired = firing(scorer.rules, facts)
    advised = held.advice(facts, fired, ids)
    spoken = without_held(pulse.state, facts, fired, advised, frame.as_of_us)
    hours = held.population.hours
    current = merging.merged(previous, status, merging.Scored(predictions, segment), frame.as_of_us)
    return Judged(
        frame,
        status,
        previous,
        current,
        held.population,
        advised,
        held.news(predictions, facts, spoken, whole),
        (hours.sentence,) if hours else (),
        watch_entities(pulse, scorer, Scene(scored, facts, frame.entity_ids, status, whole)),
        in_shadow(scorer.shadow, frame, previous, current),
    )


@dataclass(frozen=True)
class _Held:
    """The scored rows of one kind, held against a population."""

    pulse: Pulse
    scorer: Scorer
    frame: FeatureFrame
    population: Population

    def segments(self, predictions: Predictions, previous: PredictionRows) -> NDArray[np.object_]:
        standing = Standing(
            self.frame.entity_type,
            predictions.churn_risk_14d,
            predictions.churn_risk_30d,
            predictions.health_score,
            self._eligible(),
        )
        return segments(standing, merging.remembered_segments(previous), self.pulse.settings)

    def _eligible(self) -> NDArray[np.bool_]:
        """Who has what the best segment asks beside risk and health."""
        if self.population.hours is None:
            return np.ones(len(self.frame), dtype=np.bool_)
        completed, hours = (
            column(self.scorer, self.frame, name)
            for name in ("sessions_completed_30d", "available_hours_this_week")
        )
        return star_eligible(completed, hours, self.population.hours, self.pulse.settings)

    def facts(
        self, predictions: Predictions, status: NDArray[np.object_], segment: NDArray[np.object_]
    ) -> FactTable:
        names = self.scorer.feature_names(self.frame.entity_type)
        return fact_table(self.frame, names, predictions, {"status": status, "segment": segment})

    def advice(self, facts: FactTable, fired: Firing, ids: list[str] | None) -> Advised:
        running = self.pulse.state.recommendations.running(self.frame.entity_type, ids)
        change = episode_changes(self.scorer.rules, facts, fired, running, self.frame.as_of_us)
        return enrol(self.pulse.state, self.scorer.rules, change, facts)

    def news(self, predictions: Predictions, facts: FactTable, fired: Firing, whole: bool) -> News:
        confidence = merging.confidence_names(predictions.confidence)
        told = Told(
            self.frame, facts, fired, confidence, predictions.model_version, self.population.peers, whole
        )
        return tell(self.pulse, self.scorer, told)


def write(state: State, judged: Judged) -> int:
    """Write what changed, log a line for what changed visibly, and say how many rows of predictions changed.

    For the caller's transaction. What is judged must still be so: between reading and writing nobody else may judge the
    same entities.
    """
    previous, current, as_of_us = judged.previous, judged.current, judged.frame.as_of_us
    changed = merging.changed_rows(previous, current)
    state.predictions.write(current.take(changed))
    state.predictions.record(current.take(merging.rows_of_record(previous, current)))
    if judged.shadow is not None:
        state.predictions.keep_shadow(judged.shadow)
    state.moves.add(moving.moves(previous, current, as_of_us))
    state.recommendations.end(current.entity_type, judged.advised.change.ended, as_of_us)
    state.recommendations.add(_recommendation_rows(judged.advised.change))
    state.holdouts.add(judged.advised.enrolled)
    state.insights.add(judged.news.insights)
    state.insights.set_levels(judged.news.levels)
    if judged.watched is not None:
        apply(state, judged.watched)
    if log.isEnabledFor(logging.INFO):
        _log(current.take(merging.visibly_changed(previous, current)))
    return int(changed.sum())


@contextmanager
def lines_to(handler: logging.Handler) -> Iterator[None]:
    """The line of each entity that changed visibly goes to `handler` too, within the context."""
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


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
            due_us=r.due_us,
            held_us=r.held_us,
        )
        for r in change.begun
    ]
