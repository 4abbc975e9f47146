"""What a sender of events is told."""

from collections.abc import Sequence

import numpy as np

from tutorpulse.service.queries.shapes import EventReceipt, PostReceipt
from tutorpulse.store.bodies import Taken
from tutorpulse.store.receipts import ACCEPTED, REJECTED, STATUSES


def receipt(taken: Taken, every: bool) -> PostReceipt:
    """Of one body: all its events, or only those that were not accepted."""
    accepted, duplicate, rejected = np.bincount(taken.status, minlength=len(STATUSES)).tolist()
    indexes: Sequence[int] = range(len(taken)) if every else np.flatnonzero(taken.status != ACCEPTED).tolist()
    return PostReceipt(accepted, duplicate, rejected, _events(taken, indexes) if indexes else [])


def _events(taken: Taken, indexes: Sequence[int]) -> list[EventReceipt]:
    why = {refused.index: refused for refused in taken.refused}
    event_ids, status = taken.event_ids(), taken.status.tolist()
    return [
        EventReceipt(i, STATUSES[REJECTED], None, why[i].reason, why[i].field or None)
        if i in why
        else EventReceipt(i, STATUSES[status[i]], event_ids[i])
        for i in indexes
    ]
