"""A look at some who changed: totals, features, predictions, decisions, and what differs into the table."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.aws import keeping, keys, marks, population, subjects, tiles
from tutorpulse.aws.keeping import Changes
from tutorpulse.aws.marks import Mark
from tutorpulse.aws.reading import READERS, EventReader
from tutorpulse.aws.table import Items
from tutorpulse.clock import Clock
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.compile import NEIGHBOUR_VALUES, compile_query
from tutorpulse.features.compute import compute, make_scope
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service import judging, predicting
from tutorpulse.service.population import Population, from_json, measured, to_json
from tutorpulse.service.predicting import Predicted
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.store.memory import MemoryLog
from tutorpulse.store.state import State

GROWTH_TO_MEASURE = 1.25
"""Where a look sees so many times more than the population was measured of, it is measured anew: in the first hours."""

_IN_MEMORY = Path(":memory:")


@dataclass(frozen=True)
class Looked:
    """What a look did: the segments of those scored, and what was written. `reached`: the model could be reached."""

    segments: NDArray[np.object_]
    changed: Changes
    reached: bool
    notes: tuple[str, ...] = ()


@dataclass
class Looker:
    """Looks at entities of one kind, some at a time."""

    table: Items
    kind: EntityType
    scorer: Scorer
    settings: Settings
    clock: Clock
    home: Home
    scratch: Path
    _held: population.Held | None = field(init=False)
    _references: population.GivenReferences = field(init=False)

    def __post_init__(self) -> None:
        self._held, self._references = population.references(self.table, self.kind)

    def look(self, seen: Sequence[Mark]) -> Looked:
        """Look at those who are marked."""
        self._totals(seen)
        now_us = self.clock.now_us()
        ids = [mark.entity_id for mark in seen]
        reader = EventReader(self.table, self.scratch)
        with reader.log(self.kind, ids, now_us) as log, closing(State(_IN_MEMORY)) as state:
            keeping.load(self.table, state, self.kind, ids, now_us)
            before = keeping.snapshot(state)
            predicted = self._predicted(log, state, ids, now_us)
            changed = keeping.changes(before, keeping.snapshot(state))
            subjects.keep(self.table, log, self.kind, ids, now_us)
            neighbours = self._neighbours(log, ids, now_us) if self.kind == "tutor" else {}
        first = keeping.take_numbers(self.table, count) if (count := len(changed.of(keeping.INSIGHTS))) else 0
        keeping.write(self.table, changed, now_us, first)
        self._tell_students(reader, neighbours, now_us)
        reached = predicted.population is not None
        return Looked(
            predicted.segments if reached else np.empty(0, object), changed, reached, predicted.notes
        )

    def _totals(self, seen: Sequence[Mark]) -> None:
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(partial(tiles.rebuild, self.table), [mark for mark in seen if mark.days]))

    def _predicted(self, log: MemoryLog, state: State, ids: list[str], now_us: int) -> Predicted:
        # Judging asks the state and the settings; of the log only features, which are computed here.
        pulse = Pulse(self.home, cast(EventStore, log), state, self.settings, self.clock)
        scorer = replace(self.scorer, compute=partial(self._compute, log, now_us))
        frame = scorer.compute(self.kind, now_us, np.array(ids, object))
        predicted = predicting.predict(pulse, scorer, frame, self._among(scorer, frame))
        judged = judging.judge(pulse, scorer, predicted)
        with state.transaction():
            predicting.keep(state, predicted)
            judging.keep(state, judged)
        return predicted

    def _compute(
        self,
        log: MemoryLog,
        now_us: int,
        kind: EntityType,
        as_of_us: int,
        entity_ids: NDArray[np.object_] | None,
    ) -> FeatureFrame:
        known_us = max(as_of_us, now_us)
        return compute(log, kind, as_of_us, known_us, entity_ids, self.settings, self._references)

    def _among(self, scorer: Scorer, frame: FeatureFrame) -> Population:
        held = self._held
        if held is not None and len(frame) <= GROWTH_TO_MEASURE * held.measured_of:
            return from_json(held.population, scorer, self.kind)
        status = statuses(frame.facts, frame.as_of_us, scorer.exit_gap_days.get(self.kind))
        found = measured(scorer, frame.take(is_scored(status)))
        kept = to_json(found, scorer.feature_names(self.kind))
        self._held = population.first(self.table, self.kind, kept, len(frame))
        return found

    def _neighbours(self, log: MemoryLog, ids: list[str], now_us: int) -> dict[str, str]:
        """What students' features read of these tutors, as text by tutor."""
        scope = make_scope(log, self.kind, now_us, now_us, self.settings)
        with log.relation(scope.wanted, {"entity_id": np.array(ids, object)}):
            found = log.query(compile_query(NEIGHBOUR_VALUES, replace(scope, straddled=True)))
        columns = [np.ma.filled(found[name], np.nan).tolist() for name in NEIGHBOUR_VALUES]
        told = (msgspec.json.encode(row).decode() for row in zip(*columns, strict=True))
        return dict(zip(found["entity_id"].tolist(), told, strict=True))

    def _tell_students(self, reader: EventReader, neighbours: dict[str, str], now_us: int) -> None:
        """Mark the students of tutors whose values changed since the last look."""
        moved = [tutor for tutor, told in neighbours.items() if self._told(tutor) != told]
        students = reader.students_of(moved, now_us)
        marks.put_all(self.table, (("student", student) for student in sorted(students)), now_us)
        for tutor in moved:
            self.table.put({"entity_id": tutor, "entity_type": keys.NEIGHBOUR, "told": neighbours[tutor]})

    def _told(self, tutor: str) -> str | None:
        item = self.table.get(tutor, keys.NEIGHBOUR)
        return None if item is None else item["told"]
