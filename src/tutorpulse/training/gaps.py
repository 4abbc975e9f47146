"""The exit gap: the silence that counts as leaving, measured on the log.

Of all silences longer than g, the share that still ended in a return, from the Kaplan-Meier estimate (Kaplan, Meier
1958) of how long silences last: a silence that is still open counts for as long as it was watched and says nothing about
the time after. Counting open silences as never ended would understate returns, leaving them out would overstate them.
"""

from dataclasses import dataclass, field

import numpy as np

from tutorpulse.clock import DAY_US
from tutorpulse.settings import ExitGap
from tutorpulse.training.exits import silences
from tutorpulse.training.history import History
from tutorpulse.training.timeline import Bools, Ints

CANDIDATE_DAYS = (30, 60, 90, 180)
SHORT_HISTORY_DAYS = CANDIDATE_DAYS[0]
MAX_RETURN_SHARE = 0.2
MIN_AT_RISK = 30
"""The estimate ends where fewer silences than this are still watched: beyond, one return moves it at will."""


@dataclass(frozen=True)
class ExitGapChoice:
    """The gap in force, and how it came about.

    `days` None: even after the longest candidate too many return, and the labels are those of inactivity.
    `return_shares` holds, by candidate in days, the share of longer silences that ended in a return; candidates
    that the history is too short for are left out.
    """

    days: int | None
    reason: str
    return_shares: dict[int, float] = field(default_factory=dict)

    @property
    def us(self) -> int | None:
        """The gap in microseconds."""
        return None if self.days is None else self.days * DAY_US


def return_share(length_us: Ints, returned: Bools, gap_us: int) -> float | None:
    """The share of silences longer than `gap_us` that ended in a return, None where the log cannot tell.

    It can tell if silences twice as long as the gap are still watched, `MIN_AT_RISK` of them at least.
    """
    order = np.argsort(length_us)
    watched_us, ended = length_us[order], returned[order]
    longest_us = watched_us[-MIN_AT_RISK] if len(watched_us) >= MIN_AT_RISK else 0
    if longest_us < 2 * gap_us:
        return None
    at_risk = len(watched_us) - np.searchsorted(watched_us, watched_us, side="left")
    inside = (watched_us > gap_us) & (watched_us <= longest_us) & ended
    moments, first, count = np.unique(watched_us[inside], return_index=True, return_counts=True)
    survival = np.prod(1 - count / at_risk[inside][first]) if len(moments) else 1.0
    return float(1 - survival)


def choose_gap(history: History, setting: ExitGap) -> ExitGapChoice:
    """The exit gap of a log: as set, or for `auto` the shortest candidate after which at most 20 % return.

    30 days where the history is too short to tell.
    """
    if setting != "auto":
        return ExitGapChoice(setting, f"set to {setting} days")
    silence = silences(history, history.activity)
    measured = {
        days: return_share(silence.length_us, silence.returned, days * DAY_US) for days in CANDIDATE_DAYS
    }
    shares = {days: share for days, share in measured.items() if share is not None}
    fits = [days for days, share in shares.items() if share <= MAX_RETURN_SHARE]
    if fits:
        return ExitGapChoice(fits[0], f"{shares[fits[0]]:.0%} of longer silences ended in a return", shares)
    if len(shares) < len(CANDIDATE_DAYS):
        return ExitGapChoice(SHORT_HISTORY_DAYS, "the history is too short to measure it", shares)
    longest = CANDIDATE_DAYS[-1]
    return ExitGapChoice(
        None,
        f"{shares[longest]:.0%} of silences over {longest} days still ended in a return: churn means inactivity here",
        shares,
    )
