"""`/tutors/ID/record` and `/students/ID/record`: what is held about one, why a score is what it is, and who acted."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here, scorer_of
from tutorpulse.api.params import ENTITY
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.features.frame import EntityType
from tutorpulse.service.worklist.record import record

router = APIRouter(include_in_schema=False)


def _look(request: Request, viewer: Looking, kind: EntityType, entity_id: str) -> Response:
    service = here(request).service
    with service.lend() as pulse:
        found = record(pulse, scorer_of(service), entity_id, kind)
    path = f"/{kind}s/{quote(entity_id, safe='')}"
    return frame.page(
        request,
        "record.html",
        viewer,
        kind=kind,
        found=found,
        path=path,
        zone=service.pulse.settings.marketplace_timezone,
    )


@router.get("/tutors/" + ENTITY + "/record")
def tutor(request: Request, viewer: Looking, entity_id: str) -> Response:
    """One tutor's."""
    return _look(request, viewer, "tutor", entity_id)


@router.get("/students/" + ENTITY + "/record")
def student(request: Request, viewer: Looking, entity_id: str) -> Response:
    """One student's."""
    return _look(request, viewer, "student", entity_id)
