"""The truth about everybody in a sampled week: continue the world many times from its full state and count.

A continuation shares all of the past, hidden state too, and goes on with dice of its own. What a label's share over them
estimates is therefore the best that anybody could predict, event or no event.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.simulate import engine
from tutorpulse.simulate.names import entity_id
from tutorpulse.simulate.observed import UNKNOWN, Observed, settle_exits, silence_us
from tutorpulse.simulate.population import renew_the_future, stream
from tutorpulse.simulate.record import KINDS, Kind, Record
from tutorpulse.simulate.state import ABSENT, Floats, Ints, World

Column: TypeAlias = NDArray[Any]
HORIZONS_DAYS = (14, 30)
EXIT_GAPS_DAYS = (30, 60, 90, 180)
WEEK_DAYS = 7
_RETURNED_AT_MOST = 0.2
_FIRST_WITHIN_DAYS = 30
_SECOND_WITHIN_DAYS = 30
_PEOPLE_AT_ONCE = 60_000
_STREAMS_PER_WEEK = 10_000
_OWN_STREAM = 0


@dataclass(frozen=True)
class Snapshot:
    """The world and what is on record of it, on the morning of a sampled day."""

    world: World
    record: Record
    usual: dict[Kind, Floats]


def snapshot(world: World, record: Record) -> Snapshot:
    """A copy of both as they are now."""
    usual = {kind: record.usual(kind, world.day) for kind in KINDS}
    return Snapshot(
        world.continued(world.stream), record.marked(world.day, 1, dict.fromkeys(KINDS, 0.0)), usual
    )


def sampled_mornings(first_day: int, days: int, count: int) -> tuple[int, ...]:
    """Day numbers of `count` mornings, whole weeks from the first day, spread evenly over the last two thirds."""
    weeks = np.linspace(days / 3, days, count + 1)[:-1] // WEEK_DAYS
    return tuple(sorted({first_day + WEEK_DAYS * max(int(week), 1) for week in weeks}))


def exit_gap_days(record: Record, end_day: int) -> dict[Kind, float]:
    """For each kind the shortest gap after which at most 20 % of the silences ended in a return; NaN: none is."""
    return {kind: _exit_gap(record, kind, end_day) for kind in KINDS}


def _exit_gap(record: Record, kind: Kind, end_day: int) -> float:
    lives = record.lives[kind]
    known = np.flatnonzero(~np.isnan(lives.first_us))
    still = silence_us(lives, known, np.full(len(known), float(end_day * DAY_US))) / DAY_US
    returned = np.concatenate([np.empty(0), *record.returns[kind]]) / DAY_US
    for gap in EXIT_GAPS_DAYS:
        back, silent = int((returned > gap).sum()), int((still > gap).sum())
        if back <= _RETURNED_AT_MOST * (back + silent):
            return float(gap)
    return float("nan")


def truth_of(
    taken: Snapshot, number: int, continuations: int, gap_days: dict[Kind, float]
) -> dict[Kind, dict[str, Column]]:
    """Columns of the truth for each kind, from `continuations` of the `number`-th sampled morning.

    For each label the share of the continuations in which it came true (of those in which there is a label; NaN: none),
    and as `realised_` what comes true in the world itself.
    """
    totals: dict[Kind, dict[str, Floats]] = {kind: {} for kind in KINDS}
    size = max(1, _PEOPLE_AT_ONCE // max(len(taken.world.students), 1))
    for first in range(0, continuations, size):
        copies = min(size, continuations - first)
        record = _continue(taken, 1 + number * _STREAMS_PER_WEEK + first, copies, gap_days)
        for kind in KINDS:
            _add(totals[kind], outcomes_of(taken, record, kind, copies))
    itself = _continue(taken, _OWN_STREAM, 1, gap_days)
    return {
        kind: _identity(taken, kind, continuations, gap_days[kind])
        | _shares(taken, kind, totals[kind], continuations)
        | _realised(taken, kind, outcomes_of(taken, itself, kind, 1))
        for kind in KINDS
    }


def _add(totals: dict[str, Floats], outcomes: dict[str, Floats]) -> None:
    for name, values in outcomes.items():
        both = np.stack([np.nansum(values, axis=0), np.isfinite(values).sum(axis=0)])
        totals[name] = totals.get(name, 0.0) + both


def _continue(taken: Snapshot, number: int, copies: int, gap_days: dict[Kind, float]) -> Record:
    """Live through the longest horizon, with dice of one's own, or with those of the world itself."""
    world = taken.world.continued(number, copies)
    if number != _OWN_STREAM:
        renew_the_future(world, stream(world.seed, number, world.day - 1))
    record = taken.record.marked(world.day, copies, gap_days)
    for _ in range(horizon_days(gap_days)):
        engine.step(world, record)
        record.close(world.day - 1)
    for kind in KINDS:
        settle(record, kind, world.day)
    return record


def horizon_days(gap_days: dict[Kind, float]) -> int:
    """Days until the last label has matured."""
    longest = max((gap for gap in gap_days.values() if not math.isnan(gap)), default=0.0)
    return 1 + max(_FIRST_WITHIN_DAYS + _SECOND_WITHIN_DAYS, HORIZONS_DAYS[-1] + round(longest))


def settle(record: Record, kind: Kind, day: int) -> None:
    """Those who are silent at the end may have left."""
    lives = record.lives[kind]
    known = np.flatnonzero(~np.isnan(lives.last_us))
    silence = silence_us(lives, known, np.full(len(known), float(day * DAY_US)))
    settle_exits(lives, known, silence >= record.gap_us[kind])


def outcomes_of(taken: Snapshot, record: Record, kind: Kind, copies: int) -> dict[str, Floats]:
    """Each label in each continuation, (copies, entities); NaN is no label."""
    as_of = float(taken.world.day * DAY_US)
    lives, usual = record.lives[kind], np.tile(taken.usual[kind], copies)
    labels = {"already_gone": _exit_by(lives, as_of)}
    for days in HORIZONS_DAYS:
        labels[f"exit_{days}d"] = _exit_by(lives, as_of + days * DAY_US)
        by_goal = lives.exit_by_goal & (lives.exit_us <= as_of + days * DAY_US)
        labels[f"goal_{days}d"] = by_goal.astype(np.float64)
        labels[f"inactive_{days}d"] = (~(lives.next_us <= as_of + days * DAY_US)).astype(np.float64)
    labels["velocity"] = lives.completed_28d / 4
    labels["health"] = np.where(np.isnan(usual), np.nan, lives.completed_30d >= usual / 2)
    labels["first_session_success"] = _first_success(record, kind, as_of)
    return {name: values.reshape(copies, -1) for name, values in labels.items()}


def _exit_by(lives: Observed, by_us: float) -> Floats:
    """1 if gone by then, but not for a goal reached; NaN where a pause of unknown end hides it."""
    gone = (lives.exit_us <= by_us) & ~lives.exit_by_goal
    hidden = np.isnan(lives.exit_us) & (lives.pause_until_us == UNKNOWN) & (lives.last_us <= by_us)
    return np.where(hidden, np.nan, gone)


def _first_success(record: Record, kind: Kind, as_of: float) -> Floats:
    firsts = record.pairs.firsts[kind]
    in_time = firsts.at_us <= as_of + _FIRST_WITHIN_DAYS * DAY_US
    return np.where(in_time, firsts.second & ~firsts.poor, np.nan)


def _registered(taken: Snapshot, kind: Kind) -> Ints:
    """Who is registered on the sampled morning."""
    people = taken.world.tutors if kind == "tutor" else taken.world.students
    return np.flatnonzero(people.stage != ABSENT)


def _identity(taken: Snapshot, kind: Kind, continuations: int, gap_days: float) -> dict[str, Column]:
    people = taken.world.tutors if kind == "tutor" else taken.world.students
    index = _registered(taken, kind)
    return {
        "as_of": np.full(len(index), taken.world.day * DAY_US),
        "entity_type": np.full(len(index), kind, dtype=object),
        "entity_id": np.array([entity_id(kind, number) for number in index.tolist()], dtype=object),
        "exit_gap_days": np.full(len(index), gap_days),
        "continuations": np.full(len(index), continuations),
        "hidden_stage": people.stage[index],
    }


def _shares(taken: Snapshot, kind: Kind, totals: dict[str, Floats], continuations: int) -> dict[str, Column]:
    index = _registered(taken, kind)
    columns: dict[str, Column] = {}
    for name, (total, count) in totals.items():
        columns[name] = (total / np.where(count > 0, count, np.nan))[index]
    columns["first_session_share"] = totals["first_session_success"][1][index] / continuations
    return columns


def _realised(taken: Snapshot, kind: Kind, outcomes: dict[str, Floats]) -> dict[str, Column]:
    index = _registered(taken, kind)
    return {f"realised_{name}": values[0][index] for name, values in outcomes.items()}
