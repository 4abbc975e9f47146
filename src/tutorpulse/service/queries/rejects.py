"""Rejects: pages of them, and another try."""

from dataclasses import replace
from typing import Protocol

import msgspec

from tutorpulse.clock import format_time
from tutorpulse.service.importing import ImportOptions
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.shapes import RejectList, Replayed, ReplayRequest, ShownReject, StillRejected
from tutorpulse.service.replaying import raw_value, replay
from tutorpulse.service.root import Pulse
from tutorpulse.store.rejects import State, StoredReject

TRIED_AT_ONCE = 10_000
"""How many open rejects one request without names tries."""


class _Rejects(Protocol):
    def rejects(
        self, state: State | None = "open", limit: int | None = None, offset: int = 0
    ) -> list[StoredReject]:
        """See `EventStore.rejects`."""
        ...


def listed(store: _Rejects, state: State, cursor: str | None, limit: int) -> RejectList:
    """A page. Rejects whose state changes while pages are turned shift what follows.

    Raises:
        InputError: the cursor is none of this list.
    """
    offset = max(cursors.decode(cursor, int), 0) if cursor else 0
    found = store.rejects(state, limit + 1, offset)
    following = cursors.encode(offset + limit) if len(found) > limit else None
    return RejectList([_shown(reject) for reject in found[:limit]], following)


def _shown(reject: StoredReject) -> ShownReject:
    return ShownReject(
        reject_id=reject.reject_id,
        state=reject.state,
        reason=reject.reason,
        field=reject.field,
        source=reject.source,
        place=reject.place,
        received=format_time(reject.received_us),
        event=raw_value(reject.raw),
    )


def replayed(pulse: Pulse, wanted: ReplayRequest) -> Replayed:
    """Try the rejects that are named, corrected where an event is given; without names the open ones, 10,000 at most.

    Raises:
        UnknownEntityError: a reject is not known.
    """
    if wanted.rejects is None:
        tried = pulse.store.rejects("open", TRIED_AT_ONCE)
    else:
        tried = [_corrected(pulse.store.reject(one.reject_id), one.event) for one in wanted.rejects]
    options = ImportOptions(pulse.clock.now_us(), "now", pulse.settings.future_tolerance_hours)
    report = replay(pulse.store, tried, options)
    still = tuple(StillRejected(r.source, r.place, r.reason, r.field) for r in report.rejects)
    return Replayed(report.tried, report.replayed, still)


def _corrected(reject: StoredReject, event: msgspec.Raw | msgspec.UnsetType) -> StoredReject:
    return reject if isinstance(event, msgspec.UnsetType) else replace(reject, raw=bytes(event))
