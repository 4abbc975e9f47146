"""Trials in simulated marketplaces, told from their logs and held against the truth: do the intervals cover it?

The log goes through the store, the labels and the estimate as in a home. The truth is the simulator's own (`simulate.trials`).
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.decisions.rules import Condition, Rule
from tutorpulse.decisions.trials import arm_of
from tutorpulse.features.frame import EntityType
from tutorpulse.service.proof.estimate import Bools, Floats, Trial, enough, estimate
from tutorpulse.simulate import emit, trials
from tutorpulse.simulate.marketplaces import drawn
from tutorpulse.simulate.names import entity_id
from tutorpulse.simulate.record import Kind, Record, new_record
from tutorpulse.simulate.state import World
from tutorpulse.simulate.truth import WEEK_DAYS, Snapshot, snapshot
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.reading import read_history

LABEL_OF = {"exit_30d": "exit_30d", "velocity": "session_velocity", "health": "health"}
"""The product's label of each outcome of the simulator."""


@dataclass(frozen=True)
class Plan:
    """A marketplace's size, the mornings of its trial (days from the first), the share held out, and how the truth is told."""

    kind: EntityType = "student"
    tutors: int = 200
    students: int = 1200
    mornings: tuple[int, ...] = (70, 84, 98)
    end: int = 161
    share_held: float = 0.3
    gap_days: int = 30
    copies: int = 30


class Told(msgspec.Struct, frozen=True):
    """Of one outcome: the truth, the estimate and both intervals. `told`: the outcomes were enough to say so."""

    truth: float
    effect: float
    low: float
    high: float
    always_low: float
    always_high: float
    known: int
    told: bool

    @property
    def covered(self) -> bool:
        """Whether the interval for one look holds the truth."""
        return self.low <= self.truth <= self.high

    @property
    def always_covered(self) -> bool:
        """Whether the interval for every look does."""
        return self.always_low <= self.truth <= self.always_high


@dataclass(frozen=True)
class _Morning:
    taken: Snapshot
    index: NDArray[np.int64]
    acted: Bools
    silent_days: Floats


def told_of(seed: int, plan: Plan) -> dict[str, Told]:
    """What a trial in the marketplace of a seed says, by outcome, and the truth."""
    market = drawn(seed, (plan.tutors, plan.tutors), (plan.students, plan.students))
    world = market.world(plan.end)
    with TemporaryDirectory(prefix="tutorpulse-trial-") as folder:
        home = Home.open(Path(folder) / "home", create=True)
        with EventStore.open(home) as store:
            mornings = _live_through(store, world, plan, seed)
            known = _labels(store, plan, mornings, market.first_day + plan.end)
    trial = _trial(plan, mornings)
    truths = [
        trials.true_effects(m.taken, plan.kind, m.index, plan.share_held, plan.copies, _gaps(plan))
        for m in mornings
    ]
    return {name: _told(known[LABEL_OF[name]], trial, truths, mornings, name) for name in trials.OUTCOMES}


def _live_through(store: EventStore, world: World, plan: Plan, seed: int) -> list[_Morning]:
    """The world's days into the log, with the trial's mornings on the way."""
    record, first_day = new_record(world), world.day
    found: list[_Morning] = []
    seen: set[int] = set()
    for batch in emit.batches(world, plan.end, WEEK_DAYS, record):
        store.append(batch)
        if world.day - first_day in plan.mornings:
            found.append(_act(world, record, plan, seed, seen))
            seen |= set(found[-1].index.tolist())
    return found


def _act(world: World, record: Record, plan: Plan, seed: int, seen: set[int]) -> _Morning:
    taken = snapshot(world, record)
    index = np.array([i for i in trials.silent(world, record, plan.kind) if int(i) not in seen], np.int64)
    rule = _rule(plan, seed)
    acted = np.array([arm_of(rule, entity_id(plan.kind, int(i))) == "act" for i in index], dtype=np.bool_)
    days = world.day - record.lives[plan.kind].last_us[index] / DAY_US
    trials.intervene(world, plan.kind, index[acted])
    return _Morning(taken, index, acted, days)


def _rule(plan: Plan, seed: int) -> Rule:
    never = (Condition(fact="churn_risk_14d", above=1.0),)
    return Rule("simulated", plan.kind, 0.0, "simulated", never, hold_out=plan.share_held, salt=str(seed))


def _labels(store: EventStore, plan: Plan, mornings: list[_Morning], end_day: int) -> dict[str, Floats]:
    history = read_history(store, plan.kind, end_day * DAY_US)
    ids = [entity_id(plan.kind, int(i)) for m in mornings for i in m.index]
    as_of_us = np.concatenate([np.full(len(m.index), m.taken.world.day * DAY_US) for m in mornings])
    rows = Rows(history.codes(np.array(ids, dtype=object)), as_of_us.astype(np.int64))
    return labels(history, rows, plan.gap_days * DAY_US)


def _trial(plan: Plan, mornings: list[_Morning]) -> Trial:
    acted = np.concatenate([m.acted for m in mornings])
    silent_days = np.concatenate([m.silent_days for m in mornings])
    return Trial(acted, np.full(len(acted), 1 - plan.share_held), silent_days[:, None])


def _gaps(plan: Plan) -> dict[Kind, float]:
    return {"tutor": float(plan.gap_days), "student": float(plan.gap_days)}


def _told(
    outcome: Floats, trial: Trial, truths: list[dict[str, float]], mornings: list[_Morning], name: str
) -> Told:
    """The truth of all mornings is weighted by the outcomes that each gave."""
    found = estimate(outcome, trial)
    ends = np.cumsum([len(m.index) for m in mornings])
    counts = [int((~np.isnan(part)).sum()) for part in np.split(outcome, ends[:-1])]
    truth = float(np.average([effects[name] for effects in truths], weights=counts))
    return Told(
        truth,
        found.effect,
        found.once.low,
        found.once.high,
        found.always.low,
        found.always.high,
        sum(counts),
        enough(outcome, trial),
    )
