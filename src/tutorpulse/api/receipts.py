"""What a sender of events is told."""

from collections.abc import Sequence

from tutorpulse.service.queries.shapes import EventReceipt, PostReceipt
from tutorpulse.store.bodies import Taken
from tutorpulse.store.receipts import ACCEPTED, DUPLICATE, REJECTED, STATUSES


def receipt(taken: Taken, every: bool) -> PostReceipt:
    """Of one body: all its events, or only those that were not accepted."""
    status = taken.status.tolist()
    accepted, duplicate = status.count(ACCEPTED), status.count(DUPLICATE)
    rejected = len(status) - accepted - duplicate
    if every:
        indexes: Sequence[int] = range(len(status))
    else:
        indexes = [] if accepted == len(status) else [i for i, s in enumerate(status) if s != ACCEPTED]
    return PostReceipt(accepted, duplicate, rejected, _events(taken, status, indexes) if indexes else [])


def _events(taken: Taken, status: Sequence[int], indexes: Sequence[int]) -> list[EventReceipt]:
    why = {refused.index: refused for refused in taken.refused}
    event_ids = taken.event_ids().tolist()
    return [
        EventReceipt(i, STATUSES[REJECTED], None, why[i].reason, why[i].field or None)
        if i in why
        else EventReceipt(i, STATUSES[status[i]], event_ids[i])
        for i in indexes
    ]
