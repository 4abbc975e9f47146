"""What pages need of the live service beyond what the API needs."""

from typing import Protocol

from tutorpulse.api import ports
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.settings import Settings
from tutorpulse.store.livestats import LiveStats


class Live(ports.Live, Protocol):
    """The live door of the log, with what it counts."""

    def stats(self) -> LiveStats:
        """Totals since the start, and what waits."""
        ...


class Service(ports.Service, Protocol):
    """A home that is served, with those who are scored in memory."""

    @property
    def live(self) -> Live:
        """Where events go in."""
        ...

    def scored(self, kind: EntityType) -> FeatureFrame:
        """The features of everybody of a kind who was scored at the last look at them."""
        ...

    def adopt(self, settings: Settings) -> None:
        """Judge segments by other thresholds from now on."""
        ...
