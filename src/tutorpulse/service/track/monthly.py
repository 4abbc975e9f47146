"""The figures of one model's predictions of record in one month, by output."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np

from tutorpulse.clock import datetime_to_us, us_to_datetime
from tutorpulse.decisions.alerts.rules import AlertRule
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.model.outputs import ChurnLabel, Floats, OutputSpec, output_specs
from tutorpulse.service.track.bounds import alert_bounds, bounds_of
from tutorpulse.service.track.truth import Truth
from tutorpulse.settings import Settings
from tutorpulse.store.state.track import RecordedRows
from tutorpulse.training.labels import Rows
from tutorpulse.training.timeline import Bools
from tutorpulse.training.track.figures import KEEPING, Judged, rate_figures, risk_figures
from tutorpulse.training.track.outcomes import OutcomeReader
from tutorpulse.training.track.shapes import OutputFigures

_DAYS_OF = {"exit_14d": 14, "exit_30d": 30, "already_gone": 0}


@dataclass(frozen=True)
class Month:
    """A month of UTC: its name (`2026-03`), where it begins and where the next one does."""

    name: str
    from_us: int
    before_us: int


def months_between(first_us: int, last_us: int) -> Iterator[Month]:
    """The months from that of the first moment to that of the last."""
    at = us_to_datetime(first_us)
    year, month = at.year, at.month
    while (from_us := datetime_to_us(datetime(year, month, 1, tzinfo=UTC))) <= last_us:
        later = (year + month // 12, month % 12 + 1)
        yield Month(f"{year}-{month:02}", from_us, datetime_to_us(datetime(*later, 1, tzinfo=UTC)))
        year, month = later


@dataclass(frozen=True)
class Making:
    """Makes the figures of one model's predictions of record in one month.

    `marks` says up to which moment of prediction each label was taken down; `was` are the figures of the last look, by output: where no
    count has changed since, they stay as they are. `truth` is what a simulated marketplace tells of itself;
    at the thresholds of `alerts` flags are judged beside those of the segments.
    """

    recorded: RecordedRows
    month: Month
    marks: Mapping[str, int]
    reader: OutcomeReader
    settings: Settings
    seed: int
    was: Mapping[str, OutputFigures]
    truth: Truth | None = None
    alerts: Sequence[AlertRule] = ()

    def figures(self, label: ChurnLabel) -> Iterator[tuple[str, OutputFigures]]:
        """The figures of each output that the model says something of; `label` is what churn meant to it."""
        for spec in output_specs(label):
            made = self._of(spec)
            if made is not None:
                yield spec.name, made

    @property
    def _kind(self) -> EntityType:
        return self.reader.history.entity_type

    def _of(self, spec: OutputSpec) -> OutputFigures | None:
        """Figures of one output; None where the model says nothing of it."""
        columns = self.recorded.predictions.columns
        value = columns[spec.name] / spec.scale
        said = ~np.isnan(value)
        if not said.any():
            return None
        mark_us = self.marks.get(spec.label, -1)
        matured = said & (columns["as_of_us"] <= mark_us)
        label = self.recorded.outcomes[spec.label]
        entity = self.reader.history.codes(self.recorded.predictions.entity_ids)
        apart = matured & self.recorded.apart
        known = matured & ~np.isnan(label) & (entity >= 0) & ~apart
        rows = Rows(entity[known], columns["as_of_us"][known].astype(np.int64))
        bare = OutputFigures(
            predicted=int(said.sum()),
            matured=int(matured.sum()),
            apart=int(apart.sum()),
            unlabelled=int((matured & np.isnan(label)).sum()),
            goals=self._goals(spec.label, rows),
            rows=int(known.sum()),
            entities=len(np.unique(rows.entity)),
            flipped=int((_differs(self.reader.outcome(spec.label, rows), label[known])).sum()),
            complete=mark_us >= self.month.before_us - 1,
        )
        was = self.was.get(spec.name)
        if was is not None and msgspec.structs.replace(was, risk=None, velocity=None) == bare:
            return was
        return self._with_figures(bare, spec, known, rows) if known.any() else bare

    def _with_figures(self, bare: OutputFigures, spec: OutputSpec, known: Bools, rows: Rows) -> OutputFigures:
        naive = self.reader.baseline(rows)
        said = self.recorded.predictions.take(known)
        rate = spec.name == "session_velocity"
        low, high = (said.columns[name] if rate else None for name in VELOCITY_BOUNDS)
        judged = Judged(
            label=self.recorded.outcomes[spec.label][known],
            value=said.columns[spec.name] / spec.scale,
            entity=rows.entity,
            recency_days=naive.recency_days,
            keeps=spec.name in KEEPING,
            truth=self.truth.of(spec.label, self._kind, said) if self.truth else None,
            low=low,
            high=high,
        )
        if rate:
            return msgspec.structs.replace(
                bare, velocity=rate_figures(judged, naive.recent_velocity, self.seed)
            )
        bounds = (
            *bounds_of(self.settings, self._kind, spec.name),
            *alert_bounds(self.alerts, self._kind, spec.name, spec.scale),
        )
        return msgspec.structs.replace(bare, risk=risk_figures(judged, bounds, self.seed))

    def _goals(self, label: str, rows: Rows) -> int:
        return int(self.reader.reached_goal(rows, _DAYS_OF[label]).sum()) if label in _DAYS_OF else 0


def _differs(now: Floats, then: Floats) -> Bools:
    """Where a label that was taken down would be another now, or none."""
    differs: Bools = now != then
    return differs
