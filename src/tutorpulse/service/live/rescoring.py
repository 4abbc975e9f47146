"""Scores some entities of one kind anew and keeps what was seen of them, held against a population that is measured now and then."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.frame import EntityType
from tutorpulse.features.references import References
from tutorpulse.service import judging, predicting
from tutorpulse.service.live.figures import LaneFigures
from tutorpulse.service.live.roster import Roster
from tutorpulse.service.population import Population, from_json, measured, to_json
from tutorpulse.service.predicting import Predicted
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import features_of
from tutorpulse.settings import Settings

GROWTH_TO_MEASURE = 1.25
"""A population that has grown by so much is measured anew, without waiting for the end of a pass."""


class Rescoring:
    """For one thread at a time."""

    def __init__(self, pulse: Pulse, kind: EntityType, roster: Roster, figures: LaneFigures) -> None:
        self._pulse, self._kind, self._roster, self._figures = pulse, kind, roster, figures
        references = References(pulse.store.planner)
        self._portion = references.portion
        self._compute = partial(features_of, pulse, references)
        self._population: Population | None = None
        self._measured_of = 0
        self._as_of_us = 0

    @property
    def at_once(self) -> int:
        """How many entities come in one look without their rows being asked for in parts, by what the last ones took."""
        return self._portion.entities

    def rescore(self, scorer: Scorer, ids: Sequence[str]) -> int:
        """Score these entities as of now, never earlier than the last time; returns when the predictions could be read."""
        own = replace(scorer, compute=self._compute)
        with self._pulse.store.snapshot():
            # Read within: so nothing in the log was received later, and no session is cut in two.
            self._as_of_us = max(self._as_of_us, self._pulse.clock.now_us())
            frame = self._compute(self._kind, self._as_of_us, np.array(ids, dtype=object))
        predicted = predicting.predict(self._pulse, own, frame, self._held_against(own))
        with self._pulse.state.transaction():
            written = predicting.keep(self._pulse.state, predicted)
        readable_us = self._pulse.clock.now_us()
        self._roster.keep(frame, is_scored(predicted.status))
        self._figures.written += written
        self._tell(own, predicted)
        return readable_us

    def _tell(self, scorer: Scorer, predicted: Predicted) -> None:
        """Recommendations, insights and alerts. Nobody waits for them to read a prediction."""
        judged = judging.judge(self._pulse, scorer, predicted)
        with self._pulse.state.transaction():
            judging.keep(self._pulse.state, judged)
        self._figures.insights += len(judged.news.insights)

    def adopt(self, settings: Settings) -> None:
        """Judge by other settings from the next time on."""
        self._pulse = replace(self._pulse, settings=settings)

    def measure(self, scorer: Scorer) -> None:
        """Measure the population anew, of everybody who was scored at the last look."""
        scored = self._roster.scored()
        self._keep(scorer, measured(scorer, scored), scored.as_of_us)
        self._measured_of = len(scored)

    def has_grown(self) -> bool:
        """Whether many more are scored than when the population was measured last."""
        return self._roster.scored_count > GROWTH_TO_MEASURE * self._measured_of

    def _held_against(self, scorer: Scorer) -> Population:
        if self._population is None:
            kept = self._pulse.state.populations.kept(self._kind)
            self._population = from_json(kept, scorer, self._kind) if kept else self._first(scorer)
        return self._population

    def _first(self, scorer: Scorer) -> Population:
        """The population of a home that was never refreshed: all are computed once."""
        as_of_us = self._pulse.clock.now_us()
        frame = self._compute(self._kind, as_of_us, None)
        status = statuses(frame.facts, as_of_us, scorer.exit_gap_days[self._kind])
        population = measured(scorer, frame.take(is_scored(status)))
        self._keep(scorer, population, as_of_us)
        return population

    def _keep(self, scorer: Scorer, population: Population, as_of_us: int) -> None:
        self._population = population
        names = scorer.feature_names(self._kind)
        self._pulse.state.populations.keep(self._kind, as_of_us, to_json(population, names))
