"""What the API needs of the live service."""

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

from prometheus_client import CollectorRegistry

from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service.erasing import ErasedEverywhere
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.store.bodies import Body, Taken
from tutorpulse.store.state import State


class Live(Protocol):
    """The live door of the log."""

    def take(self, body: Body) -> Future[Taken]:
        """What became of a body's events, as soon as they are durable.

        Raises:
            QueueFullError: too much waits already.
        """
        ...

    def flush(self, timeout_s: float) -> None:
        """Make readable all that was acknowledged before.

        Raises:
            UnavailableError: that takes longer than `timeout_s` seconds.
        """
        ...


class States(Protocol):
    """Connections to the state, lent to one caller at a time."""

    def one(self) -> AbstractContextManager[State]:
        """A state of the caller's own for a while."""
        ...


class Service(Protocol):
    """A home that is served."""

    @property
    def pulse(self) -> Pulse:
        """The opened home."""
        ...

    @property
    def live(self) -> Live:
        """Where events go in."""
        ...

    @property
    def states(self) -> States:
        """Where predictions are read."""
        ...

    def lend(self) -> AbstractContextManager[Pulse]:
        """The home with a state of the caller's own, for a while."""
        ...

    @property
    def registry(self) -> CollectorRegistry:
        """What is measured."""
        ...

    def scorer(self) -> Scorer | None:
        """What scores now; None where no model could be loaded."""
        ...

    def seen(self, kind: EntityType, entity_id: str) -> FeatureFrame | None:
        """The features that an entity's prediction was made from, a frame of one row; None where they are not at hand."""
        ...

    def refresh(self) -> RefreshReport:
        """Score everybody now; it takes its time, and holds up nobody else."""
        ...

    def erase(self, kind: EntityType, entity_id: str) -> ErasedEverywhere:
        """Erase one entity from the log, the state and memory.

        Raises:
            UnknownEntityError: nothing is known of it.
        """
        ...

    def ready(self) -> list[str]:
        """What keeps the service from its work; empty when nothing does."""
        ...
