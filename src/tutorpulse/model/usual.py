"""An entity's usual activity, on which health rests."""

import numpy as np

from tutorpulse.model.outputs import Floats

NEW_DAYS = 30
"""Days since registration or first activity, whichever came first, during which an entity is new."""

USUAL_DAYS = 30
USUAL_LOOKBACK_DAYS = 90
USUAL_MIN_SESSIONS = 1
"""Usually fewer than this in 30 days, and half of it means nothing: such an entity has no health of its own."""


def usual_sessions(completed_90d: Floats, since_first_days: Floats) -> Floats:
    """Completed sessions in the usual 30 days: the mean over the last 90, or since the first session if that is less.

    At least 30 days of it. A missing time since the first session counts as 90 days. Arrays of length n.
    """
    days = np.clip(np.nan_to_num(since_first_days, nan=USUAL_LOOKBACK_DAYS), USUAL_DAYS, USUAL_LOOKBACK_DAYS)
    return np.asarray(completed_90d * USUAL_DAYS / days, np.float64)
