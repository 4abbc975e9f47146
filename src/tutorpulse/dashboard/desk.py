"""What pages keep between requests, one desk an application."""

from collections.abc import Mapping
from functools import partial

import msgspec
from starlette.requests import Request

from tutorpulse.dashboard.kept import Kept
from tutorpulse.dashboard.ports import Service
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import ENTITY_TYPES, EntityType, FeatureFrame
from tutorpulse.service.queries import alerts
from tutorpulse.service.queries.alert_shapes import AlertCounts
from tutorpulse.service.queries.capacity import Capacity, capacity
from tutorpulse.service.queries.log import LogStanding, log_standing
from tutorpulse.service.queries.overview import Overview, overview
from tutorpulse.service.queries.ranges import Range, ranges
from tutorpulse.service.today import InNeed, needs_someone
from tutorpulse.store.livestats import LiveStats

NEEDS_SHOWN = 10
_OVERVIEW_S = 2.0
_NEEDS_S, _CAPACITY_S, _RANGES_S, _LOG_S = 30.0, 120.0, 600.0, 30.0


class Desk:
    """Answers over the whole log, which would be too dear at each request."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.settings = service.pulse.settings
        self.log = Kept(self._log, _LOG_S)
        self.overview = Kept(self._overview, _OVERVIEW_S)
        self.alerts = Kept(self._alerts, _OVERVIEW_S)
        self.needs = Kept(self._needs, _NEEDS_S)
        self.capacity = Kept(self._capacity, _CAPACITY_S)
        self.ranges: dict[EntityType, Kept[dict[str, Range]]] = {
            kind: Kept(partial(self._ranges, kind), _RANGES_S) for kind in ENTITY_TYPES
        }

    def _needs(self) -> list[InNeed]:
        scorer = self._service.scorer()
        if scorer is None:
            raise ModelError("No model could be loaded. /readyz says what is missing.")
        with self._service.lend() as pulse:
            kinds = [kind for kind in ENTITY_TYPES if kind in scorer.exit_gap_days]
            return needs_someone(pulse, scorer, kinds, NEEDS_SHOWN)

    def adopt(self, changes: Mapping[str, object]) -> None:
        """Have the service judge by other thresholds."""
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self._service.adopt(self.settings)

    def scored(self, kind: EntityType) -> FeatureFrame:
        """The features of everybody of a kind who was scored at the last look at them."""
        return self._service.scored(kind)

    def arrivals(self) -> LiveStats:
        """What came in since the start, and what waits."""
        return self._service.live.stats()

    def _overview(self) -> Overview:
        with self._service.states.one() as state:
            return overview(state, self._service.pulse.clock.now_us())

    def _alerts(self) -> AlertCounts:
        with self._service.states.one() as state:
            return alerts.counts(state)

    def _log(self) -> LogStanding:
        with self._service.lend() as pulse:
            return log_standing(pulse)

    def _ranges(self, kind: EntityType) -> dict[str, Range]:
        return ranges(self._service.scored(kind))

    def _capacity(self) -> Capacity:
        with self._service.lend() as pulse:
            return capacity(pulse)


def desk_of(request: Request) -> Desk:
    """The application's desk."""
    desk: Desk = request.app.state.desk
    return desk
