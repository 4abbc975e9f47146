"""Parts of a person's page that ask the model or the log again: why the predictions changed, and what would lower the risk."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here, scorer_of
from tutorpulse.api.params import ENTITY
from tutorpulse.clock import DAY_US
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.errors import HistoryError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.comparing import compare
from tutorpulse.service.queries.shapes import Comparison
from tutorpulse.service.what_if import what_if

router = APIRouter(include_in_schema=False)
SINCE_DAYS = 7


@router.get("/parts/{kind}s/" + ENTITY + "/what-if")
def lowering(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:  # noqa: ARG001
    """What would lower the risk."""
    service = here(request).service
    with service.lend() as pulse:
        found = what_if(pulse, scorer_of(service), entity_id, kind)
    return frame.part(request, "parts/what_if.html", found=found)


@router.get("/parts/{kind}s/" + ENTITY + "/changed")
async def changed(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:  # noqa: ARG001
    """Why the predictions changed within a week; one is worked out at a time, as in the API."""
    context = here(request)
    scorer, since_us = scorer_of(context.service), context.service.pulse.clock.now_us() - SINCE_DAYS * DAY_US

    def compared() -> Comparison | None:
        with context.service.lend() as pulse:
            try:
                return compare(pulse, scorer, kind, entity_id, since_us)
            except HistoryError:
                return None

    async with context.comparing:
        found = await run_in_threadpool(compared)
    return frame.part(request, "parts/changed.html", found=found)
