"""What an outside observer knows of each life from its events, and when such a life counts as left.

Written from the contract's text alone, so that it can judge the product's labels. Where the contract leaves a case open:
- registration starts the clock: who registers and never becomes active has left at registration;
- an exit after a goal needs the goal to be newer than the last activity;
- a stated pause ends at its stated end, a resumption, or any activity.
"""

from dataclasses import dataclass

import numpy as np

from tutorpulse.simulate.state import Columns, Flags, Floats, Ints

UNKNOWN = np.inf
"""The end of a pause that is not stated."""


@dataclass
class Observed(Columns):
    """One item per tutor or student; times are microseconds, NaN where there is none.

    `last_us` is the last activity or else the registration; the pauses, departure and goal are those since then.
    `exit_us`, `next_us` and the counts of completed sessions tell what followed a mark.
    """

    registered_us: Floats
    first_us: Floats
    last_us: Floats
    paused_us: Floats
    pause_from_us: Floats
    pause_until_us: Floats
    departed_us: Floats
    goal_us: Floats
    first_completed_day: Floats
    exit_us: Floats
    exit_by_goal: Flags
    next_us: Floats
    completed_28d: Floats
    completed_30d: Floats


def nothing_known(size: int) -> Observed:
    """Nobody has registered yet."""
    columns = {name: np.full(size, np.nan) for name in Observed.__annotations__}
    lives = Observed(**{**columns, "exit_by_goal": np.zeros(size, np.bool_)})
    lives.paused_us[:] = 0.0
    forget_outcomes(lives)
    return lives


def forget_outcomes(lives: Observed) -> None:
    """From now on outcomes count anew."""
    lives.exit_us[:] = lives.next_us[:] = np.nan
    lives.exit_by_goal[:] = False
    lives.completed_28d[:] = lives.completed_30d[:] = 0.0


def registers(lives: Observed, index: Ints, ts_us: Ints) -> None:
    """They registered."""
    lives.registered_us[index] = ts_us
    lives.last_us[index] = ts_us


def pauses(lives: Observed, index: Ints, ts_us: Ints, until_us: Ints) -> None:
    """They stated a pause; an end of -1 is not known."""
    lives.paused_us[index] += _paused(lives, index, ts_us.astype(np.float64))
    lives.pause_from_us[index] = ts_us
    lives.pause_until_us[index] = np.where(until_us < 0, UNKNOWN, until_us)


def resumes(lives: Observed, index: Ints, ts_us: Ints) -> None:
    """They said that the pause is over."""
    lives.pause_until_us[index] = np.fmin(lives.pause_until_us[index], ts_us)


def _paused(lives: Observed, index: Ints, now_us: Floats) -> Floats:
    """Microseconds of the newest pause until now, 0 where there is none."""
    until = np.fmin(lives.pause_until_us[index], now_us)
    return np.nan_to_num(np.maximum(until - lives.pause_from_us[index], 0.0), nan=0.0)


def silence_us(lives: Observed, index: Ints, now_us: Floats) -> Floats:
    """Time since the last activity without stated pauses."""
    return now_us - lives.last_us[index] - lives.paused_us[index] - _paused(lives, index, now_us)


def settle_exits(lives: Observed, index: Ints, silent: Flags) -> None:
    """Note the exits of those who have none yet: at the last activity after too long a silence, else at a departure."""
    unsettled = np.isnan(lives.exit_us[index])
    gone = index[unsettled & silent]
    lives.exit_us[gone] = lives.last_us[gone]
    lives.exit_by_goal[gone] = lives.goal_us[gone] >= lives.last_us[gone]
    left = index[unsettled & ~silent & ~np.isnan(lives.departed_us[index])]
    lives.exit_us[left] = lives.departed_us[left]


def is_active(lives: Observed, index: Ints, first_us: Floats, last_us: Floats) -> None:
    """They were active, first and last at these times; whatever was noted before the last is over."""
    lives.first_us[index] = np.fmin(lives.first_us[index], first_us)
    lives.next_us[index] = np.fmin(lives.next_us[index], first_us)
    lives.last_us[index] = np.fmax(lives.last_us[index], last_us)
    lives.paused_us[index] = 0.0
    lives.pause_from_us[index] = lives.pause_until_us[index] = np.nan
    for column in (lives.departed_us, lives.goal_us):
        column[index] = np.where(column[index] > last_us, column[index], np.nan)
