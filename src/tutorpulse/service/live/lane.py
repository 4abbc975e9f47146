"""One kind of entity, kept fresh: those with new events first, then what was asked for, then everybody in turn."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from time import monotonic

import numpy as np

from tutorpulse.clock import HOUR_US, MINUTE_US, midnight_before
from tutorpulse.errors import ModelError, TutorpulseError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.live import touching
from tutorpulse.service.live.budget import Budget
from tutorpulse.service.live.figures import LaneFigures
from tutorpulse.service.live.marks import Marks
from tutorpulse.service.live.models import Models
from tutorpulse.service.live.rescoring import Rescoring
from tutorpulse.service.live.roster import Roster
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.served import CATALOG
from tutorpulse.settings import Settings
from tutorpulse.store.state import State


@dataclass(frozen=True)
class Limits:
    """How many entities are scored at once.

    A query for a few costs nearly as much as one for many, so `beside` those with new events (up to `marked`) some are scored
    whose turn it is: at most so many, or one for every `marked_for_one` with events, for each costs them as much as one of
    their own. `in_passing`, on their own, are so many as need not keep anybody with new events waiting for long; `whole`
    is the step of a whole refresh that somebody asked for, those with new events among them.
    """

    marked: int = 3_000
    beside: int = 20
    marked_for_one: int = 40
    in_passing: int = 1_000
    whole: int = 20_000

    def with_events(self, at_once: int) -> int:
        """How many of those with new events a look takes: so many that with those beside them there are no more than `at_once`, but one at least."""
        beside = max(self.beside, at_once // (self.marked_for_one + 1))
        return max(1, min(self.marked, at_once - beside))


DEFAULT_LIMITS = Limits()

STOPPING = "The service is stopping. Refresh again when it is back."

_STEP_ENDS_S = 0.2
"""How long an end waits for a step that may be past its own look at whether it is the end."""

IMPORTED_US = HOUR_US
"""Events that were received longer ago come from an import: nobody has waited for them since."""


class Lane:
    """Refreshes the entities of one kind step by step. One thread at a time steps; its state is its own.

    Everybody whom an event touches is scored at once. In passing, beside those or within a share of the time: everybody whose
    last look is older than `refresh_every_minutes` or before the last midnight, as populations are of that midnight; then
    the students of touched tutors, whose values they read; then everybody, when a population or the model changed.
    """

    def __init__(
        self,
        pulse: Pulse,
        kind: EntityType,
        models: Models,
        limits: Limits = DEFAULT_LIMITS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self.kind = kind
        self.guard = threading.RLock()
        self.wake = threading.Event()
        self.roster = Roster(kind, len(CATALOG[kind]))
        self.figures = LaneFigures()
        self.in_passing = Marks()
        self.readers: Lane | None = None
        self.passed: Callable[[State], None] | None = None
        self._pulse, self._models, self._limits, self._seconds = pulse, models, limits, seconds
        self._rescoring = Rescoring(pulse, kind, self.roster, self.figures)
        self._budget = Budget(pulse.settings.refresh_background_percent, seconds)
        self._marks = Marks()
        self._asked: dict[str, None] = {}
        self._askers: list[Future[None]] = []
        self._scorer: Scorer | None = None
        self._passing = False
        self._called = False
        self._paid = False
        self._seq = -1
        self._ended: str | None = None

    def open(self) -> None:
        """Note how far the log has come: whoever is in it by now is looked at in passing, whom later events touch at once."""
        with self.guard:
            self._seq = touching.newest_seq(self._pulse.store)
            self._paid = touching.has_payments(self._pulse.store)

    def adopt(self, settings: Settings) -> None:
        """Judge by other settings from now on; everybody is judged anew in passing."""
        with self.guard:
            self._pulse = replace(self._pulse, settings=settings)
            self._rescoring.adopt(settings)
            self.in_passing.add(self.roster.ids, self._pulse.clock.now_us())
        self.wake.set()

    def ask_whole(self) -> "Future[None]":
        """Have everybody who is known scored soon, whatever share of the time it takes; done when they are."""
        done: Future[None] = Future()
        with self.guard:
            if self._ended is not None:
                done.set_exception(TutorpulseError(self._ended))
                return done
            self._call_the_roll()
            self._asked = dict.fromkeys(self.roster.ids)
            self._askers.append(done)
        self.wake.set()
        return done

    def step(self, hurry: bool = False) -> bool:
        """Do what is most urgent; in a `hurry` whatever share of the time it takes.

        Returns:
            False: there is nothing to do now, or there is no model to do it with.

        Raises:
            HomeBusyError: somebody else wrote to the state for too long; who was marked stays so.
        """
        with self.guard:
            self._call_the_roll()
            self._look()
            scorer = self._scorer_in_force()
            worked = scorer is not None and self._ended is None and self._work(scorer, hurry)
            self._note_waiting()
            if self._ended is not None:
                self._end_asking(TutorpulseError(self._ended))
            return worked

    @property
    def rows_written(self) -> int:
        """How many rows of the state this lane has written, for its own thread to ask."""
        return self._pulse.state.rows_written

    @property
    def wait_s(self) -> float | None:
        """Seconds until there is something to do in passing; None where nothing is known to be."""
        with self.guard:
            waiting = self._scorer is not None and (self.in_passing or self._due(1))
            return self._budget.wait_s if waiting else None

    def stop(self, why: str = STOPPING) -> None:
        """A step under way looks at nobody whom it did not begin with, and whoever asks for a whole refresh from now on learns why."""
        self._ended = why

    def close(self, why: str = STOPPING) -> None:
        """As `stop`, and whoever asked before learns it too: from a step that is still under way at its end, for nobody waits for that."""
        self.stop(why)
        if self.guard.acquire(timeout=_STEP_ENDS_S):
            try:
                self._end_asking(TutorpulseError(why))
            finally:
                self.guard.release()

    def forget(self, entity_id: str) -> None:
        """Nothing is known of this entity any more."""
        with self.guard:
            self.roster.forget(entity_id)
            self._marks.discard([entity_id])
            self.in_passing.discard([entity_id])
            self._asked.pop(entity_id, None)

    def _work(self, scorer: Scorer, hurry: bool) -> bool:
        marked = self._marks.take(self._limits.with_events(self._rescoring.at_once))
        if marked:
            self._for_events(scorer, marked)
        elif self._askers:
            self._as_asked(scorer)
        else:
            return (hurry or self._budget.wait_s == 0) and self._pass(scorer)
        return True

    def _call_the_roll(self) -> None:
        """Learn who is there, once."""
        if not self._called:
            self.roster.add(self._pulse.store.entity_ids(self.kind).tolist())
            self._called = True

    def _look(self) -> None:
        """Mark whom the events since the last look touch. Events of an import wait since they are readable."""
        found = touching.touched(self._pulse.store, self.kind, self._seq)
        if found.first_received_us is None:
            return
        now_us = self._pulse.clock.now_us()
        self._marks.put(
            {who: us if us > now_us - IMPORTED_US else now_us for who, us in found.since_us.items()}
        )
        self._seq = found.seq
        if touching.reaches_population(found, now_us) or self._first_payment():
            self.in_passing.add(self.roster.ids, now_us)

    def _first_payment(self) -> bool:
        """Whether the log has its first payment since the last look: until then students' sessions counted as such."""
        before, self._paid = self._paid, self._paid or touching.has_payments(self._pulse.store)
        return self.kind == "student" and self._paid and not before

    def _scorer_in_force(self) -> Scorer | None:
        in_force = self._models.in_force()
        if in_force.scorer is None:
            self._pulse.state.predictions.mark_stale(self.kind)
            self._end_asking(ModelError(f"Nothing can be refreshed. {in_force.problem}"))
        elif in_force.scorer is not self._scorer:
            if self._scorer is not None:
                self.in_passing.add(self.roster.ids, self._pulse.clock.now_us())
            self._scorer = in_force.scorer
        return in_force.scorer

    def _for_events(self, scorer: Scorer, marked: dict[str, int]) -> None:
        limit = max(self._limits.beside, len(marked) // self._limits.marked_for_one)
        turn = self._next_asked() if self._askers else self._next(limit)
        beside = [who for who in turn if who not in marked]
        self.in_passing.discard(marked)
        began_s = self._seconds()
        try:
            now_us = self._rescoring.rescore(scorer, [*marked, *beside])
        except BaseException:
            self._marks.put(marked)
            self.in_passing.add([*marked, *beside], self._pulse.clock.now_us())
            raise
        self.figures.for_events(np.array(list(marked.values())), now_us, self._seconds() - began_s)
        self.figures.in_passing(len(beside))
        self._passing |= bool(beside)
        self._tell_readers(marked, now_us)
        self._note_asked([*marked, *beside])
        self._end_asked(scorer)

    def _tell_readers(self, ids: Iterable[str], now_us: int) -> None:
        if self.readers is not None:
            students = touching.students_of(self._pulse.store, ids, now_us)
            self.readers.in_passing.add(students, now_us)
            self.readers.wake.set()

    def _as_asked(self, scorer: Scorer) -> None:
        ids = self._next_asked()
        if ids:
            self._in_passing(scorer, ids)
        self._note_asked(ids)
        self._end_asked(scorer)

    def _next_asked(self) -> list[str]:
        ids = list(islice(self._asked, self._limits.whole))
        self.in_passing.discard(ids)
        return ids

    def _note_asked(self, scored: Iterable[str]) -> None:
        """Whoever was scored since it was asked for, for whatever reason, need not be scored for it again."""
        for who in scored:
            self._asked.pop(who, None)

    def _end_asked(self, scorer: Scorer) -> None:
        if self._askers and not self._asked:
            self._end_pass(scorer)
            self._end_asking(None)

    def _end_asking(self, error: TutorpulseError | None) -> None:
        askers, self._askers, self._asked = self._askers, [], {}
        for asker in askers:
            if error is None:
                asker.set_result(None)
            else:
                asker.set_exception(error)

    def _pass(self, scorer: Scorer) -> bool:
        ids = self._next(self._limits.in_passing)
        if ids:
            self._budget.spent(self._in_passing(scorer, ids))
        elif self._passing or self._rescoring.has_grown():
            self._end_pass(scorer)
        return bool(ids)

    def _next(self, limit: int) -> list[str]:
        """Whose turn it is, no longer marked."""
        ids = self._due(limit)
        self.in_passing.discard(ids)
        return ids or list(self.in_passing.take(limit))

    def _in_passing(self, scorer: Scorer, ids: Sequence[str]) -> float:
        """Score these, and say how many seconds it took."""
        began_s = self._seconds()
        self._passing = True
        try:
            self._rescoring.rescore(scorer, ids)
        except BaseException:
            self.in_passing.add(ids, self._pulse.clock.now_us())
            raise
        self.figures.in_passing(len(ids))
        return self._seconds() - began_s

    def _end_pass(self, scorer: Scorer) -> None:
        self._rescoring.measure(scorer)
        self._passing = False
        self.figures.passes += 1
        if self.passed is not None:
            self.passed(self._pulse.state)

    def _due(self, limit: int) -> list[str]:
        now_us = self._pulse.clock.now_us()
        every_us = int(self._pulse.settings.refresh_every_minutes * MINUTE_US)
        return self.roster.due(max(now_us - every_us, midnight_before(now_us)), limit)

    def _note_waiting(self) -> None:
        figures = self.figures
        figures.known, figures.marked = len(self.roster), len(self._marks)
        figures.waiting_in_passing = len(self.in_passing)
        figures.oldest_mark_us = self._marks.oldest_us()
