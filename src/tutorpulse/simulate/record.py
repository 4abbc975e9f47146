"""A listener that keeps what the contract's labels need of a world's events.

On a sampled morning a record is marked; continued with copies of that world, it then holds the outcome of every label in
each. Written from the contract's text alone (see `observed`). A first session is the first of a pair that reached its
start, and so is its second one.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, MINUTE_US
from tutorpulse.simulate import observed
from tutorpulse.simulate.observed import Observed
from tutorpulse.simulate.pairs import Pairs
from tutorpulse.simulate.sessions import NO_SHOW_REPORTED_MINUTES
from tutorpulse.simulate.state import Floats, Ints, World

Kind: TypeAlias = Literal["tutor", "student"]
KINDS: tuple[Kind, ...] = ("tutor", "student")
USUAL_DAYS = 90
_LONG_SILENCE_US = 30 * DAY_US
_Fields: TypeAlias = Mapping[str, NDArray[Any]]


class Record:
    """Listens to a world; `close` ends each day. `gap_us` is the exit gap of each kind, known once marked."""

    def __init__(
        self, lives: dict[Kind, Observed], pairs: Pairs, marked_day: int | None, gap_us: dict[Kind, float]
    ) -> None:
        self.lives = lives
        self.pairs = pairs
        self.gap_us = gap_us
        self.marked_day = marked_day
        self.returns: dict[Kind, list[Floats]] = {kind: [] for kind in KINDS}
        self._acts: dict[Kind, list[tuple[Ints, Ints]]] = {kind: [] for kind in KINDS}
        width = 0 if marked_day is not None else USUAL_DAYS + 1
        self._by_day = {kind: np.zeros((width, len(lives[kind])), np.int16) for kind in KINDS}

    def wants(self, event_type: str) -> bool:
        """Whether any label depends on the type."""
        return event_type in _HEARD

    def add(self, event_type: str, ts_us: Ints, **columns: NDArray[Any]) -> None:
        """Hear of events of one type. A day's pauses and departures come before its lessons, goals after them."""
        if event_type in _HEARD and len(ts_us):
            _HEARD[event_type](self, ts_us, columns)

    def marked(self, day: int, copies: int, gap_days: Mapping[Kind, float]) -> "Record":
        """A copy for `copies` continuations from the morning of `day`, to judge what follows by these exit gaps."""
        lives = {kind: self.lives[kind].repeated(copies) for kind in KINDS}
        for columns in lives.values():
            observed.forget_outcomes(columns)
        return Record(
            lives, self.pairs.marked(copies), day, {kind: gap_days[kind] * DAY_US for kind in KINDS}
        )

    def close(self, day: int) -> None:
        """The day is over."""
        for kind in KINDS:
            self._fold(kind)
            if self.marked_day is None:
                self._by_day[kind][(day + 1) % (USUAL_DAYS + 1)] = 0

    def usual(self, kind: Kind, day: int) -> Floats:
        """Completed sessions in a usual 30 days, as of the morning of `day`; NaN for newcomers and where under one."""
        lives = self.lives[kind]
        days = np.clip(day - lives.first_completed_day, 30, USUAL_DAYS)
        usual = self._by_day[kind].sum(axis=0) / days * 30
        age = day * DAY_US - np.fmin(lives.registered_us, lives.first_us)
        return np.where((usual >= 1) & (age >= 30 * DAY_US), usual, np.nan)

    def activity(self, kind: Kind, index: Ints, ts_us: Ints) -> None:
        """They were active at these times of the day."""
        self._acts[kind].append((index, ts_us))

    def reached(self, ts_us: Ints, columns: _Fields) -> None:
        """Sessions reached their start."""
        for kind in KINDS:
            self.activity(kind, columns[f"{kind}_id"], ts_us)
        self.pairs.meet(ts_us, columns["tutor_id"], columns["student_id"], columns["session_id"])

    def completed(self, kind: Kind, index: Ints, day: int) -> None:
        """They completed sessions on the day; an index may occur more than once."""
        lives = self.lives[kind]
        if self.marked_day is None:
            np.add.at(self._by_day[kind][day % (USUAL_DAYS + 1)], index, 1)
            lives.first_completed_day[index] = np.fmin(lives.first_completed_day[index], day)
            return
        for column, days in ((lives.completed_28d, 28), (lives.completed_30d, 30)):
            np.add.at(column, index, float(day - self.marked_day < days))

    def _fold(self, kind: Kind) -> None:
        """The activity so far of the day: its first ends a silence, its last begins the next."""
        acts, self._acts[kind] = self._acts[kind], []
        if not any(len(who) for who, _ in acts):
            return
        who, ts_us = (np.concatenate([act[i] for act in acts]) for i in (0, 1))
        order = np.lexsort((ts_us, who))
        index, first = np.unique(who[order], return_index=True)
        times = ts_us[order].astype(np.float64)
        self._end_silence(kind, index, times[first])
        observed.is_active(self.lives[kind], index, times[first], times[np.append(first[1:], len(times)) - 1])

    def _end_silence(self, kind: Kind, index: Ints, now_us: Floats) -> None:
        lives = self.lives[kind]
        silence = observed.silence_us(lives, index, now_us)
        observed.settle_exits(lives, index, silence > self.gap_us[kind])
        if self.marked_day is None:
            between = ~np.isnan(lives.first_us[index])
            self.returns[kind].append(silence[between & (silence > _LONG_SILENCE_US)])


def new_record(world: World) -> Record:
    """A record of a world that has not begun."""
    lives: dict[Kind, Observed] = {
        "tutor": observed.nothing_known(len(world.tutors)),
        "student": observed.nothing_known(len(world.students)),
    }
    return Record(lives, Pairs(len(world.tutors), len(world.students)), None, dict.fromkeys(KINDS, np.inf))


def _registered(kind: Kind, record: Record, ts_us: Ints, columns: _Fields) -> None:
    observed.registers(record.lives[kind], columns[f"{kind}_id"], ts_us)


def _departed(kind: Kind, record: Record, ts_us: Ints, columns: _Fields) -> None:
    record.lives[kind].departed_us[columns[f"{kind}_id"]] = ts_us


def _paused(kind: Kind, record: Record, ts_us: Ints, columns: _Fields) -> None:
    observed.pauses(record.lives[kind], columns[f"{kind}_id"], ts_us, columns["until"])


def _resumed(kind: Kind, record: Record, ts_us: Ints, columns: _Fields) -> None:
    observed.resumes(record.lives[kind], columns[f"{kind}_id"], ts_us)


def _goal_reached(record: Record, ts_us: Ints, columns: _Fields) -> None:
    record.lives["student"].goal_us[columns["student_id"]] = ts_us


def _requested(record: Record, ts_us: Ints, columns: _Fields) -> None:
    own = ~columns["system_generated"]
    record.activity("student", columns["student_id"][own], ts_us[own])


def _learnt(record: Record, ts_us: Ints, columns: _Fields) -> None:
    record.activity("student", columns["student_id"], ts_us)


def _ended(record: Record, ts_us: Ints, columns: _Fields) -> None:
    if columns["no_show"].all():
        record.reached(ts_us - NO_SHOW_REPORTED_MINUTES * MINUTE_US, columns)
        return
    done = columns["completed_successfully"]
    for kind in KINDS:
        record.completed(kind, columns[f"{kind}_id"][done], int(ts_us[0]) // DAY_US)
    _rated(record, ts_us, columns)


def _rated(record: Record, _: Ints, columns: _Fields) -> None:
    record.pairs.rate(columns["tutor_id"], columns["student_id"], columns["session_id"], columns["rating"])


_HEARD: dict[str, Callable[[Record, Ints, _Fields], None]] = {
    "booking_requested": _requested,
    "learning_activity": _learnt,
    "session_started": Record.reached,
    "session_completed": _ended,
    "review_submitted": _rated,
    "student_goal_reached": _goal_reached,
    **{f"{kind}_registered": partial(_registered, kind) for kind in KINDS},
    **{f"{kind}_departed": partial(_departed, kind) for kind in KINDS},
    **{f"{kind}_paused": partial(_paused, kind) for kind in KINDS},
    **{f"{kind}_resumed": partial(_resumed, kind) for kind in KINDS},
}
