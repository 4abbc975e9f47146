"""What a sender of events is told."""

from collections.abc import Sequence

from tutorpulse.service.queries.shapes import EventReceipt, PostReceipt
from tutorpulse.store.bodies import Taken
from tutorpulse.store.receipts import REJECTED, STATUSES


def receipt(taken: Taken, every: bool) -> PostReceipt:
    """Of one body: all its events, or only those that were not accepted."""
    rejected = taken.count("rejected")
    duplicate = taken.count("duplicate")
    indexes = range(len(taken)) if every else taken.status.nonzero()[0].tolist()
    return PostReceipt(len(taken) - rejected - duplicate, duplicate, rejected, _events(taken, indexes))


def _events(taken: Taken, indexes: Sequence[int]) -> list[EventReceipt]:
    if not len(indexes):
        return []
    why = {refused.index: refused for refused in taken.refused}
    status, event_ids = taken.status.tolist(), taken.event_ids.tolist()
    return [
        EventReceipt(i, STATUSES[REJECTED], None, why[i].reason, why[i].field or None)
        if i in why
        else EventReceipt(i, STATUSES[status[i]], event_ids[i])
        for i in indexes
    ]
