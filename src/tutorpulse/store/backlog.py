"""What is durable in the journal and not in the database yet, by segments of a bounded size: each goes into the database as a whole, and then from the disk."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from tutorpulse.events.batch import EventBatch
from tutorpulse.store.admission import Admission, Claim, Generation, claimed
from tutorpulse.store.bodies import Group, decode
from tutorpulse.store.journal import Journal, Place, read_record

SEGMENT_BYTES = 32_000_000
"""Some 100,000 events: half a second of the database's work, during which nobody else writes."""
ROWS_BYTES = 8_000_000
"""While no more than so many bytes of bodies wait, their rows do so in memory, where they take four times as much. Those of the rest are read from the journal."""


@dataclass(frozen=True, eq=False)
class Segment:
    """One of the journal's, closed; `since_s` is when the first of its events was acknowledged, by the monotonic clock."""

    number: int
    generation: Generation
    events: int
    bytes: int
    since_s: float


class Backlog:
    """Of one door. Its threads append, seal and take by turns; the counts may be read at any time."""

    def __init__(self, folder: Path, admission: Admission, left: Iterable[Segment] = ()) -> None:
        self._journal = Journal(folder)
        self._admission = admission
        self._guard = threading.Lock()
        self._sealed = deque(left)
        self._in_hand: Segment | None = None
        self._events = self._bytes = 0
        self._places: list[Place] = []
        self._since_s: float | None = None
        self.events = sum(segment.events for segment in self._sealed)
        """In all."""
        self.bytes = sum(segment.bytes for segment in self._sealed)
        """In all, of bodies."""

    @property
    def since_s(self) -> float | None:
        """Since when the oldest waits that nobody has in hand; None where nothing does."""
        for segment in list(self._sealed):
            return segment.since_s
        return self._since_s

    @property
    def is_empty(self) -> bool:
        """Whether the database has all of it."""
        return self._in_hand is None and self.since_s is None

    def append(self, group: Group, claim: Claim, now_s: float) -> None:
        """Hold the group's new events; they are on disk when this returns.

        Raises:
            OSError: they are not; nothing is held.
        """
        size = sum(len(body.raw) for body in group.bodies)
        with self._guard:
            place = self._journal.append(group, claim.new_digests)
            self._places.append(place)
            self._admission.confirm(claim, claim.is_whole and self.bytes + size <= ROWS_BYTES)
            self._events, self._bytes = self._events + claim.size, self._bytes + size
            self._since_s = now_s if self._since_s is None else self._since_s
            self.events, self.bytes = self.events + claim.size, self.bytes + size
            if self._bytes >= SEGMENT_BYTES:
                self._seal()

    def seal(self) -> None:
        """End the segment that is being written, if it holds anything."""
        with self._guard:
            self._seal()

    def _seal(self) -> None:
        if self._since_s is None:
            return
        number, generation = self._journal.seal(), self._admission.next_generation()
        if not all(claim.is_whole for claim in generation.claims):
            generation.load = partial(_loaded, tuple(generation.claims), tuple(self._places))
        self._places = []
        self._sealed.append(Segment(number, generation, self._events, self._bytes, self._since_s))
        self._events, self._bytes, self._since_s = 0, 0, None

    def take(self) -> Segment | None:
        """The oldest sealed segment, the same one until it is `done`; None where there is none."""
        if self._in_hand is None and self._sealed:
            self._in_hand = self._sealed.popleft()
        return self._in_hand

    def done(self, segment: Segment) -> None:
        """The database has what was taken: remove it."""
        with self._guard:
            self._in_hand = None
            self.events, self.bytes = self.events - segment.events, self.bytes - segment.bytes
            self._journal.drop(segment.number)

    def close(self) -> None:
        """Write no more. What the database does not have stays for the next opening."""
        self._journal.close()


def _loaded(claims: Sequence[Claim], places: Sequence[Place]) -> list[Claim]:
    """The claims with their rows, from their places in the journal where they lack them."""
    return [
        claim if claim.is_whole else _with_rows(claim, decode(read_record(place)).batch)
        for claim, place in zip(claims, places, strict=True)
    ]


def _with_rows(claim: Claim, batch: EventBatch) -> Claim:
    places = np.concatenate([rows.position for rows in batch.rows]) if batch.rows else claim.position
    if np.array_equal(places, claim.position):
        return replace(claim, batch=batch)
    # The process that made the outline may be of a version that was installed since.
    return claimed(batch, claim.new_digests)
