"""The thread of a live service that tells receivers, and does to alerts what time does to them."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

from tutorpulse.clock import MINUTE_US
from tutorpulse.errors import TutorpulseError
from tutorpulse.service.alerting.acting import tick
from tutorpulse.service.alerting.system import watch_system
from tutorpulse.service.alerting.watching import apply
from tutorpulse.service.delivery.courier import Courier
from tutorpulse.service.delivery.following import Receivers
from tutorpulse.service.delivery.planning import register
from tutorpulse.service.live.models import InForce
from tutorpulse.service.root import Pulse
from tutorpulse.store.database import Interrupted
from tutorpulse.store.state import State

POLL_S = 0.25
"""How long it sleeps at most: what others wrote to the state is seen by then."""

SYSTEM_EVERY_US = MINUTE_US
"""How often the log and the model are looked at."""

SERVICE = "service"
"""What its courier is called: a home is held by one service, so whatever was claimed by that name is left from a dead one."""

log = logging.getLogger("tutorpulse.alerts")


class Worker:
    """Made and closed by one thread; works in another."""

    def __init__(self, pulse: Pulse, in_force: Callable[[], InForce | None]) -> None:
        """`in_force` says at once what serves, and None where that is not known yet: the log and the model are looked at when it is.

        Raises:
            SettingsError: the receivers are wrong. InputError: a library that they need is missing.
        """
        self._pulse, self._in_force = pulse, in_force
        self._receivers = Receivers(pulse.home.path, pulse.settings)
        self._receivers.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._looked_us = 0
        self._guard = threading.Lock()

    def start(self) -> None:
        """Begin; the receivers are told of whatever is written from now on."""
        with closing(State(self._pulse.home.state_path)) as state:
            state.outbox.release(SERVICE)
            register(state, self._receivers.now())
        self._thread.start()

    def close(self, timeout_s: float) -> None:
        """Stop after what is under way, or without it after so long: it is sent again, under the same keys, at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The log is not looked at within the context."""
        with self._guard:
            yield

    def _run(self) -> None:
        visit = self._pulse.store.visit()
        with closing(State(self._pulse.home.state_path)) as state, suppress(Interrupted), visit:
            pulse = replace(self._pulse, state=state)
            courier = Courier(state, pulse.settings, pulse.clock, SERVICE)
            while not self._stopping.is_set():
                if self._step(pulse, courier):
                    continue
                if courier.busy:
                    courier.wait(POLL_S)
                else:
                    self._stopping.wait(POLL_S)
            with suppress(TutorpulseError):
                courier.close(POLL_S)

    def _step(self, pulse: Pulse, courier: Courier) -> bool:
        try:
            now_us = pulse.clock.now_us()
            tick(pulse.state, pulse.settings, now_us)
            self._look(pulse, now_us)
            return courier.step(self._receivers.follow(pulse.state, now_us))
        except TutorpulseError as error:
            log.warning("alerts put off: %s", error)
            return False

    def _look(self, pulse: Pulse, now_us: int) -> None:
        in_force = self._in_force()
        if in_force is not None and now_us - self._looked_us >= SYSTEM_EVERY_US:
            self._looked_us = now_us
            with self._guard:
                watched = watch_system(pulse, in_force.problem)
            with pulse.state.transaction():
                apply(pulse.state, watched)
