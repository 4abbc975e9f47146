"""What a service acknowledged before it died, brought from the journal into the log."""

from pathlib import Path
from typing import Protocol

from tutorpulse.events.batch import EventBatch
from tutorpulse.store.admission import Admission, Claim, Generation
from tutorpulse.store.bodies import decode
from tutorpulse.store.journal import read_segment, segments

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
