"""What routes reach through the application: the service, and what follows from its settings."""

import asyncio
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request

from tutorpulse.api.access import Door
from tutorpulse.api.bodies import BodyLimits
from tutorpulse.api.handover import Handover
from tutorpulse.api.limits import RequestLimits
from tutorpulse.api.ports import Service
from tutorpulse.api.problems import ProblemError
from tutorpulse.api.streams import Streams
from tutorpulse.features.frame import EntityType, FeatureFrame
from tutorpulse.service.proof.playbooks import Proofs
from tutorpulse.service.queries.subjects import Subjects
from tutorpulse.service.scoring import Scorer
from tutorpulse.service.worklist.values import Values
from tutorpulse.settings import Settings

_MB = 1_000_000
MINUTE_S = 60.0


@dataclass(frozen=True)
class Context:
    """One application's."""

    service: Service
    door: Door
    streams: Streams
    handover: Handover
    subjects: Subjects
    values: Values
    proofs: Proofs
    body_limits: BodyLimits
    body_events_max: int
    comparing: asyncio.Semaphore
    attempts: RequestLimits


def context_of(service: Service, door: Door | None = None) -> Context:
    """For a service, by its settings; `door` takes the place of its own."""
    settings = service.pulse.settings
    return Context(
        service=service,
        door=door or Door(service, settings.requests_per_second_max),
        streams=Streams(service.states),
        subjects=Subjects(),
        values=Values(),
        proofs=Proofs(),
        handover=Handover(service.live.take),
        body_limits=limits_of(settings),
        body_events_max=settings.body_events_max,
        comparing=asyncio.Semaphore(1),
        attempts=RequestLimits(settings.signin_attempts_per_minute / MINUTE_S, MINUTE_S),
    )


def limits_of(settings: Settings) -> BodyLimits:
    """The limits of bodies, in bytes."""
    return BodyLimits(int(settings.packed_body_mb_max * _MB), int(settings.body_mb_max * _MB))


def here(request: Request) -> Context:
    """The application's context."""
    context: Context = request.app.state.context
    return context


def scorer_of(service: Service) -> Scorer:
    """What scores now; of a single entity it takes the features that its prediction was made from, where they are at hand.

    Raises:
        ProblemError: no model could be loaded.
    """
    scorer = service.scorer()
    if scorer is None:
        raise ProblemError("unavailable", "No model could be loaded. /readyz says what is missing.")

    def compute(kind: EntityType, as_of_us: int, entity_ids: NDArray[np.object_] | None) -> FeatureFrame:
        one = entity_ids[0] if entity_ids is not None and len(entity_ids) == 1 else None
        seen = None if one is None else service.seen(kind, str(one))
        return scorer.compute(kind, as_of_us, entity_ids) if seen is None else seen

    return replace(scorer, compute=compute)
