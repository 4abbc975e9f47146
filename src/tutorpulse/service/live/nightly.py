"""Upkeep of a served home, once a day."""

import logging
import threading
from collections.abc import Callable

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.errors import TutorpulseError
from tutorpulse.service.root import Pulse
from tutorpulse.service.upkeep import keep_up
from tutorpulse.store.database import DatabaseError

log = logging.getLogger("tutorpulse.live")

_LOOK_S = 60.0


class Nightly:
    """A thread that does the upkeep when the hour of the setting `upkeep_hour` (UTC) has come. Close it before the home."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._stopping = threading.Event()
        self._done_on = self._day()
        self._again_us = 0
        self._interrupt: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; the first upkeep is at the next such hour."""
        self._thread.start()

    def close(self, timeout_s: float) -> None:
        """Stop, after the upkeep under way, or in the midst of it after half of `timeout_s`: what it has not done by then is undone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s / 2)
        if self._thread.is_alive():
            self._interrupt()
            self._thread.join(timeout_s / 2)

    def step(self) -> bool:
        """Do the upkeep if its time has come since the last, an hour after it failed; whether it was done."""
        day, now_us = self._day(), self._pulse.clock.now_us()
        if day <= self._done_on or now_us < self._again_us:
            return False
        try:
            done = keep_up(self._pulse)
        except (TutorpulseError, DatabaseError) as error:
            self._again_us = now_us + HOUR_US
            log.warning("upkeep put off for an hour: %s", error)
            return False
        self._done_on = day
        fields = {"archived_events": done.archived.events, "sessions": done.compacted.sessions}
        log.info("upkeep done", extra={"fields": fields})
        return True

    def _day(self) -> int:
        """The number of the day, counted from the hour of the upkeep."""
        return (self._pulse.clock.now_us() - self._pulse.settings.upkeep_hour * HOUR_US) // DAY_US

    def _run(self) -> None:
        with self._pulse.store.visit() as self._interrupt:
            while not self._stopping.wait(_LOOK_S):
                self.step()
