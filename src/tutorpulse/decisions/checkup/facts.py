"""What a checkup is told of a home, its data and its model. Everything is counted beforehand; nothing here reads a file.

Times are microseconds since the epoch, shares 0 to 1. A section that could not be gathered is None: checks of it are not made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings


@dataclass(frozen=True)
class HomeFacts:
    """The folder: paths in it that may not be written, free space on its disk, and the size of the log's file."""

    unwritable: tuple[str, ...]
    free_bytes: int
    log_bytes: int


@dataclass(frozen=True)
class DayCounts:
    """Events by UTC day (number of days since the epoch), without the days that have none; ascending."""

    day: NDArray[np.int64]
    events: NDArray[np.int64]


@dataclass(frozen=True)
class ClockFacts:
    """Of all events: how many were received before they happened (by more than a minute), how many later than a week after,
    the newest one's time, and the share that stands at one and the same time of day (of the quarter hours).
    """

    early: int
    late: int
    newest_us: int
    same_time_of_day: float


@dataclass(frozen=True)
class LogFacts:
    """The events, of which there is at least one. `rejects` counts the open ones by reason (with the field, if one is named).

    `filled` counts, by log table and column, the events that fill the column; `types` events by type.
    `placeholder` is, by kind, the share of session events in which the kind's side is not named, `unknown_zones` are names of time zones that mean nothing.
    """

    events: int
    types: Mapping[str, int]
    days: DayCounts
    clocks: ClockFacts
    rejects: Mapping[str, int]
    filled: Mapping[tuple[str, str], int]
    placeholder: Mapping[EntityType, float]
    unknown_zones: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureFill:
    """One of the 46 over the scored at the newest moment: the share that misses it, and whether all others are the same.

    `columns` are the (table, column) pairs that its definition cannot do without, `event_types` the types that it names, `other_side`
    whether it needs the other side's id.
    """

    name: str
    missing: float
    constant: bool
    columns: frozenset[tuple[str, str]]
    event_types: frozenset[str]
    other_side: bool


@dataclass(frozen=True)
class GapFacts:
    """The exit gap: days (None: the log shows none), why, and whether it is a guess for want of history."""

    days: int | None
    reason: str
    guessed: bool


@dataclass(frozen=True)
class ScoredFacts:
    """The last refresh's result for one kind: entities by status, scored ones by segment, and how many of those got their
    cohort's rate, and how many keep an earlier prediction because the model could not be reached.

    A quarter of the scored have a 14-day risk above `upper_risk` (0 to 1), a quarter a health below `lower_health` (0 to 100);
    NaN where none is known.
    """

    statuses: Mapping[str, int]
    segments: Mapping[str, int]
    from_cohort: int
    stale: int
    upper_risk: float
    lower_health: float


@dataclass(frozen=True)
class KindFacts:
    """One kind of entity that the log names.

    `entities` were registered or active, `sessions_median` is of completed sessions over those that have any.
    `history_days` is from the first activity to the newest event, `label_days` what a first label of every sort needs;
    `can_hold_out` tells whether the history suffices to judge a model on later time. `features` is empty where nobody would
    be scored, `scored` None before the first refresh.
    """

    entity_type: EntityType
    entities: int
    sessions_median: float
    history_days: float
    label_days: float
    can_hold_out: bool
    exit_gap: GapFacts
    features: tuple[FeatureFill, ...] = ()
    scored: ScoredFacts | None = None


@dataclass(frozen=True)
class Skill:
    """How the held-out ranking of churn risk compares: area under the curve, and what the last session's age alone reaches."""

    auc: float
    recency_auc: float
    slope: float | None


@dataclass(frozen=True)
class ModelFacts:
    """The model in force. `unusable` says why it cannot be loaded, None where it can; `newest_data_us` is the end of what it
    was trained on, None for a starter model, which knows nothing of this log.

    By kind it knows: `absent` outputs with the reason, and `skill` where held-out figures exist.
    """

    version: str
    starter: bool
    unusable: str | None
    newest_data_us: int | None
    absent: Mapping[EntityType, Mapping[str, str]] = field(default_factory=dict)
    skill: Mapping[EntityType, Skill] = field(default_factory=dict)
    levelled: int = 0
    """Outcomes of this log that the starter model's sizes stand on."""


@dataclass(frozen=True)
class RunFacts:
    """The last refresh: as of when, and by which model."""

    as_of_us: int
    model_version: str


@dataclass(frozen=True)
class Facts:
    """All of it. `log` is None where there are no events or the home could not be read, `model` and `run` where there are none."""

    now_us: int
    settings: Settings
    home: HomeFacts
    log: LogFacts | None = None
    kinds: Mapping[EntityType, KindFacts] = field(default_factory=dict)
    model: ModelFacts | None = None
    run: RunFacts | None = None
