"""The live service: one open home with all that works on it while it is served."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from prometheus_client import CollectorRegistry

from tutorpulse.clock import HOUR_US, SECOND_US, Clock
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service.delivery.worker import Worker
from tutorpulse.service.erasing import ErasedEverywhere, erase_entity
from tutorpulse.service.live.metrics import Metrics
from tutorpulse.service.live.nightly import Nightly
from tutorpulse.service.live.reading import Reading
from tutorpulse.service.live.refresher import Refresher
from tutorpulse.service.live.states import States
from tutorpulse.service.live.touching import partners
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.service.root import Pulse, open_alone
from tutorpulse.service.scoring import Scorer
from tutorpulse.settings import Settings
from tutorpulse.store.beside import Beside
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.livestats import limits_of

BEHIND_S = 10.0
"""A refresh that keeps somebody with new events waiting for longer is behind."""

CLOSE_S = 4.0
"""What a shutdown leaves to each part: open streams and all, it takes no more than five seconds."""

TELL_S = 1.0
"""What it leaves to messages under way: they are sent again, under the same keys, at the next start."""


@dataclass(frozen=True)
class Service:
    """An open home while it is served.

    Threads may share it, but for the state of `pulse`: each takes one of `states`, or a whole pulse by `lend`.
    """

    pulse: Pulse
    live: LiveLog
    refresher: Refresher
    metrics: Metrics
    states: States
    started_us: int
    _reading: Reading
    _worker: Worker

    @property
    def registry(self) -> CollectorRegistry:
        """What is measured."""
        return self.metrics.registry

    @contextmanager
    def lend(self) -> Iterator[Pulse]:
        """The home with a state of the caller's own, for a while."""
        with self.states.one() as state:
            yield replace(self.pulse, state=state)

    def scorer(self) -> Scorer | None:
        """What scores now, with the features of the last look at each entity; None where no model could be loaded."""
        scorer = self.refresher.in_force().scorer
        return scorer and self._reading.with_features(scorer)

    def seen(self, kind: EntityType, entity_id: str) -> FeatureFrame | None:
        """The features that an entity's prediction was made from, a frame of one row; None where they are not at hand."""
        return self.refresher.lanes[kind].roster.seen(entity_id)

    def scored(self, kind: EntityType) -> FeatureFrame:
        """The features of everybody of a kind who was scored at the last look at them."""
        return self.refresher.lanes[kind].roster.scored()

    def adopt(self, settings: Settings) -> None:
        """Judge segments by other thresholds from now on. What else is set takes effect at the next start."""
        for lane in self.refresher.lanes.values():
            lane.adopt(settings)

    def ready(self) -> list[str]:
        """Why the service is not ready: the store cannot be written, no model serves, the refresh is behind. Empty: it is."""
        now_us = self.pulse.clock.now_us()
        waits_us = [
            now_us - lane.figures.oldest_mark_us
            for lane in self.refresher.lanes.values()
            if lane.figures.oldest_mark_us is not None
        ]
        behind = [f"refresh is {us / SECOND_US:.0f} s behind" for us in waits_us if us > BEHIND_S * SECOND_US]
        return [*self.refresher.problems(), *behind]

    def refresh(self) -> RefreshReport:
        """Score everybody now; see `Refresher.refresh_all`. It takes its time, and holds up nobody else."""
        with self.states.one() as state:
            return self.refresher.refresh_all(state)

    def erase(self, kind: EntityType, entity_id: str) -> ErasedEverywhere:
        """Erase one entity from the log, the state and memory; whoever had sessions with it is scored anew in passing.

        Raises:
            UnknownEntityError: nothing is known of it.
        """
        lanes = self.refresher.lanes
        self.live.flush(CLOSE_S)
        with self.refresher.held(), self._worker.held(), self.lend() as pulse:
            others = partners(pulse.store, kind, entity_id)
            erased = erase_entity(pulse, kind, entity_id)
            lanes[kind].forget(entity_id)
        lanes["student" if kind == "tutor" else "tutor"].in_passing.add(others, self.pulse.clock.now_us())
        return erased


@contextmanager
def open_service(
    path: Path, create: bool = False, clock: Clock | None = None, settings: Settings | None = None
) -> Iterator[Service]:
    """Open the home at `path` and serve it within the context: ingest, refresh and delivery run in threads of their own.

    At the end what was acknowledged is brought into the log, and the refresh under way ends.

    Raises:
        HomeBusyError: another process holds the home. HomeError: the home cannot be used. SettingsError: its settings are wrong.
    """
    with ExitStack() as stack:
        pulse = stack.enter_context(open_alone(path, create, clock, settings, recovering=False))
        states = stack.enter_context(closing(States(pulse.home.state_path)))
        refresher = Refresher(pulse)
        pulse.store.use_threads(max(1, (os.cpu_count() or 1) // len(refresher.lanes)))
        stack.callback(refresher.close, CLOSE_S)
        tolerance_us = int(pulse.settings.future_tolerance_hours * HOUR_US)
        limits = limits_of(pulse.settings)
        live = LiveLog(pulse.store, refresher.announce, limits, tolerance_us, Beside())
        stack.callback(live.close, CLOSE_S)
        refresher.manners.door = live
        worker = Worker(pulse, lambda: refresher.models.known)
        stack.callback(worker.close, TELL_S)
        worker.start()
        refresher.start()
        nightly = Nightly(pulse)
        stack.callback(nightly.close, CLOSE_S)
        nightly.start()
        metrics, reading = Metrics(live, refresher, pulse, states), Reading(pulse, refresher)
        yield Service(pulse, live, refresher, metrics, states, pulse.clock.now_us(), reading, worker)
