"""The live door of the log: bodies in from many threads, acknowledged as soon as they are durable.

take -> queue -> [ingest thread: decode, decide, journal, one sync] -> acknowledged -> [apply thread, or who looks: into the database] -> readable

What waits in the queue is decided and made durable together, so the slower the disk, the larger the groups. Where several large ones come, a process of its own
(`beside`) decodes the next while this one is made durable. The database takes large steps, because small ones cost it most, and in a flood it waits for its end, while the journal has room; a step in progress, a checkpoint or a long import delays what is readable, never an acknowledgement.
"""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from typing import NamedTuple

import duckdb

from tutorpulse.clock import HOUR_US
from tutorpulse.errors import NotDurableError, QueueFullError, UnavailableError
from tutorpulse.priority import in_turns
from tutorpulse.store.admission import Claim
from tutorpulse.store.backlog import Backlog
from tutorpulse.store.beside import Beside
from tutorpulse.store.bodies import Body, Decoded, Group, Taken, answers, decode
from tutorpulse.store.livestats import (
    DEFAULT_LIMITS,
    OTHER_REASONS,
    REASONS,
    Limits,
    LiveStats,
    Totals,
)
from tutorpulse.store.log import EventStore
from tutorpulse.store.outline import Batch
from tutorpulse.store.pressure import Pressure
from tutorpulse.store.recovery import left_behind

__all__ = ["Limits", "LiveLog", "LiveStats"]

_RETRY_S = 1.0
_OTHERS_WRITE_S = 0.1
_BESIDE_AFTER_S = 3.0
"""A service starts the process beside it so long after its own start, once nothing waits: a flood that comes later finds it ready."""
_BULK_SHARE = 0.05
"""Of the ingest thread's time; a lone body of a thousand events takes less."""
_FLOOD_LOOK_S = 0.1
"""How soon the end of a flood is noticed."""
_LARGE_BYTES = 1 << 16
"""A smaller group is decoded sooner than another process would be awake to do it, and keeps nobody waiting for the interpreter."""
_Waiting = tuple[Body, "Future[Taken]"]


class _Arrival(NamedTuple):
    """A group taken from the queue, and who waits for what becomes of its bodies."""

    group: Group
    waiting: list[_Waiting]
    is_large: bool
    taken_s: float


class LiveLog:
    """The door of one store; close it before the store.

    `on_applied` is called when new events are readable, those of imports and replays into the same store included: by the thread that wrote
    them, so it should only note it down.
    """

    def __init__(
        self,
        store: EventStore,
        on_applied: Callable[[], None] = lambda: None,
        limits: Limits = DEFAULT_LIMITS,
        future_tolerance_us: int = 24 * HOUR_US,
        beside: Beside | None = None,
    ) -> None:
        self._store = store
        self._limits = limits
        self._future_tolerance_us = future_tolerance_us
        self._queue: deque[_Waiting] = deque()
        self._queue_bytes = 0
        self._closing = False
        # One lock, and a condition for each thread: to wake both for each body cost more than to write the events.
        self._guard = threading.RLock()
        self._to_take = threading.Condition(self._guard)
        self._to_write = threading.Condition(self._guard)
        self._beside = beside
        left = left_behind(store, store.journal_path)
        self._backlog = Backlog(store.journal_path, store.admission, left)
        self._pressure = Pressure()
        self._opened_s = self._stepped_s = time.monotonic()
        self._pressed_s = -math.inf
        self._is_over = False
        self._totals = Totals()
        self._rejected: Counter[str] = Counter()
        store.checkpoint_every(limits.checkpoint_mb)
        store.drain = self._drain
        store.on_written = on_applied
        self._ingester = threading.Thread(target=self._ingest, name="ingest", daemon=True)
        self._applier = threading.Thread(target=self._apply, name="apply", daemon=True)
        self._ingester.start()
        self._applier.start()

    def take(self, body: Body) -> "Future[Taken]":
        """Take a body; the future's result, once all of it is durable, says what became of each event.

        The future raises NotDurableError where the disk took nothing; the sender may send the body again.

        Raises:
            QueueFullError: too much waits already.
            UnavailableError: the door is closed.
        """
        future: Future[Taken] = Future()
        # A sender who goes away does not undo what is on its way to the disk: from here on it cannot be cancelled.
        future.set_running_or_notify_cancel()
        with self._guard:
            self._check_open()
            if self._queue and (
                len(self._queue) >= self._limits.waiting_bodies
                or self._queue_bytes + len(body.raw) > self._limits.waiting_bytes
            ):
                raise QueueFullError(
                    f"{len(self._queue)} bodies of {self._queue_bytes} bytes wait to be taken. Try again in a second."
                )
            self._queue.append((body, future))
            self._queue_bytes += len(body.raw)
            self._to_take.notify()
        return future

    def _check_open(self) -> None:
        if self._closing:
            raise UnavailableError("The service takes no more events: it is stopping. Try again in a minute.")
        if not self._ingester.is_alive():
            raise UnavailableError(
                "The service takes no more events after a fault. Restart it; its log says what happened."
            )

    def flush(self, timeout_s: float) -> None:
        """Make readable all that was acknowledged before.

        Raises:
            UnavailableError: others wrote to the log for all of `timeout_s` seconds.
        """
        self._flush(timeout_s)

    def _flush(self, timeout_s: float, settle: bool = False) -> None:
        with self._store.writing(timeout_s):
            is_news = self._write(settle)
        if is_news:
            self._store.on_written()

    def _drain(self) -> None:
        if self._write():
            self._store.on_written()

    def bring_in(self) -> None:
        """Make readable what waits, with sessions settled, for whoever is about to look; nothing is done where another has been writing for a moment.

        What the database refuses waits for the next step, as any other does.
        """
        if not self.has_waiting:
            return
        with suppress(UnavailableError):
            self._try_step(_OTHERS_WRITE_S, settle=True)

    def stats(self) -> LiveStats:
        """How it goes."""
        totals = self._totals
        return LiveStats(
            waiting_bodies=len(self._queue),
            waiting_bytes=self._queue_bytes,
            accepted=totals.accepted,
            duplicate=totals.duplicate,
            rejected=dict(self._rejected),
            refused_bodies=totals.refused_bodies,
            groups=totals.groups,
            sync_s=totals.sync_s,
            journal_events=self._backlog.events,
            journal_bytes=self._backlog.bytes,
            steps=totals.steps,
            lag_s=totals.lag_s,
            failure=totals.failure,
        )

    @property
    def is_behind(self) -> bool:
        """Whether many events wait for the database, or did a moment ago: what else works in this process had better wait for it.

        In a flood each step leaves a moment in which few wait; work that begins in it holds up the next ones.
        """
        now_s = time.monotonic()
        is_pressed = self._many_wait or now_s - self._pressed_s < self._limits.calm_s
        return is_pressed or self._is_flood(now_s) or self._bulk_rest_s(now_s) > 0

    @property
    def _many_wait(self) -> bool:
        return self._backlog.events >= self._limits.behind_events

    @property
    def has_waiting(self) -> bool:
        """Whether anything was acknowledged that no step has taken yet, nor is left for a moment to see whether it is a flood."""
        now_s = time.monotonic()
        return self._backlog.since_s is not None and self._bulk_rest_s(now_s) <= 0

    @property
    def bodies(self) -> int:
        """How many bodies were answered since opening."""
        return self._totals.bodies

    def close(self, timeout_s: float) -> None:
        """Take no more, acknowledge what waits, bring all of it into the database.

        What that takes longer than `timeout_s` seconds stays in the journal, and the next opening of the home brings it in.
        """
        until = time.monotonic() + timeout_s
        with self._guard:
            self._closing = True
            self._to_take.notify()
            self._to_write.notify()
        for thread in (self._ingester, self._applier):
            thread.join(max(0.0, until - time.monotonic()))
        self._is_over = True
        if not self._ingester.is_alive() and not self._applier.is_alive():
            self._backlog.close()

    # The ingest thread

    def _ingest(self) -> None:
        arrived: _Arrival | None = None
        away: _Arrival | None = None
        try:
            while (arrived := self._next_group(wait=away is None)) or away:
                # What another process is to decode is handed over before the group before it is done with.
                sent = self._send(arrived, others=away is not None)
                if away:
                    received = self._received(away.group)
                    # It has read by now what was sent before.
                    sent = sent or self._send(arrived, others=True)
                    self._decide(away, received)
                away = sent
                if arrived and not sent:
                    self._decide(arrived, self._decoded(arrived))
        except BaseException as error:
            # A fault of ours. Nobody is left waiting for an answer, and nothing more is taken.
            self._totals.failure = f"The taking of events ended: {error!r}"
            with self._guard:
                left = list(self._queue)
                self._queue.clear()
            held = [waiting for some in (away, arrived) if some for waiting in some.waiting]
            self._refuse([*held, *left], error)
            raise
        finally:
            if self._beside:
                self._beside.close()

    def _next_group(self, wait: bool) -> _Arrival | None:
        """What waits, up to a group's size; None where nothing does: unless told to wait, or when closing."""
        if wait:
            self._wait_for_bodies()
        with self._guard:
            if not self._queue or not (self._closing or self._has_room()):
                return None
            some: list[_Waiting] = []
            size = 0
            while self._queue and (not some or size + len(self._queue[0][0].raw) <= self._limits.group_bytes):
                some.append(self._queue.popleft())
                size += len(some[-1][0].raw)
            self._queue_bytes -= size
        group = Group(tuple(body for body, _ in some), self._future_tolerance_us)
        return _Arrival(group, some, size >= _LARGE_BYTES, time.monotonic())

    def _wait_for_bodies(self) -> None:
        if self._beside and not self._beside.pid:
            rest_s = self._opened_s + _BESIDE_AFTER_S - time.monotonic()
            with self._guard:
                if self._to_take.wait_for(self._can_take, max(0.0, rest_s)):
                    return
            self._beside.is_ready()
        with self._guard:
            self._to_take.wait_for(self._can_take)

    def _can_take(self) -> bool:
        return self._closing or (bool(self._queue) and self._has_room())

    def _has_room(self) -> bool:
        return self._backlog.bytes < self._limits.journal_bytes

    def _send(self, arrival: _Arrival | None, others: bool) -> _Arrival | None:
        """Have another process decode a large group, where others come meanwhile. The group; None where it is not worth that, or none can now."""
        if self._beside is None or arrival is None or not arrival.is_large or not (others or self._queue):
            return None
        return arrival if self._beside.is_ready() and self._beside.send(arrival.group) else None

    def _received(self, group: Group) -> Decoded[Batch]:
        """What was sent, decoded: here, where the other process ended meanwhile."""
        return (self._beside and self._beside.receive()) or decode(group)

    def _decoded(self, arrival: _Arrival) -> Decoded[Batch]:
        with in_turns() if arrival.is_large else nullcontext():
            return decode(arrival.group)

    def _decide(self, arrival: _Arrival, decoded: Decoded[Batch]) -> None:
        group, waiting = arrival.group, arrival.waiting
        try:
            claim = self._store.claim(decoded.batch)
        except (OSError, duckdb.Error) as error:
            self._refuse(waiting, error)
            return
        try:
            self._make_durable(group, claim)
        except BaseException as error:
            # Who meets an unsure claim waits for it.
            self._store.admission.withdraw(claim)
            if not isinstance(error, OSError):
                raise
            self._refuse(waiting, error)
            return
        if arrival.is_large:
            self._pressure.worked(arrival.taken_s, time.monotonic())
        taken = answers(decoded, claim)
        self._count(decoded, claim)
        for (_, future), answer in zip(waiting, taken, strict=True):
            future.set_result(answer)

    def _make_durable(self, group: Group, claim: Claim) -> None:
        admission = self._store.admission
        if not claim.size and not claim.batch.rejects:
            admission.withdraw(claim)
            return
        began_s, is_first = time.monotonic(), self._backlog.since_s is None
        self._backlog.append(group, claim, began_s)
        ended_s = time.monotonic()
        self._totals.sync_s = ended_s - began_s
        if self._many_wait:
            self._pressed_s = began_s
        if is_first or self._is_due(ended_s):
            with self._guard:
                self._to_write.notify()

    def _refuse(self, waiting: Sequence[_Waiting], error: BaseException) -> None:
        said, left = _first_line(error), [future for _, future in waiting if not future.done()]
        self._totals.refused_bodies += len(left)
        for future in left:
            future.set_exception(
                NotDurableError(
                    f"The events could not be written: {said}. Nothing was taken; try again later."
                )
            )

    def _count(self, decoded: Decoded[Batch], claim: Claim) -> None:
        self._totals.groups += 1
        self._totals.bodies += len(decoded.starts) - 1
        self._totals.accepted += claim.size
        self._totals.duplicate += len(claim.new) - claim.size
        for reject in decoded.batch.rejects:
            known = reject.reason in self._rejected or len(self._rejected) < REASONS
            self._rejected[reject.reason if known else OTHER_REASONS] += 1

    # The apply thread

    def _apply(self) -> None:
        try:
            while self._wait_for_step():
                if not self._try_step(-1.0) and self._is_closing_after(_RETRY_S):
                    return
        except BaseException as error:
            self._totals.failure = f"The steps into the database ended: {error!r}"
            raise

    def _try_step(self, timeout_s: float, settle: bool = False) -> bool:
        try:
            self._flush(timeout_s, settle)
        except (OSError, duckdb.Error) as error:
            self._totals.failure = _first_line(error)
            return False
        if self._ingester.is_alive():
            self._totals.failure = None
        return True

    def _is_closing_after(self, seconds: float) -> bool:
        with self._guard:
            return self._to_write.wait_for(lambda: self._closing, seconds)

    def _wait_for_step(self) -> bool:
        """Until a step is due; false when closing and nothing is left, or there is no time for it."""
        with self._guard:
            self._to_write.wait_for(lambda: self._closing or not self._backlog.is_empty)
            # An event that comes after a quiet while waits for nobody; those that follow are taken together.
            while not self._closing and (rest_s := self._rest_s(time.monotonic())) > 0:
                # Whoever looked meanwhile brought in what there was.
                self._to_write.wait(rest_s)
        if self._closing:
            self._ingester.join()
        return not (self._closing and (self._is_over or self._backlog.is_empty))

    def _rest_s(self, now_s: float) -> float:
        """How long to wait at most before asking again whether a step is due; 0 where it is."""
        if self._is_due(now_s):
            return 0.0
        if self._is_flood(now_s):
            return _FLOOD_LOOK_S
        return max(0.0, self._stepped_s + self._limits.step_s - now_s, self._bulk_rest_s(now_s))

    def _bulk_rest_s(self, now_s: float) -> float:
        """How long to wait at most to see whether large groups that came after a quiet while are a flood; none came where it is not above 0."""
        since_s = self._backlog.since_s
        if since_s is None or not self._pressure.share(now_s) > _BULK_SHARE:
            return 0.0
        return since_s + self._limits.bulk_s - now_s

    def _is_due(self, now_s: float) -> bool:
        """Whether so much waits that a step is due before its time."""
        if not self._is_flood(now_s):
            return self._backlog.events >= self._limits.step_events
        waits_s = now_s - (self._backlog.since_s or now_s)
        return self._backlog.bytes >= self._limits.journal_bytes / 2 or waits_s >= self._limits.flood_s

    def _is_flood(self, now_s: float) -> bool:
        return self._pressure.share(now_s) > self._limits.flood_share

    def _write(self, settle: bool = False) -> bool:
        """Write what is journaled, what an earlier step could not before the rest. Whether new events are readable by that."""
        with self._store.writing():
            was_news = self._write_sealed(settle)
            self._backlog.seal()
            return self._write_sealed(settle) or was_news

    def _write_sealed(self, settle: bool) -> bool:
        is_news = False
        while not self._is_over and (segment := self._backlog.take()) is not None:
            self._store.write(segment.generation, settle)
            is_news |= segment.generation.size > 0
            self._backlog.done(segment)
            self._stepped_s = time.monotonic()
            self._totals.lag_s = self._stepped_s - segment.since_s
            self._totals.steps += 1
            with self._guard:
                self._to_take.notify()
        return is_news


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or repr(error)
