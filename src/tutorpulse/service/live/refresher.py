"""The refresher: a lane and a thread for each kind of entity."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from time import monotonic

from tutorpulse.errors import TutorpulseError
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.priority import give_way
from tutorpulse.service.live.lane import DEFAULT_LIMITS, Lane, Limits
from tutorpulse.service.live.manners import Manners
from tutorpulse.service.live.models import InForce, Models
from tutorpulse.service.live.pages import PageMover
from tutorpulse.service.refresh import RefreshReport, keep_run, report_of, standing_of
from tutorpulse.service.root import Pulse
from tutorpulse.service.subjects import tell_subjects, write_subjects
from tutorpulse.spare import Spare
from tutorpulse.store.database import DatabaseError, Interrupted
from tutorpulse.store.state import State

log = logging.getLogger("tutorpulse.live")

POLL_S = 1.0
"""How long an idle lane sleeps at most: for changes of the model and events that nobody announced."""


class Refresher:
    """Keeps the predictions of an open home fresh. Close it before the home.

    Tutors and students are refreshed side by side, each by a thread with a state of its own. Whoever brings events into the log calls `announce`.
    """

    def __init__(self, pulse: Pulse, limits: Limits = DEFAULT_LIMITS) -> None:
        self._held = ExitStack()
        self.models = Models(pulse)
        self._pages = PageMover(pulse.home.state_path)
        self.lanes: dict[EntityType, Lane] = {}
        for kind in ENTITY_TYPES:
            # What a power failure takes with it is told by the log anew, in the first pass.
            state = self._held.enter_context(
                closing(State(pulse.home.state_path, durable=False, leaves_pages=True))
            )
            self.lanes[kind] = Lane(replace(pulse, state=state), kind, self.models, limits)
            self.lanes[kind].passed = self._passed
        self.lanes["tutor"].readers = self.lanes["student"]
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._problems: dict[EntityType, str] = {}
        self._pulse = pulse
        self._interrupts: list[Callable[[], None]] = []
        self._guard = threading.Lock()
        self._passes = 0
        self.manners = Manners(self._stopping)

    def open(self) -> None:
        """Note how far the log has come."""
        for lane in self.lanes.values():
            lane.open()

    def start(self) -> None:
        """Note how far the log has come, and begin."""
        self.open()
        self._pages.start()
        for kind, lane in self.lanes.items():
            thread = threading.Thread(target=self._run, args=(lane,), name=f"refresh-{kind}s", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop after the steps under way, or in the midst of them after half of `timeout_s`.

        What is not written by then was not: who was marked is looked at again at the next start.
        """
        self._stopping.set()
        for lane in self.lanes.values():
            lane.stop()
        self.announce()
        self._join(timeout_s / 2)
        with self._guard:
            for interrupt in self._interrupts:
                interrupt()
        self._join(timeout_s / 2)
        for lane in self.lanes.values():
            lane.close()
        self._pages.close(timeout_s / 4)
        if not any(thread.is_alive() for thread in self._threads):
            self._held.close()

    def _join(self, timeout_s: float) -> None:
        until = monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def announce(self) -> None:
        """Say that events have become readable."""
        for lane in self.lanes.values():
            lane.wake.set()

    def catch_up(self) -> None:
        """Step in the caller's thread until there is nothing to do, whatever share of the time it takes; instead of `start`."""
        worked = True
        while worked:
            worked = sum(lane.step(hurry=True) for lane in self.lanes.values()) > 0

    def refresh_all(self, state: State) -> RefreshReport:
        """Score everybody who is known now, those with new events first all the while, and report.

        What changed counts what events changed meanwhile, too. `state` is the caller's.

        Raises:
            ModelError: there is no model. TutorpulseError: the service is stopping.
        """
        before = self._written()
        for asked in [lane.ask_whole() for lane in self.lanes.values()]:
            asked.result()
        changed, insights = (after - was for after, was in zip(self._written(), before, strict=True))
        return replace(self._report(state), changed=changed, insights=insights)

    def problems(self) -> list[str]:
        """Why predictions are not kept fresh; empty where they are. Nobody waits for a model that is being read."""
        in_force = self.models.known
        problem = "the model is being read" if in_force is None else in_force.problem
        model = [problem] if problem else []
        dead = [f"{t.name} has stopped: restart the service" for t in self._threads if not t.is_alive()]
        return [*model, *self._problems.values(), *dead]

    def in_force(self) -> InForce:
        """The model that serves."""
        return self.models.in_force()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is refreshed within the context."""
        with ExitStack() as stack:
            for lane in self.lanes.values():
                stack.enter_context(lane.guard)
            yield

    def _written(self) -> tuple[int, int]:
        figures = [lane.figures for lane in self.lanes.values()]
        return sum(f.written for f in figures), sum(f.insights for f in figures)

    def _report(self, state: State) -> RefreshReport:
        """What the state says now, kept as a run."""
        scorer = self.in_force().scorer
        assert scorer is not None, "somebody was scored"
        as_of_us = self._pulse.clock.now_us()
        news = tell_subjects(replace(self._pulse, state=state), as_of_us)
        outcomes = {kind: standing_of(state, kind) for kind in scorer.exit_gap_days}
        with state.transaction():
            report = report_of(outcomes, scorer, as_of_us, (), write_subjects(state, news))
            keep_run(state, report, as_of_us)
        return report

    def _passed(self, state: State) -> None:
        """Keep a run where all lanes have passed over everybody since the last."""
        passes = min(lane.figures.passes for lane in self.lanes.values())
        with self._guard:
            reported, self._passes = self._passes, passes
        if passes > reported:
            self._report(state)

    def _run(self, lane: Lane) -> None:
        give_way()
        try:
            self._keep_fresh(lane)
        except BaseException:
            # A fault of ours; what it was stands in the log. Nobody is left waiting for this lane.
            lane.close(
                f"No {lane.kind} is refreshed any more after a fault. Restart the service; its log says what happened."
            )
            raise

    def _keep_fresh(self, lane: Lane) -> None:
        with self._pulse.store.visit() as interrupt, self._interruptible(interrupt), suppress(Interrupted):
            spare = Spare()
            while not self._stopping.is_set():
                spare.return_when_due()
                self.manners.give_way()
                self.manners.bring_in()
                began_s, bodies, rows = monotonic(), self.manners.bodies, lane.rows_written
                if self._step(lane):
                    self._pages.note(lane.rows_written - rows)
                    self.manners.leave_room(monotonic() - began_s, self.manners.bodies - bodies)
                else:
                    self._sleep(lane)

    @contextmanager
    def _interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Within the context `close` may call this; never after, when there is nothing left to interrupt."""
        with self._guard:
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._guard:
                self._interrupts.remove(interrupt)

    def _step(self, lane: Lane) -> bool:
        try:
            busy = lane.step()
        except Interrupted:
            raise
        except (TutorpulseError, DatabaseError) as error:
            said = str(error).partition("\n")[0]
            log.warning("refresh of %ss put off: %s", lane.kind, said)
            self._problems[lane.kind] = said
            return False
        self._problems.pop(lane.kind, None)
        return busy

    def _sleep(self, lane: Lane) -> None:
        wait_s = lane.wait_s
        self.manners.sleep(lane.wake, POLL_S if wait_s is None else min(wait_s, POLL_S))
        lane.wake.clear()
