"""Predicts entities of one kind: status, predictions, segments. It reads the state; `keep` then writes what changed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.decisions.facts import FactTable, fact_table
from tutorpulse.decisions.segments import Standing, segments, star_eligible
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.decisions.summary import log_line
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.service import merging, moving
from tutorpulse.service.population import Population, column, measured
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.shadowing import in_shadow
from tutorpulse.store.state import PredictionRows, State

log = logging.getLogger("tutorpulse.refresh")


@dataclass(frozen=True)
class Held:
    """The scored rows of one kind with what is predicted of them, held against a population. `whole`: they are everybody."""

    frame: FeatureFrame
    population: Population
    predictions: Predictions
    facts: FactTable
    whole: bool


@dataclass(frozen=True)
class Predicted:
    """What is predicted of n entities of one kind, in the order of their frame.

    `held` is None where the model could not be reached; `notes` is what a whole refresh has to say.
    """

    frame: FeatureFrame
    status: NDArray[np.object_]
    previous: PredictionRows
    current: PredictionRows
    held: Held | None = None
    notes: tuple[str, ...] = ()
    shadow: PredictionRows | None = None

    @property
    def segments(self) -> NDArray[np.object_]:
        """The segments of those that are scored."""
        scored: NDArray[np.object_] = self.current.columns["segment"][is_scored(self.status)]
        return scored

    @property
    def population(self) -> Population | None:
        """What they were held against, None where the model could not be reached."""
        return self.held.population if self.held else None


def predict(pulse: Pulse, scorer: Scorer, frame: FeatureFrame, among: Population | None = None) -> Predicted:
    """Predict the entities of a frame, held against `among`; with None the frame holds everybody: they are held against each other."""
    kind, whole = frame.entity_type, among is None
    state = pulse.state.predictions
    earlier = state.all(kind) if whole else state.of(kind, frame.entity_ids.tolist())
    previous = merging.aligned(earlier, frame.entity_ids)
    status = statuses(frame.facts, frame.as_of_us, scorer.exit_gap_days[kind])
    live = is_scored(status)
    scored = frame.take(live)
    try:
        predictions = scorer.model.predict(scored)
    except ModelError as error:
        current = merging.merged(previous, status, None, frame.as_of_us)
        note = f"The last {kind} predictions stay, marked stale. {error}"
        return Predicted(frame, status, previous, current, notes=(note,))
    population = among or measured(scorer, scored)
    segment = _segments(pulse, scorer, scored, population, predictions, previous.take(live))
    labels = {"status": status[live], "segment": segment}
    facts = fact_table(scored, scorer.feature_names(kind), predictions, labels)
    current = merging.merged(previous, status, merging.Scored(predictions, segment), frame.as_of_us)
    return Predicted(
        frame,
        status,
        previous,
        current,
        Held(scored, population, predictions, facts, whole),
        (population.hours.sentence,) if population.hours else (),
        in_shadow(scorer.shadow, frame, previous, current),
    )


def _segments(
    pulse: Pulse,
    scorer: Scorer,
    frame: FeatureFrame,
    population: Population,
    predictions: Predictions,
    previous: PredictionRows,
) -> NDArray[np.object_]:
    standing = Standing(
        frame.entity_type,
        predictions.churn_risk_14d,
        predictions.churn_risk_30d,
        predictions.health_score,
        _eligible(pulse, scorer, frame, population),
    )
    return segments(standing, merging.remembered_segments(previous), pulse.settings)


def _eligible(pulse: Pulse, scorer: Scorer, frame: FeatureFrame, population: Population) -> NDArray[np.bool_]:
    """Who has what the best segment asks beside risk and health."""
    if population.hours is None:
        return np.ones(len(frame), dtype=np.bool_)
    completed, hours = (
        column(scorer, frame, name) for name in ("sessions_completed_30d", "available_hours_this_week")
    )
    return star_eligible(completed, hours, population.hours, pulse.settings)


def keep(state: State, predicted: Predicted) -> int:
    """Write what changed, log a line for what changed visibly, and say how many rows of predictions changed.

    For the caller's transaction. Between `predict` and this nobody else may predict the same entities.
    """
    previous, current = predicted.previous, predicted.current
    changed = merging.changed_rows(previous, current)
    state.predictions.write(current.take(changed))
    state.predictions.record(current.take(merging.rows_of_record(previous, current)))
    if predicted.shadow is not None:
        state.predictions.keep_shadow(predicted.shadow)
    state.moves.add(moving.moves(previous, current, predicted.frame.as_of_us))
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
