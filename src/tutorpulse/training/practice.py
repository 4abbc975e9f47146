"""Simulated marketplaces to judge by: what a model sees on some mornings, what came true, and what was to come."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.model.outputs import Floats
from tutorpulse.simulate.marketplaces import Marketplace, studied
from tutorpulse.simulate.record import KINDS
from tutorpulse.simulate.study import Study
from tutorpulse.simulate.truth import Column, horizon_days
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.labels import TRUTH_OF, Rows, labels
from tutorpulse.training.pool import ReadFrame
from tutorpulse.training.reading import read_history
from tutorpulse.training.traces import traces

EXIT_GAP_DAYS = 30
"""What counts as leaving in practice: as in the starter model."""


@dataclass(frozen=True)
class Drill:
    """How a marketplace is studied: days lived, mornings sampled in the last two thirds of them, continuations from each."""

    days: int = 365
    mornings: int = 4
    continuations: int = 40


@dataclass(frozen=True)
class Practice:
    """The scored entities of one kind on one morning, m of them.

    `frame` is what a model sees, `predictions` what each scorer made of it, `traces` what else events show. `label` came true, by the product's reading of the log;
    `truth` is its probability given the full hidden state. Both by label, length m, NaN where there is none.
    """

    frame: FeatureFrame
    predictions: dict[str, Predictions]
    traces: NDArray[np.float32]
    label: dict[str, Floats]
    truth: dict[str, Floats]

    @property
    def kind(self) -> EntityType:
        """Of which kind they are."""
        return self.frame.entity_type


Compute = Callable[[EventStore], ReadFrame]
"""How features are read from a log."""

Scorer = Callable[[EventStore, FeatureFrame], Predictions | None]
"""Predicts a frame's rows, having seen no more of the log than was known at the frame's moment; None: it cannot."""


def practise(
    market: Marketplace,
    drill: Drill,
    compute: Compute,
    scorers: Mapping[str, Scorer],
    tell: Callable[[int, int], None],
) -> list[Practice]:
    """Simulate a marketplace until all labels of its mornings have matured; both kinds on each morning, oldest first.

    A scorer that cannot predict a frame has no entry in its predictions.
    """
    gaps = dict.fromkeys(KINDS, float(EXIT_GAP_DAYS))
    more_days = horizon_days(gaps)
    with tempfile.TemporaryDirectory(prefix="tutorpulse-") as folder, _opened(Path(folder)) as store:
        study = studied(market, drill.days, drill.mornings, more_days, store.append)
        end_day = market.first_day + drill.days + more_days
        truth = study.truth(drill.continuations, end_day, gaps, tell)
        seen = _Seen(store, compute(store), scorers, truth, end_day * DAY_US)
        return [seen.practice(kind, as_of_us) for as_of_us in _mornings_us(study) for kind in KINDS]


def _opened(folder: Path) -> EventStore:
    return EventStore.open(Home.open(folder / "home", create=True))


def _mornings_us(study: Study) -> Sequence[int]:
    return [day * DAY_US for day in study.mornings]


class _Seen:
    """A whole log and its truth, read morning by morning."""

    def __init__(
        self,
        store: EventStore,
        compute: ReadFrame,
        scorers: Mapping[str, Scorer],
        truth: dict[str, Column],
        known_us: int,
    ) -> None:
        self._store, self._compute, self._scorers, self._truth = store, compute, scorers, truth
        self._history = {kind: read_history(store, kind, known_us) for kind in KINDS}

    def practice(self, kind: EntityType, as_of_us: int) -> Practice:
        # The morning itself belongs to what is to come: see as of the last microsecond before it.
        frame = self._compute(kind, as_of_us - 1)
        frame = frame.take(is_scored(statuses(frame.facts, frame.as_of_us, EXIT_GAP_DAYS)))
        history = self._history[kind]
        at = np.full(len(frame), frame.as_of_us, np.int64)
        rows = Rows(history.codes(frame.entity_ids), at)
        made = {name: score(self._store, frame) for name, score in self._scorers.items()}
        return Practice(
            frame,
            {name: predicted for name, predicted in made.items() if predicted is not None},
            traces(self._store, kind, as_of_us, frame.entity_ids),
            labels(history, rows, EXIT_GAP_DAYS * DAY_US),
            self._truth_of(kind, as_of_us, frame.entity_ids),
        )

    def _truth_of(
        self, kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_]
    ) -> dict[str, Floats]:
        here = np.flatnonzero((self._truth["as_of"] == as_of_us) & (self._truth["entity_type"] == kind))
        order = here[np.argsort(self._truth["entity_id"][here])]
        place = order[np.searchsorted(self._truth["entity_id"][order], entity_ids)]
        return {label: np.asarray(self._truth[name][place], np.float64) for label, name in TRUTH_OF.items()}
