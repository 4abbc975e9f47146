"""Labels: statements about the future that the log itself proves right or wrong.

A label matures at a fixed time whatever its outcome, and is missing (NaN) before: `maturity_us`. Everything is
evaluated on what a `History` knows, so a history cut at T gives the labels as they stood at T.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.model.usual import (
    NEW_DAYS,
    USUAL_DAYS,
    USUAL_LOOKBACK_DAYS,
    USUAL_MIN_SESSIONS,
    usual_sessions,
)
from tutorpulse.training.exits import ExitSearch, Found, Stop
from tutorpulse.training.history import History
from tutorpulse.training.pauses import FAR_US
from tutorpulse.training.timeline import Bools, Ints

Floats = NDArray[np.float64]

VELOCITY_DAYS = 28
PAIR_DAYS = 30


@dataclass(frozen=True)
class Rows:
    """m pairs of an entity (its code in the history) and a moment."""

    entity: Ints
    as_of_us: Ints


@dataclass(frozen=True)
class Seen:
    """What labels are read from: a history, rows, and their exits (None where the log has no exit gap)."""

    history: History
    rows: Rows
    found: Found | None


@dataclass(frozen=True)
class LabelSpec:
    """One label: its name, how many days after the row's moment it is settled (`gap` more for exits), its values."""

    name: str
    horizon_days: int
    waits_for_gap: bool
    values: Callable[[Seen], Floats]

    def maturity_us(self, as_of_us: Ints, gap_us: int | None) -> Ints:
        """When the label of each row matures."""
        return as_of_us + self.horizon_days * DAY_US + ((gap_us or 0) if self.waits_for_gap else 0)


def _exited_by(days: int) -> Callable[[Seen], Floats]:
    def values(seen: Seen) -> Floats:
        if seen.found is None:
            return np.full(len(seen.rows.entity), np.nan)
        due = seen.found.x_us <= seen.rows.as_of_us + days * DAY_US
        label = (due & (seen.found.kind == Stop.EXIT)).astype(np.float64)
        return np.where(due & (seen.found.kind == Stop.UNKNOWN), np.nan, label)

    return values


def left_with_goal(rows: Rows, found: Found, days: int) -> Bools:
    """The rows whose exit within `days` was of the competing kind: label 0, counted apart."""
    goal: Bools = (found.x_us <= rows.as_of_us + days * DAY_US) & (found.kind == Stop.GOAL)
    return goal


def _inactive_for(days: int) -> Callable[[Seen], Floats]:
    def values(seen: Seen) -> Floats:
        rows = seen.rows
        active = seen.history.activity.count_between(
            rows.entity, rows.as_of_us, rows.as_of_us + days * DAY_US
        )
        return np.where(active == 0, 1.0, 0.0)

    return values


def _velocity(seen: Seen) -> Floats:
    rows, until_us = seen.rows, seen.rows.as_of_us + VELOCITY_DAYS * DAY_US
    completed = seen.history.completed.count_between(rows.entity, rows.as_of_us, until_us)
    return completed / (VELOCITY_DAYS / 7)


def _first_session_success(seen: Seen) -> Floats:
    firsts, rows = seen.history.first_sessions, seen.rows
    if not len(firsts.moments):
        return np.full(len(rows.entity), np.nan)
    index = firsts.moments.first_after(rows.entity, rows.as_of_us)
    in_time = firsts.moments.us_at(index, FAR_US) <= rows.as_of_us + PAIR_DAYS * DAY_US
    return np.where(in_time, firsts.success[index], np.nan)


def usual_of(history: History, rows: Rows) -> Floats:
    """Completed sessions in each row's usual 30 days; 0 without a session."""
    since_first_days = (rows.as_of_us - history.first_session_us[rows.entity]) / DAY_US
    from_us = rows.as_of_us - USUAL_LOOKBACK_DAYS * DAY_US
    completed_90d = history.completed.count_between(rows.entity, from_us, rows.as_of_us)
    return usual_sessions(completed_90d.astype(np.float64), since_first_days)


def is_new(history: History, rows: Rows) -> Bools:
    """Rows in the first 30 days since registration or first activity, whichever came first, or before either."""
    clock = history.clock()
    first = clock.first_from(rows.entity, np.full(len(rows.entity), -FAR_US, np.int64))
    return rows.as_of_us - clock.us_at(first, FAR_US) < NEW_DAYS * DAY_US


def _health(seen: Seen) -> Floats:
    rows, until_us = seen.rows, seen.rows.as_of_us + USUAL_DAYS * DAY_US
    usual = usual_of(seen.history, rows)
    kept = seen.history.completed.count_between(rows.entity, rows.as_of_us, until_us) >= usual / 2
    return np.where(
        (usual < USUAL_MIN_SESSIONS) | is_new(seen.history, rows), np.nan, kept.astype(np.float64)
    )


LABELS: dict[str, LabelSpec] = {
    spec.name: spec
    for spec in (
        LabelSpec("already_gone", 0, True, _exited_by(0)),
        LabelSpec("exit_14d", 14, True, _exited_by(14)),
        LabelSpec("exit_30d", 30, True, _exited_by(30)),
        LabelSpec("inactive_14d", 14, False, _inactive_for(14)),
        LabelSpec("inactive_30d", 30, False, _inactive_for(30)),
        LabelSpec("session_velocity", VELOCITY_DAYS, False, _velocity),
        LabelSpec("first_session_success", 2 * PAIR_DAYS, False, _first_session_success),
        LabelSpec("health", USUAL_DAYS, False, _health),
    )
}
"""Every label by its name. `exit_h` is the label of `churn_risk_h`, `health` that of `health_score` / 100."""


def labels(history: History, rows: Rows, gap_us: int | None) -> dict[str, Floats]:
    """Every label of every row: m numbers each, NaN where it is not mature, not defined or censored.

    `gap_us` None: exits cannot be told from pauses in this log, and the exit labels are all missing.
    """
    found = ExitSearch(history, gap_us).find(rows.entity, rows.as_of_us) if gap_us is not None else None
    seen = Seen(history, rows, found)
    return {
        name: np.where(
            spec.maturity_us(rows.as_of_us, gap_us) <= history.known_us,
            spec.values(seen),
            np.nan,
        )
        for name, spec in LABELS.items()
    }


TRUTH_OF = {
    "already_gone": "already_gone",
    "exit_14d": "exit_14d",
    "exit_30d": "exit_30d",
    "inactive_14d": "inactive_14d",
    "inactive_30d": "inactive_30d",
    "session_velocity": "velocity",
    "health": "health",
    "first_session_success": "first_session_success",
}
"""The simulator's name of each label."""
