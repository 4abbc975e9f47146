"""Tells the log what operators did, so that features, training and history know of it."""

from typing import Any

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.errors import InputError
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.store.log import EventStore

_SOURCE = "worklist"


def tell_log(store: EventStore, event_type: str, event_id: str, at_us: int, **payload: Any) -> None:
    """Append one event of `at_us`; one whose id is known adds nothing. Fields that are None are left out.

    Raises:
        InputError: the contract refuses it.
    """
    event = {
        "event_id": event_id,
        "event_type": event_type,
        "timestamp": format_time(at_us),
        "payload": {name: value for name, value in payload.items() if value is not None},
    }
    batch = decode_lines(msgspec.json.encode(event), Arrival(now_us=at_us, source=_SOURCE))
    if batch.rejects:
        raise InputError(f"The log does not take it: {batch.rejects[0].reason}. Correct it and try again.")
    store.append(batch)
