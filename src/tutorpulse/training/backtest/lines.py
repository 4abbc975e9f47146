"""What was said in a replay beside what came true, one table for each statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import OUTPUTS, VELOCITY_BOUNDS
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import Floats, OutputSpec, output_specs
from tutorpulse.training.backtest.replay import Replayed, Said
from tutorpulse.training.history import History
from tutorpulse.training.labels import Rows
from tutorpulse.training.timeline import Bools, Ints
from tutorpulse.training.track.figures import KEEPING, Judged
from tutorpulse.training.track.outcomes import OutcomeReader, due_us

JUDGED = (*OUTPUTS, "already_gone")
CHURN = ("churn_risk_14d", "churn_risk_30d", "already_gone")


@dataclass(frozen=True)
class Lines:
    """n rows of one statement of one kind: what was said (0 to 1, or a rate) and what came true (NaN: not matured, or no label).

    `recent` is the completed sessions a week of the 28 days before. `low` and `high` bound a velocity where its model has an interval (NaN
    elsewhere). Rows of models to which churn means something else are in other
    lines.
    """

    entity_type: EntityType
    output: str
    churn_label: str
    label: Floats
    value: Floats
    entity: Ints
    as_of_us: Ints
    recency_days: Floats
    recent: Floats
    tenure_days: Floats
    version: NDArray[np.object_]
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.label)

    def where(self, mask: Bools) -> "Lines":
        """The rows that `mask` marks."""
        columns = {name: getattr(self, name)[mask] for name in _COLUMNS}
        return replace(self, **columns)

    def known(self) -> "Lines":
        """The rows that have a label."""
        return self.where(~np.isnan(self.label))

    def judged(self) -> Judged:
        """As the figures of the track record take them."""
        return Judged(
            self.label,
            self.value,
            self.entity,
            self.recency_days,
            self.output in KEEPING,
            low=self.low,
            high=self.high,
        )


_COLUMNS = (
    "label",
    "value",
    "entity",
    "as_of_us",
    "recency_days",
    "recent",
    "tenure_days",
    "version",
    "low",
    "high",
)


def lines_of(kind: EntityType, replayed: Replayed, history: History) -> Iterator[Lines]:
    """The lines of every statement that was made of a kind; outcomes as `history`, the log at its end, tells them."""
    said = replayed.said[kind]
    terms = {version: part for (of_kind, version), part in replayed.terms.items() if of_kind == kind}
    readers = _readers(history, terms)
    parts: dict[tuple[str, str], list[Lines]] = {}
    for version, of_version in _by_version(said).items():
        part = terms[version]
        for spec in output_specs(part.churn_label):
            if spec.name in JUDGED:
                meaning = part.churn_label if spec.name in CHURN else ""
                made = _made(kind, of_version, part, spec, meaning, readers[part.exit_gap.days])
                parts.setdefault((spec.name, meaning), []).append(made)
    for lines in parts.values():
        joined = _joined(lines)
        if len(joined):
            yield joined


def _readers(history: History, terms: Mapping[str, KindManifest]) -> dict[int | None, OutcomeReader]:
    gaps = {part.exit_gap.days for part in terms.values()}
    return {gap: OutcomeReader(history, None if gap is None else gap * DAY_US) for gap in gaps}


def _by_version(said: Sequence[Said]) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(one.version, []).append(one)
    return found


def _made(
    kind: EntityType,
    said: Sequence[Said],
    part: KindManifest,
    spec: OutputSpec,
    meaning: str,
    reader: OutcomeReader,
) -> Lines:
    """The rows of one statement by one model that said something of it."""
    history, gap_days = reader.history, part.exit_gap.days
    value = np.concatenate([one.values[spec.name] for one in said]) / spec.scale
    low, high = (_bound(said, spec, name) for name in VELOCITY_BOUNDS)
    as_of_us = np.concatenate([np.full(len(one.entity_ids), one.as_of_us, np.int64) for one in said])
    entity = history.codes(np.concatenate([one.entity_ids for one in said]))
    tenure_days = np.concatenate([one.tenure_days for one in said])
    there = (entity >= 0) & ~np.isnan(value)
    rows = Rows(entity[there], as_of_us[there])
    due = due_us(spec.label, None if gap_days is None else gap_days * DAY_US, history.known_us)
    naive = reader.baseline(rows)
    return Lines(
        kind,
        spec.name,
        meaning,
        np.where(rows.as_of_us <= due, reader.outcome(spec.label, rows), np.nan),
        value[there],
        rows.entity,
        rows.as_of_us,
        naive.recency_days,
        naive.recent_velocity,
        tenure_days[there],
        np.full(int(there.sum()), said[0].version, dtype=object),
        low[there],
        high[there],
    )


def _bound(said: Sequence[Said], spec: OutputSpec, name: str) -> Floats:
    """A bound of every row that was said; NaN of all but velocities."""
    found = np.concatenate([one.values[name] for one in said])
    return found if spec.name == "session_velocity" else np.full(len(found), np.nan)


def _joined(lines: Sequence[Lines]) -> Lines:
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in lines]) for name in _COLUMNS
    }
    return replace(lines[0], **columns)
