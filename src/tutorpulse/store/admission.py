"""The one place that decides which events are new: against the index of the log, and against what is on its way there.

An arrival is decided as a claim. Until it is durable (in the log's database, or in the journal of the live door) the claim is
unsure: nobody else may call its events duplicates, because it may still fail. Whoever meets an unsure id waits until it is sure.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.store import identities
from tutorpulse.store.database import Database
from tutorpulse.store.digests import Digests, SortedParts, concatenate, contained, first_of_each
from tutorpulse.store.index import IdIndex
from tutorpulse.store.outline import Batch, Outline, digests_of
from tutorpulse.store.receipts import ACCEPTED, DUPLICATE, REJECTED, Receipts


@dataclass(frozen=True, eq=False)
class Claim:
    """What was decided about a batch. The arrays have one item per valid event, in the order of `rows`.

    `position` is the event's place in the batch; `new` says that the log is to take it.
    """

    batch: Batch
    digests: Digests
    position: NDArray[np.int64]
    new: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """How many events the log is to take."""
        return int(self.new.sum())

    @property
    def new_digests(self) -> Digests:
        """The digests of those."""
        return self.digests if self.new.all() else self.digests[self.new]

    @property
    def is_whole(self) -> bool:
        """Whether the rows are there: of an outline they are still in the journal."""
        return isinstance(self.batch, EventBatch)

    @property
    def rows(self) -> tuple[TypeRows, ...]:
        """The batch's. Raises TypeError where they are not there."""
        if not isinstance(self.batch, EventBatch):
            raise TypeError("The rows of an outline are in the journal. Load the generation first.")
        return self.batch.rows

    def without_rows(self) -> "Claim":
        """The same, with its rows left in the journal."""
        return replace(self, batch=Outline.bare(self.batch.size, self.batch.rejects))

    def receipts(self) -> Receipts:
        """What became of each event of the batch."""
        status = np.full(self.batch.size, REJECTED, np.int8)
        status[self.position] = np.where(self.new, ACCEPTED, DUPLICATE)
        return Receipts(status)


@dataclass(frozen=True)
class _Undecided:
    batch: Batch
    digests: Digests
    position: NDArray[np.int64]
    first: NDArray[np.bool_]


@dataclass(eq=False)
class Generation:
    """Sure claims that go into the log's database together, in order. `tried`: an attempt to write them began, here or in a process that ended.

    `load` makes whole claims of them where some are not, or only their digests are known.
    """

    claims: list[Claim] = field(default_factory=list)
    digests: SortedParts = field(default_factory=SortedParts)
    tried: bool = False
    load: Callable[[], list[Claim]] | None = None

    @property
    def size(self) -> int:
        """How many events the log is to take."""
        return sum(claim.size for claim in self.claims)

    def add(self, claim: Claim) -> None:
        """Hold one more."""
        self.digests.add(claim.new_digests)
        self.claims.append(claim)


class Admission:
    """Decides about batches, for all threads. `index` holds the ids of the log's database, as soon as it caught up with it."""

    def __init__(self, index: IdIndex) -> None:
        self._index = index
        self._doubted = True
        self._changed = threading.Condition(threading.RLock())
        self._unsure: list[tuple[Claim, Digests]] = []
        self._on_their_way: list[Generation] = [Generation()]

    def claim(self, batch: Batch) -> Claim | None:
        """Decide about a batch: new is the first event of an id that neither the log nor a sure claim holds.

        Waits while an unsure claim holds one of its ids. The claim is unsure until `confirm`, `landed` or `withdraw`.
        None: the index must catch up first.
        """
        undecided = _undecided(batch)
        with self._changed:
            while self._meets_unsure(undecided.digests):
                self._changed.wait()
            if self._doubted:
                return None
            claim = self._decided(undecided)
            self._unsure.append((claim, claim.new_digests.sorted()))
            return claim

    def confirm(self, claim: Claim, keep_rows: bool = True) -> None:
        """It is durable, and goes into the database with the next generation, which holds its rows or knows where they are."""
        with self._changed:
            self._on_their_way[-1].add(claim if keep_rows else claim.without_rows())
            self._no_longer_unsure(claim)

    def withdraw(self, claim: Claim) -> None:
        """It could not be made durable: as if it had never been."""
        with self._changed:
            self._no_longer_unsure(claim)

    def next_generation(self) -> Generation:
        """All sure claims that are on their way and not in a generation handed out before."""
        with self._changed:
            generation = self._on_their_way[-1]
            generation.digests.join()
            self._on_their_way.append(Generation())
            return generation

    def expect(self, new: Digests, load: Callable[[], list[Claim]]) -> Generation:
        """A generation of another process's sure claims, of which the new ids are known; `begin` loads them. Later claims are decided against it."""
        generation = Generation(tried=True, load=load)
        generation.digests.add(new)
        with self._changed:
            self._on_their_way.insert(-1, generation)
        return generation

    def landed(self, generation: Generation, watermark: int) -> None:
        """The generation is in the database, which now reaches up to place `watermark`: the index takes its ids over."""
        new = concatenate([claim.new_digests for claim in generation.claims])
        if len(new):
            self._index.add(new, watermark)
        with self._changed:
            for claim in generation.claims:
                self._no_longer_unsure(claim)
            if generation in self._on_their_way:
                self._on_their_way.remove(generation)

    def doubt(self) -> None:
        """A write failed somewhere between database and index: nothing is decided until the index caught up."""
        with self._changed:
            self._doubted = True

    def catch_up(self, database: Database) -> int:
        """Make the index know exactly the ids of the database. Returns the next free place in the log."""
        with self._changed:
            next_seq = identities.catch_up(database, self._index)
            self._doubted = False
            return next_seq

    def begin(self, generation: Generation) -> None:
        """It is about to be written. If that was tried before, what the database has of it by now is taken from its claims: an
        attempt may have succeeded there and failed after it."""
        if generation.load is not None:
            generation.claims, generation.load = generation.load(), None
        if generation.tried:
            generation.claims[:] = [
                replace(claim, new=claim.new & ~self._index.contains(claim.digests))
                for claim in generation.claims
            ]
        generation.tried = True

    def _meets_unsure(self, digests: Digests) -> bool:
        return bool(self._unsure) and bool(contained([part for _, part in self._unsure], digests).any())

    def _decided(self, of: _Undecided) -> Claim:
        # Those on their way first: digests move from them to the index, never back.
        on_their_way = [part for generation in self._on_their_way for part in generation.digests.parts]
        known = contained([*on_their_way, *self._index.parts()], of.digests)
        return Claim(of.batch, of.digests, of.position, of.first & ~known)

    def _no_longer_unsure(self, claim: Claim) -> None:
        self._unsure = [(other, part) for other, part in self._unsure if other is not claim]
        self._changed.notify_all()


def _undecided(batch: Batch) -> _Undecided:
    digests, position = digests_of(batch)
    return _Undecided(batch, digests, position, first_of_each(digests, position))


def claimed(batch: EventBatch, new: Digests) -> Claim:
    """A batch of which it was decided that these ids are new."""
    of = _undecided(batch)
    return Claim(of.batch, of.digests, of.position, of.first & contained([new.sorted()], of.digests))
