"""`/capacity` and `/retention`: the market as a whole."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.charts.capacity import balance
from tutorpulse.dashboard.desk import desk_of
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.decisions.status import STATUSES
from tutorpulse.service.queries.overview import overview

router = APIRouter(include_in_schema=False)


@router.get("/capacity")
def capacity(request: Request, viewer: Looking) -> Response:
    """Supply against demand by subject, as of the last refresh."""
    found = desk_of(request).capacity.get()
    zone = here(request).service.pulse.settings.marketplace_timezone
    return frame.page(
        request,
        "capacity.html",
        viewer,
        found=found,
        chart=balance(found) if found.subjects else None,
        zone=zone,
    )


@router.get("/retention")
def retention(request: Request, viewer: Looking) -> Response:
    """Who stays: what is known of it by now."""
    service = here(request).service
    with service.states.one() as state:
        found = overview(state, service.pulse.clock.now_us())
    return frame.page(request, "retention.html", viewer, found=found, statuses=tuple(reversed(STATUSES)))
