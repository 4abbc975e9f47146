"""What a sender of events is told."""

from collections.abc import Sequence

import msgspec

from tutorpulse.store.bodies import Taken
from tutorpulse.store.receipts import REJECTED, STATUSES


class EventReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one event: its place in the body (from 0), its id if it has one, and why it was rejected.

    `field` is the dotted path of what is wrong, absent where it is the event as a whole.
    """

    index: int
    status: str
    event_id: str | None = None
    reason: str | None = None
    field: str | None = None


class PostReceipt(msgspec.Struct, frozen=True):
    """What became of a body. What is accepted is on disk; duplicates were there before; rejects are kept, to be replayed.

    `events` holds, in the order of the body, those that were not accepted; with `?detail=all` every one.
    """

    accepted: int
    duplicate: int
    rejected: int
    events: list[EventReceipt]


class Ingested(msgspec.Struct, frozen=True):
    """What `POST /ingest` answers: accepted, duplicate or rejected, the event's id if it has one, and why."""

    status: str
    event_id: str | None
    message: str


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
