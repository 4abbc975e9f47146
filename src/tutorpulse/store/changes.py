"""What came into the log since when, by the time at which it was received: for whoever keeps what was made of the log's past.

Told from memory by the one process that writes, so that to know that the past stayed as it was takes no query.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tutorpulse.clock import DAY_US
from tutorpulse.store.admission import Claim

_EVER = 0
"""The time of a change of all times: an erasure."""


class Changes:
    """One writes at a time; any thread asks."""

    def __init__(self) -> None:
        self.moment = 0
        """Another after each change, and while one is going on."""
        self._last: dict[int, int] = {}
        self._going: int | None = None

    @contextmanager
    def made(self, earliest_us: int = _EVER) -> Iterator[None]:
        """The log changes within the context, by events of which none was received earlier than that."""
        self._going = _midnight_from(earliest_us)
        self.moment += 1
        try:
            yield
        finally:
            self._last[self._going] = self.moment
            self._going = None
            self.moment += 1

    def until(self, received_us: int, moment: int) -> int | None:
        """A number that stays the same until the part of the log changes that was received by a time, or by the midnight after it.

        None: that part has changed, or has begun to, since that moment, or was changing then.
        """
        midnight, going = _midnight_from(received_us), self._going
        if going is not None and going <= midnight:
            return None
        last = max((last for earliest, last in list(self._last.items()) if earliest <= midnight), default=-1)
        return last if last < moment else None


def _midnight_from(us: int) -> int:
    """The number of the first midnight (UTC) at a time or after it: what was received by a midnight has that one or an earlier."""
    return -(-us // DAY_US)


def earliest_of(claims: Iterable[Claim]) -> int:
    """When the first event of these was received, in microseconds; that of what is not new counts as well."""
    return min(
        (int(rows.received_us.min()) for claim in claims for rows in claim.rows if len(rows.received_us)),
        default=_EVER,
    )
