"""Which silence forbids to tell of an alert."""

from collections.abc import Iterable

from tutorpulse.store.state.outbox import Waiting
from tutorpulse.store.state.silences import SilenceRow


def silenced(item: Waiting, silences: Iterable[SilenceRow], now_us: int) -> bool:
    """Whether any silence that lasts now covers the alert."""
    return any(
        row.from_us <= now_us < row.until_us
        and row.rule in (None, item.rule)
        and (
            row.entity_type is None or (row.entity_type, row.entity_id) == (item.entity_type, item.entity_id)
        )
        for row in silences
    )
