"""Takes down what came true of the predictions of record, and keeps the figures of each month."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.outputs import ChurnLabel
from tutorpulse.service.alerting.rules import rules_of
from tutorpulse.service.moment import refresh_moment
from tutorpulse.service.root import Pulse, newest_event_us
from tutorpulse.service.track.monthly import Making, Month, months_between
from tutorpulse.service.track.terms import gap_us, remember
from tutorpulse.service.track.truth import Truth, held_truth
from tutorpulse.store.state.track import FiguresRow, Terms, TrackTables
from tutorpulse.training.labels import LABELS, Rows
from tutorpulse.training.reading import read_history
from tutorpulse.training.track.outcomes import OutcomeReader, due_us, settled_us
from tutorpulse.training.track.shapes import OutputFigures

FLIP_DAYS = 90
"""So long after the last outcome of a month was taken down late events are looked for; then its figures are final."""

SEED = 20260101
Progress = Callable[[str], None]


def mature(pulse: Pulse, progress: Progress = lambda _doing: None, anew: bool = False) -> int:
    """Take down every outcome that is due, of what served and of what models in shadow said, and make the figures of months that are not closed; how many outcomes.

    What is known is what the last refresh knew: the clock's time, or that of the newest event where that is old. `anew` makes the
    figures of closed months again too.

    A home that took the truth of its simulated marketplace (`truth.take`) is judged beside it.

    Raises:
        HistoryError: the home holds no events.
    """
    known_us = refresh_moment(newest_event_us(pulse), pulse.clock.now_us(), None)[0]
    truth = held_truth(pulse.home)
    return sum(_of_kind(pulse, kind, known_us, progress, anew, truth) for kind in ENTITY_TYPES)


def _of_kind(
    pulse: Pulse, kind: EntityType, known_us: int, progress: Progress, anew: bool, truth: Truth | None
) -> int:
    records = (pulse.state.track, pulse.state.shadow)
    terms = [(track, remember(track, pulse.home.models_path, kind)) for track in records]
    if not any(of_record for _, of_record in terms):
        return 0
    progress(f"history of {kind}s")
    history = read_history(pulse.store, kind, known_us)
    taken = 0
    for track, of_record in terms:
        for version, of_model in of_record.items():
            progress(f"{kind}s by {version}")
            model = _Model(pulse, track, OutcomeReader(history, gap_us(of_model)), version, of_model, truth)
            taken += model.take_down()
            track.keep(model.figures(anew))
    return taken


@dataclass(frozen=True)
class _Model:
    """The predictions of one kind by one model, of record or in shadow."""

    pulse: Pulse
    track: TrackTables
    reader: OutcomeReader
    version: str
    terms: Terms
    truth: Truth | None

    @property
    def _kind(self) -> EntityType:
        return self.reader.history.entity_type

    def take_down(self) -> int:
        """Take down each label as far as it is due."""
        track = self.track
        marks = track.marks_us(self._kind, self.version)
        taken = 0
        for label in LABELS:
            through_us = due_us(label, gap_us(self.terms), self.reader.history.known_us)
            if through_us <= marks.get(label, -1):
                continue
            ids, as_of_us = track.recorded(self._kind, self.version, marks.get(label, -1), through_us)
            found = list(self._outcomes(label, ids, as_of_us))
            track.settle(self._kind, self.version, label, through_us, found)
            taken += len(found)
        return taken

    def _outcomes(
        self, label: str, ids: NDArray[np.object_], as_of_us: NDArray[np.int64]
    ) -> Iterator[tuple[str, int, float]]:
        entity = self.reader.history.codes(ids)
        there = entity >= 0
        values = self.reader.outcome(label, Rows(entity[there], as_of_us[there]))
        return zip(ids[there].tolist(), as_of_us[there].tolist(), values.tolist(), strict=True)

    def figures(self, anew: bool) -> list[FiguresRow]:
        """The figures of every month that is not closed, or of all of them."""
        track = self.track
        kept = [
            row
            for row in track.figures()
            if (row.entity_type, row.model_version) == (self._kind, self.version)
        ]
        closed = {row.month for row in kept if row.closed}
        marks = track.marks_us(self._kind, self.version)
        rows: list[FiguresRow] = []
        for month in months_between(*track.span_us(self._kind, self.version)):
            if anew or month.name not in closed:
                before = [] if anew else [row for row in kept if row.month == month.name]
                rows += self._figures_of(month, marks, before)
        return rows

    def _figures_of(
        self, month: Month, marks: dict[str, int], before: Sequence[FiguresRow]
    ) -> Iterator[FiguresRow]:
        known_us = self.reader.history.known_us
        recorded = self.track.between(self._kind, self.version, month.from_us, month.before_us)
        closes_us = max(settled_us(label, gap_us(self.terms), month.before_us) for label in LABELS)
        closed = closes_us + FLIP_DAYS * DAY_US <= known_us
        label: ChurnLabel = "exit" if self.terms.churn_label == "exit" else "inactive"
        was = {row.output: msgspec.json.decode(row.figures, type=OutputFigures) for row in before}
        truth = self.truth.under(self.terms.exit_gap_days) if self.truth else None
        making = Making(
            recorded,
            month,
            marks,
            self.reader,
            self.pulse.settings,
            SEED,
            was,
            truth,
            rules_of(self.pulse.home.path),
        )
        for output, made in making.figures(label):
            content = msgspec.json.encode(made).decode()
            yield FiguresRow(self._kind, self.version, month.name, output, known_us, closed, content)
