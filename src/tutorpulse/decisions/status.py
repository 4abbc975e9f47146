"""Status: is this entity departed, paused, inactive, new or active? The first that applies."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.model.usual import NEW_DAYS

STATUSES = ("departed", "paused", "inactive", "new", "active")
"""In the order in which they are tried."""

SCORED_STATUSES = ("new", "active")
"""Those that are scored and have a segment; the others keep their last prediction, frozen."""

LONGEST_SILENCE_DAYS = 180
"""The silence that makes an entity inactive where the log shows no exit gap: the longest that is ever tried."""

Facts = Mapping[str, NDArray[np.float64]]


def statuses(facts: Facts, as_of_us: int, exit_gap_days: float | None) -> NDArray[np.object_]:
    """The status of n entities, as text.

    Args:
        facts: columns `registered_us, first_activity_us, last_activity_us, departed_us, paused_since_us,
            paused_until_us` of length n; NaN is none; a pause whose `paused_until_us` is NaN or infinite
            has an unknown end.
        as_of_us: the moment.
        exit_gap_days: the silence that counts as leaving; None (the log shows none) takes `LONGEST_SILENCE_DAYS`.

    An entity silent for exactly the gap is not inactive yet. One of which neither registration nor activity is known
    (it was only mentioned, or only declared hours) is inactive: it has shown no activity, and no start to wait from.
    """
    gap_days = LONGEST_SILENCE_DAYS if exit_gap_days is None else exit_gap_days
    paused_until_us = _pause_ends_us(facts)
    silent_days = silence_days(facts, as_of_us)
    tests = [
        facts["departed_us"] <= as_of_us,
        (facts["paused_since_us"] <= as_of_us) & (paused_until_us > as_of_us),
        np.isnan(silent_days) | (silent_days > gap_days),
        (as_of_us - _started_us(facts)) / DAY_US < NEW_DAYS,
    ]
    place = np.select(tests, range(len(tests)), len(tests))
    return np.asarray(np.array(STATUSES, dtype=object)[place])


def is_scored(status: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which of the statuses are scored."""
    return np.isin(status.astype(str), SCORED_STATUSES)


def silence_days(facts: Facts, as_of_us: int) -> NDArray[np.float64]:
    """Days since the last activity, else since registration; time in a stated pause does not count. NaN: neither."""
    quiet_since_us = np.where(
        np.isnan(facts["last_activity_us"]), facts["registered_us"], facts["last_activity_us"]
    )
    pause_starts_us = np.fmax(facts["paused_since_us"], quiet_since_us)
    pause_ends_us = np.fmin(_pause_ends_us(facts), as_of_us)
    paused_us = np.nan_to_num(np.clip(pause_ends_us - pause_starts_us, 0, None), nan=0.0)
    paused_us = np.where(np.isnan(facts["paused_since_us"]), 0.0, paused_us)
    return np.asarray((as_of_us - quiet_since_us - paused_us) / DAY_US, dtype=np.float64)


def _pause_ends_us(facts: Facts) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(facts["paused_until_us"], nan=np.inf, posinf=np.inf), dtype=np.float64)


def _started_us(facts: Facts) -> NDArray[np.float64]:
    return np.asarray(np.fmin(facts["registered_us"], facts["first_activity_us"]), dtype=np.float64)
