"""What broke the contract, and what could not be taken at all: kept whole."""

from collections.abc import Iterable

from tutorpulse.aws import keys
from tutorpulse.aws.table import Items
from tutorpulse.events.batch import Reject
from tutorpulse.store.rejects import reject_id


def keep(table: Items, rejects: Iterable[Reject]) -> int:
    """Keep rejects that are not known yet; the same content from the same source is one. Returns how many are new."""
    return sum(table.put_new(_item(reject)) is None for reject in rejects)


def _item(reject: Reject) -> dict[str, object]:
    return {
        "entity_id": f"reject#{reject_id(reject)}",
        "entity_type": keys.REJECT,
        "timestamp": keys.stamp(reject.received_us),
        "raw": reject.raw,
        "reason": reject.reason,
        "field": reject.field,
        "source": reject.source,
        "place": reject.place,
    }
