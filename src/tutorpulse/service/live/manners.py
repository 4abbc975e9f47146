"""How a lane behaves towards those who come in by the live door: it gives way to a flood, rests where many ask, brings in what waits."""

from threading import Event
from time import monotonic
from typing import Protocol

GIVE_WAY_S = 30.0
"""How long a lane lets events go before it, when more come than the log can take beside its queries."""
BODIES_FOR_A_REST = 300.0
"""For so many requests a second, which need the interpreter themselves, a lane rests as long as its step took; for more, longer."""
_RESTS_MAX = 8.0
_REST_MAX_S = 4.0
_LOOK_S = 0.05
_LOOK_RESTING_S = 0.25
_LOOK_IDLE_S = 0.2
"""How often an idle lane asks whether something waits at the door: it brings that in sooner than a step of the door's own."""


class Door(Protocol):
    """What a lane wants to know of the live door."""

    @property
    def is_behind(self) -> bool:
        """Whether so many events came that refreshing should give way to them."""

    @property
    def bodies(self) -> int:
        """How many bodies were answered."""

    @property
    def has_waiting(self) -> bool:
        """Whether anything was acknowledged that is not readable yet."""

    def bring_in(self) -> None:
        """Make readable what was acknowledged, if that takes no waiting for others."""


class Manners:
    """Of all lanes of a service, each in its own thread; whatever waits ends when `stopping` is set."""

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping
        self.door: Door | None = None
        """Where there is none, nobody is to be considered."""

    @property
    def bodies(self) -> int:
        """How many bodies the door has answered."""
        return 0 if self.door is None else self.door.bodies

    def give_way(self) -> None:
        """Wait while the door is behind, for a while at most."""
        until = monotonic() + GIVE_WAY_S
        while self._is_pressed() and monotonic() < until and not self._stopping.wait(_LOOK_S):
            pass

    def bring_in(self) -> None:
        """What waits for the database goes there before a look: the look after next would see it else."""
        if self.door is not None:
            self.door.bring_in()

    def leave_room(self, step_s: float, bodies: int) -> None:
        """Rest in proportion to the requests that came in during the step, until few come."""
        rests = bodies / BODIES_FOR_A_REST / max(step_s, 1e-9)
        until = monotonic() + min(_RESTS_MAX * step_s, rests * step_s, _REST_MAX_S)
        while rests >= 1 and (left_s := until - monotonic()) > 0:
            before, look_s = self.bodies, min(left_s, _LOOK_RESTING_S)
            if self._stopping.wait(look_s) or self.bodies - before < BODIES_FOR_A_REST * look_s:
                return

    def sleep(self, wake: Event, seconds: float) -> None:
        """Until somebody sets `wake`, something waits at the door, or the time is over."""
        until = monotonic() + seconds
        while (left_s := until - monotonic()) > 0 and not wake.wait(min(left_s, _LOOK_IDLE_S)):
            if self.door is not None and self.door.has_waiting:
                return

    def _is_pressed(self) -> bool:
        return self.door is not None and self.door.is_behind
