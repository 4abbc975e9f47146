"""What pages keep between requests, one desk an application."""

from starlette.requests import Request

from tutorpulse.api.ports import Service
from tutorpulse.dashboard.kept import Kept
from tutorpulse.errors import ModelError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.queries.capacity import Capacity, capacity
from tutorpulse.service.today import InNeed, needs_someone

NEEDS_SHOWN = 10
_NEEDS_S, _CAPACITY_S = 30.0, 120.0


class Desk:
    """Answers over the whole log, which would be too dear at each request."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.needs = Kept(self._needs, _NEEDS_S)
        self.capacity = Kept(self._capacity, _CAPACITY_S)

    def _needs(self) -> list[InNeed]:
        scorer = self._service.scorer()
        if scorer is None:
            raise ModelError("No model could be loaded. /readyz says what is missing.")
        with self._service.lend() as pulse:
            kinds = [kind for kind in ENTITY_TYPES if kind in scorer.exit_gap_days]
            return needs_someone(pulse, scorer, kinds, NEEDS_SHOWN)

    def _capacity(self) -> Capacity:
        with self._service.lend() as pulse:
            return capacity(pulse)


def desk_of(request: Request) -> Desk:
    """The application's desk."""
    desk: Desk = request.app.state.desk
    return desk
