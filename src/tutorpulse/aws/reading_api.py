"""The service's own API over the table: its routes read a state in memory, which follows the index.

A function that stays warm asks the index only for what is newer than the last thing it saw, and a little before, as the index may
lag. A cold one reads all predictions, and the insights of `INSIGHTS_DAYS`.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

from mangum import Mangum
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from tutorpulse.api.access import Door
from tutorpulse.api.app import create_app
from tutorpulse.api.ports import Live
from tutorpulse.api.problems import ProblemError
from tutorpulse.api.routes import entities, insights, market
from tutorpulse.aws import keeping, keys
from tutorpulse.aws.table import Items
from tutorpulse.clock import DAY_US, MINUTE_US, Clock
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.service.access.callers import Caller
from tutorpulse.service.erasing import ErasedEverywhere
from tutorpulse.service.queries.subjects import Subjects
from tutorpulse.service.refresh import RefreshReport
from tutorpulse.service.root import Pulse
from tutorpulse.service.scoring import Scorer
from tutorpulse.settings import Settings
from tutorpulse.store.bodies import Body, Taken
from tutorpulse.store.home import Home
from tutorpulse.store.state import State

INSIGHTS_DAYS = 90
"""Insights that the API lists."""

LAG_US = 2 * MINUTE_US
"""How far the index may lag behind the table at most, as is assumed."""


@dataclass
class Mirror:
    """A state in memory that follows the index. One thread at a time uses it."""

    table: Items
    clock: Clock
    _state: State = field(default_factory=lambda: State(Path(":memory:")))
    _guard: RLock = field(default_factory=RLock)
    _seen_us: int | None = None
    _taught: dict[EntityType, dict[str, set[str]]] = field(
        default_factory=lambda: {kind: {} for kind in ENTITY_TYPES}
    )

    @contextmanager
    def one(self) -> Iterator[State]:
        """The state, up to date."""
        with self._guard:
            self._follow()
            yield self._state

    def _follow(self) -> None:
        now_us = self.clock.now_us()
        since_us = 0 if self._seen_us is None else self._seen_us - LAG_US
        with self._state.transaction():
            for kind in ENTITY_TYPES:
                found = self.table.of_type(kind, keys.stamp(since_us))
                self._state.copies.put(keeping.PREDICTIONS, (keeping.row_of(item, kind)[1] for item in found))
            self._insights(max(since_us, now_us - INSIGHTS_DAYS * DAY_US))
        self._follow_subjects(since_us)
        self._seen_us = now_us

    def _follow_subjects(self, since_us: int) -> None:
        for kind in ENTITY_TYPES:
            found = list(self.table.of_type(keys.subjects_key(kind), keys.stamp(since_us)))
            for item in found:
                self._taught[kind][item["entity_id"]] = item.get("subjects", set())
            if found:
                pairs = ((who, subject) for who, some in self._taught[kind].items() for subject in some)
                self._state.subjects.replace(kind, pairs)

    def _insights(self, since_us: int) -> None:
        rows, numbers = keeping.insight_rows(self.table.of_type(keys.INSIGHT, keys.stamp(since_us)))
        self._state.copies.put(keeping.INSIGHTS, rows)
        self._state.copies.number_insights(numbers)


class GatewayDoor(Door):
    """Admits whom API Gateway let in: it knows the keys and how often each may ask, and lets nobody else through."""

    def __init__(self) -> None:
        """Without a service to ask."""

    async def admit(self, request: Request, scope: str | None) -> Caller:
        """The key as API Gateway knows it; it may read.

        Raises:
            ProblemError: more than reading is asked, or a stream, which a function cannot give.
        """
        if scope not in (None, "read"):
            raise ProblemError("key-lacks-scope", f"This API reads; what needs {scope} is not here.")
        if request.url.path == "/insights/stream":
            raise ProblemError("not-found", "There is no stream here. Ask /insights/recent again.")
        caller = await self.caller(request)
        assert caller is not None
        return caller

    async def caller(self, request: Request) -> Caller | None:
        """Whose key API Gateway says it is."""
        event: dict[str, Any] = request.scope.get("aws.event", {})
        key_id = event.get("requestContext", {}).get("identity", {}).get("apiKeyId") or ""
        found = Caller("key", key_id, key_id, ("read",))
        request.state.caller = found
        return found


class SubjectsOfTable(Subjects):
    """The subjects follow the index with everything else: there is no log to ask."""

    def bring_up_to_date(self, pulse: Pulse) -> None:
        """They are."""


class _Shut:
    """Takes no events: they go to the ingest API."""

    def take(self, body: Body) -> Future[Taken]:  # noqa: ARG002
        """Nothing.

        Raises:
            ProblemError: always.
        """
        raise ProblemError("not-found", "Events go to the ingest API.")

    def flush(self, timeout_s: float) -> None:
        """Nothing waits."""


@dataclass(frozen=True)
class TableService:
    """What the API needs of a service, over the table; it takes no events and computes nothing."""

    pulse: Pulse
    states: Mirror
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    @property
    def live(self) -> Live:
        """A door that is shut."""
        return _Shut()

    def lend(self) -> AbstractContextManager[Pulse]:
        """The home with the mirrored state."""
        return self._lent()

    @contextmanager
    def _lent(self) -> Iterator[Pulse]:
        with self.states.one() as state:
            yield replace(self.pulse, state=state)

    def scorer(self) -> Scorer | None:
        """There is none here."""
        return None

    def seen(self, kind: EntityType, entity_id: str) -> FeatureFrame | None:  # noqa: ARG002
        """Features are not kept."""
        return None

    def scored(self, kind: EntityType) -> FeatureFrame:
        """Features are not kept.

        Raises:
            ProblemError: always.
        """
        raise ProblemError("not-found", f"The features of {kind}s are not kept here.")

    def refresh(self) -> RefreshReport:
        """Nobody is scored here.

        Raises:
            ProblemError: always.
        """
        raise ProblemError("not-found", "Nobody is scored here.")

    def erase(self, kind: EntityType, entity_id: str) -> ErasedEverywhere:  # noqa: ARG002
        """Nobody is erased here.

        Raises:
            ProblemError: always.
        """
        raise ProblemError("not-found", f"A {kind} is erased where the events are kept.")

    def ready(self) -> list[str]:
        """It is ready when it runs."""
        return []


ROUTERS = (insights.router, entities.router, market.router)
"""What the API answers: insights, lists of tutors and students, segments."""


TEXTS = ("text/", "application/json", "application/problem+json")
"""Types of answers that go to API Gateway as text; it would hand on others as base64 to whoever does not ask for bytes."""


def create(table: Items, settings: Settings, clock: Clock, home: Home) -> Mangum:
    """The application as a handler."""
    mirror = Mirror(table, clock)
    pulse = Pulse(home, None, mirror._state, settings, clock)  # type: ignore[arg-type]
    app = create_app(TableService(pulse, mirror), ROUTERS, GatewayDoor())
    app.state.context = replace(app.state.context, subjects=SubjectsOfTable())
    return Mangum(app, lifespan="off", text_mime_types=list(TEXTS))
