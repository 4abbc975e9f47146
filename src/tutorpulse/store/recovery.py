"""What a service acknowledged before it died, brought from the journal into the log: at once, or by the door of the next service."""

from functools import partial
from pathlib import Path
from time import monotonic
from typing import Protocol

from tutorpulse.events.batch import EventBatch
from tutorpulse.store.admission import Admission, Claim, Generation, claimed
from tutorpulse.store.backlog import Segment
from tutorpulse.store.bodies import decode
from tutorpulse.store.journal import read_ids, read_segment, segments

STEP_EVENTS = 200_000
"""Events written at once: few writes are fast, and this many take some 200 MB."""


class Writable(Protocol):
    """What a recovery needs of the store."""

    admission: Admission

    def claim(self, batch: EventBatch) -> Claim:
        """Decide about a batch."""
        ...

    def write(self, generation: Generation) -> None:
        """Put decided events into the database."""
        ...

    def catch_up(self) -> None:
        """Make sure that every id of the database is known."""
        ...


def recover(store: Writable, folder: Path) -> None:
    """Write every group that the folder's segments hold, and remove these. Events that are in the log already are duplicates.

    Raises:
        HomeError: a segment is of another version.
    """
    left = segments(folder)
    waiting = 0
    for path in left:
        for group in read_segment(path):
            claim = store.claim(decode(group).batch)
            store.admission.confirm(claim)
            waiting += claim.size
            if waiting >= STEP_EVENTS:
                store.write(store.admission.next_generation())
                waiting = 0
    if left:
        store.write(store.admission.next_generation())
    for path in left:
        path.unlink()


def left_behind(store: Writable, folder: Path) -> list[Segment]:
    """What the folder's segments hold, oldest first: known as acknowledged from now on, and read when it is written.

    So a service takes events again before the last one's are in the database. Segments that do not tell their ids are brought in at once.

    Raises:
        HomeError: a segment is of another version.
    """
    found = [(path, read_ids(path)) for path in segments(folder)]
    told = [(path, ids) for path, ids in found if ids is not None]
    if len(told) < len(found):
        recover(store, folder)
        return []
    # Else the first claim would: after whoever writes these, and with its sender waiting, .1 s for ten million ids (a one-off look).
    store.catch_up()
    now_s = monotonic()
    return [
        Segment(
            int(path.stem),
            store.admission.expect(ids, partial(_claims, path)),
            len(ids),
            path.stat().st_size,
            now_s,
        )
        for path, ids in told
    ]


def _claims(path: Path) -> list[Claim]:
    return [claimed(decode(record).batch, record.new) for record in read_segment(path)]
