"""Replays history: on each date whoever is there is scored by the model that would have been in force, and models are made and
replaced by the rules of a home (`training.yielding`, `training.succession`)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.status import is_scored, statuses
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.artifact import Artifact
from tutorpulse.model.cohorts import tenure_of
from tutorpulse.model.contract import VELOCITY_BOUNDS
from tutorpulse.model.levels import levels_of, relevelled
from tutorpulse.model.manifest import KindManifest
from tutorpulse.model.outputs import Floats
from tutorpulse.model.predictor import OUTPUT_FIELDS, LocalPredictor
from tutorpulse.settings import Settings
from tutorpulse.training.pool import ReadHistory
from tutorpulse.training.snapshots import WARM_UP_DAYS, Limits
from tutorpulse.training.succession import Court, decide
from tutorpulse.training.timeline import Bools, Ints
from tutorpulse.training.train import DEFAULT_SEED, Features, Plan, train_from
from tutorpulse.training.yielding import sufficing

TRAINING_STEPS = 8
"""Of a progress bar: a training takes about as long as scoring so many dates."""


@dataclass(frozen=True)
class Course:
    """What to replay: the dates, sorted and as training may look at them; those from `from_us` on are scored.

    A new model is tried `retrain_days` after the last one, at the next date.
    """

    dates_us: Ints
    from_us: int
    retrain_days: float
    kinds: Sequence[EntityType]
    limits: Limits
    starter: Artifact | None
    seed: int = DEFAULT_SEED


@dataclass(frozen=True)
class Turn:
    """One turn in the life of the models: a version was put in force or refused, or none could be made (None), and why.

    `levelled_on` tells of each kind that the starter goes on serving on how many outcomes it was levelled in the same step.
    """

    at_us: int
    promoted: bool
    version: str | None
    reason: str
    levelled_on: dict[EntityType, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """n predictions of one kind by one model at one date; `values` by the names of `Predictions`, the velocity's bounds among
    them, on their own scale."""

    version: str
    as_of_us: int
    entity_ids: NDArray[np.object_]
    values: dict[str, Floats]
    tenure_days: Floats
    from_cohort: Bools


@dataclass(frozen=True)
class Replayed:
    """All that was said, by kind, in order of the dates; the turns; and what each model's predictions of a kind meant."""

    said: dict[EntityType, list[Said]]
    turns: tuple[Turn, ...]
    terms: dict[tuple[EntityType, str], KindManifest]


def plan_course_dates(first_us: int, anchor_us: int, last_us: int, every_days: int) -> Ints:
    """Dates `every_days` apart, one of them `anchor_us`, from `WARM_UP_DAYS` after `first_us` to `last_us` at the latest."""
    step_us = every_days * DAY_US
    before = max(0, (anchor_us - first_us - WARM_UP_DAYS * DAY_US) // step_us)
    after = max(-1, (last_us - anchor_us) // step_us)
    return anchor_us + np.arange(-before, after + 1, dtype=np.int64) * step_us


@dataclass
class Replay:
    """One replay. `read` and `features` must tell of each moment what was known at it."""

    read: ReadHistory
    features: Features
    settings: Settings
    course: Course
    progress: Callable[[int, int], None]
    _own: Artifact | None = None
    _starter: Artifact | None = None
    _turned_us: int | None = None
    _turns: list[Turn] = field(default_factory=list)
    _terms: dict[tuple[EntityType, str], KindManifest] = field(default_factory=dict)

    def run(self) -> Replayed:
        """Replay it all.

        Raises:
            LeakError: shuffled labels could be ranked.
        """
        course = self.course
        dates_us = course.dates_us[course.dates_us >= course.from_us].tolist()
        trainings = _trainings(dates_us, course.retrain_days)
        total, done = len(dates_us) + TRAINING_STEPS * trainings, 0
        said: dict[EntityType, list[Said]] = {kind: [] for kind in course.kinds}
        for date_us in dates_us:
            if self._is_time(date_us):
                self._retrain(date_us)
                done = min(done + TRAINING_STEPS, total)
            for kind, artifact in self._serving():
                said[kind].append(self._score(kind, artifact, date_us))
            done += 1
            self.progress(min(done, total), total)
        return Replayed(said, tuple(self._turns), self._terms)

    def _is_time(self, date_us: int) -> bool:
        days = self.course.retrain_days
        return bool(days) and (self._turned_us is None or date_us - self._turned_us >= days * DAY_US)

    def _serving(self) -> Iterator[tuple[EntityType, Artifact]]:
        for kind in self.course.kinds:
            serving = self._own if self._has_own(kind) else self._starter or self.course.starter
            if serving is not None and kind in serving.heads:
                yield kind, serving

    def _has_own(self, kind: EntityType) -> bool:
        return self._own is not None and kind in self._own.heads

    def _retrain(self, date_us: int) -> None:
        course = self.course
        known = course.dates_us[course.dates_us < date_us]
        plan = Plan(date_us, date_us, course.kinds, course.limits, course.seed, course.starter, known)
        try:
            made = train_from(self.read, self.features, self.settings, plan, _quiet)
        except HistoryError as error:
            # As upkeep does: no turn, so that the next date tries again. Told once.
            if not self._turns or self._turns[-1].version is not None:
                self._turns.append(Turn(date_us, False, None, str(error)))
            return
        court = Court(self.read, self.features, self.settings, plan, _quiet)
        suffices, champion = sufficing(made, course.starter), self._own
        decided = decide(suffices, champion, lambda kind: court.trial(_known(champion), made, kind))
        if decided.promoted and suffices.in_force is not None:
            self._own = suffices.in_force
        version = self._own.version if decided.promoted and self._own else made.version
        levelled_on = self._level(made)
        self._turns.append(Turn(date_us, decided.promoted, version, decided.reason, levelled_on))
        self._turned_us = date_us

    def _level(self, made: Artifact) -> dict[EntityType, int]:
        """Let the starter serve at the levels that a training found; on how many outcomes, of the kinds that it serves on."""
        found = relevelled(self.course.starter, self._starter, made)
        if found is None:
            return {}
        self._starter = found
        return {kind: told.outcomes for kind, told in levels_of(made).items() if not self._has_own(kind)}

    def _score(self, kind: EntityType, artifact: Artifact, date_us: int) -> Said:
        part = artifact.manifest.kinds[kind]
        self._terms[kind, artifact.version] = part
        frame = self.features.compute(kind, date_us)
        frame = frame.take(is_scored(statuses(frame.facts, date_us, part.exit_gap.days)))
        found = LocalPredictor(artifact).predict(frame)
        values = {name: getattr(found, name) for name in (*OUTPUT_FIELDS, *VELOCITY_BOUNDS)}
        return Said(artifact.version, date_us, frame.entity_ids, values, tenure_of(frame), found.from_cohort)


def _trainings(dates_us: Sequence[int], retrain_days: float) -> int:
    if not retrain_days or not dates_us:
        return 0
    return int((dates_us[-1] - dates_us[0]) // (retrain_days * DAY_US)) + 1


def _known(champion: Artifact | None) -> Artifact:
    assert champion is not None, "without a champion there is no trial"
    return champion


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Trainings have no bar of their own here."""
