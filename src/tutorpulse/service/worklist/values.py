"""Keeps what the order of the work list needs: values at stake, worked out anew now and then, and what actions have helped."""

import threading

import msgspec

from tutorpulse.clock import HOUR_US
from tutorpulse.decisions.worth import Measured, helped_by
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.root import Pulse
from tutorpulse.service.stake import stakes
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.store.state import State

KEPT_US = HOUR_US
"""Values are asked of for so long: they are of 90 days, so an hour moves them little."""


class EffectContent(msgspec.Struct, frozen=True):
    """What the order needs of what was measured of a playbook; what else is kept with it is left unread."""

    measured: Measured | None = None


class Values:
    """Works values out when somebody asks and they are older than an hour; for all threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept_us: int | None = None

    def bring_up_to_date(self, pulse: Pulse) -> None:
        """The first who asks waits; later ones are content with the older ones while somebody works them out."""
        now_us = pulse.clock.now_us()
        if self._kept_us is not None and now_us - self._kept_us < KEPT_US:
            return
        if self._guard.acquire(blocking=self._kept_us is None):
            try:
                if self._kept_us is None or now_us - self._kept_us >= KEPT_US:
                    keep_values(pulse)
                    self._kept_us = now_us
            finally:
                self._guard.release()


def keep_values(pulse: Pulse) -> None:
    """Work out everybody's value at stake, and keep it in the state."""
    as_of_us = moment_us(pulse)
    known_at_us = max(as_of_us, pulse.clock.now_us())
    found = {kind: stakes(pulse.store, kind, as_of_us, known_at_us) for kind in ENTITY_TYPES}
    for kind, staked in found.items():
        pulse.state.worths.replace_stakes(kind, staked.unit, staked.worth)


def known_helped(state: State) -> tuple[dict[str, float], float]:
    """By rule the share of exits that its action avoids, and the share taken for the others; see `helped_by`."""
    contents = [msgspec.json.decode(row.content, type=EffectContent) for row in state.worths.effects()]
    return helped_by(content.measured for content in contents if content.measured is not None)
