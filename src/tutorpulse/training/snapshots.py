"""Point-in-time rows: the features of the scored entities at dates over the history, as they would have been then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.model.cohorts import tenure_of
from tutorpulse.model.outputs import Floats
from tutorpulse.training.history import History
from tutorpulse.training.labels import Rows
from tutorpulse.training.timeline import Bools, Ints

Compute = Callable[[int], FeatureFrame]
"""The features of all entities of one kind as of a moment, known at the same moment."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, the steps done and in all."""

WARM_UP_DAYS = 30
"""The first features of a log say nothing: no window is full."""

SHORTEST_HORIZON_DAYS = 14


@dataclass(frozen=True)
class Limits:
    """How much history training looks at: at most so many dates, not closer than so many days, and so many rows."""

    dates: int = 48
    min_step_days: int = 5
    rows: int = 150_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Snapshots:
    """m rows of one kind: (m, k) features, and per row its entity's code, moment, tenure and whether it ever had a session."""

    entity_type: EntityType
    rows: Rows
    features: NDArray[np.float32]
    tenure_days: Floats
    had_session: Bools
    dates_us: Ints

    def __len__(self) -> int:
        return len(self.features)

    def where(self, mask: Bools) -> "Snapshots":
        """The rows that `mask` marks; itself where that is all, for a copy of a million rows takes memory and time."""
        if mask.all():
            return self
        return replace(
            self,
            rows=Rows(self.rows.entity[mask], self.rows.as_of_us[mask]),
            features=self.features[mask],
            tenure_days=self.tenure_days[mask],
            had_session=self.had_session[mask],
        )


def plan_dates(first_us: int, known_us: int, limits: Limits) -> Ints:
    """The dates of the snapshots, oldest first, from `WARM_UP_DAYS` into the history to the newest that can have a label.

    Evenly spaced and never by whole weeks, so that every weekday is seen. Empty where the history is too short.
    """
    newest_us = newest_labelled_us(known_us)
    span_days = (newest_us - first_us) // DAY_US - WARM_UP_DAYS
    if span_days < 0:
        return np.empty(0, np.int64)
    step = max(limits.min_step_days, -(-span_days // max(limits.dates - 1, 1)))
    step += step % 7 == 0
    count = min(limits.dates, span_days // step + 1)
    return newest_us - np.arange(count - 1, -1, -1, dtype=np.int64) * step * DAY_US


def newest_labelled_us(known_us: int) -> int:
    """The newest moment of which the shortest label can have matured."""
    return known_us - SHORTEST_HORIZON_DAYS * DAY_US


def thinned(dates_us: Ints, most: int) -> Ints:
    """At most so many of sorted dates: every second, third and so on, counted back from the newest."""
    every = max(1, -(-len(dates_us) // most))
    return dates_us[::-1][::every][::-1]


def take_snapshots(
    compute: Compute,
    history: History,
    dates_us: Ints,
    gap_days: int | None,
    limits: Limits,
    seed: int,
    progress: Progress,
) -> Snapshots:
    """The scored entities (new or active) at each date; where there are too many, a random part of each date's.

    `gap_days` decides who was inactive then. Entities that the history does not know are left out.
    """
    rng = np.random.default_rng(seed)
    per_date = rows_a_date(limits, dates_us)
    parts = []
    for i, as_of_us in enumerate(dates_us):
        progress(f"{history.entity_type} features", i, len(dates_us))
        parts.append(_scored(compute(int(as_of_us)), history, gap_days, per_date, rng))
    progress(f"{history.entity_type} features", len(dates_us), len(dates_us))
    return stacked(parts, dates_us)


def rows_a_date(limits: Limits, dates_us: Ints) -> int:
    """How many rows each date may give."""
    return max(1, limits.rows // max(len(dates_us), 1))


def _scored(
    frame: FeatureFrame, history: History, gap_days: int | None, most: int, rng: np.random.Generator
) -> Snapshots:
    return snapshot_of(frame, history, part_of(scored_places(frame, gap_days), most, rng))


def scored_places(frame: FeatureFrame, gap_days: int | None) -> Ints:
    """The places of those in a frame who are scored, by their facts."""
    return np.flatnonzero(is_scored(statuses(frame.facts, frame.as_of_us, gap_days)))


def part_of(chosen: Ints, most: int, rng: np.random.Generator) -> Ints:
    """At most so many of them, at random but in their order; nothing is drawn where that is all."""
    if len(chosen) <= most:
        return chosen
    return chosen[np.sort(rng.choice(len(chosen), most, replace=False))]


def snapshot_of(frame: FeatureFrame, history: History, chosen: NDArray[np.int64]) -> Snapshots:
    """The rows of a frame at the places `chosen`, without entities that the history does not know."""
    code = history.codes(frame.entity_ids[chosen])
    chosen, code = chosen[code >= 0], code[code >= 0]
    at = np.full(len(chosen), frame.as_of_us, np.int64)
    return Snapshots(
        frame.entity_type,
        Rows(code, at),
        np.hstack([frame.features[chosen], frame.context[chosen]]),
        tenure_of(frame)[chosen],
        (frame.facts["reached_total"] > 0)[chosen],
        np.array([frame.as_of_us], np.int64),
    )


def stacked(parts: Sequence[Snapshots], dates_us: Ints) -> Snapshots:
    """The rows of several dates, in their order; at least one part."""
    return Snapshots(
        parts[0].entity_type,
        Rows(
            np.concatenate([p.rows.entity for p in parts]), np.concatenate([p.rows.as_of_us for p in parts])
        ),
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.tenure_days for p in parts]),
        np.concatenate([p.had_session for p in parts]),
        dates_us,
    )
