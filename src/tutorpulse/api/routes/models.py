"""Models."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.service.queries.models import models
from tutorpulse.service.queries.shapes import Models

router = APIRouter(tags=["model"], dependencies=[needs("read")])


@router.get(
    "/v1/models",
    summary="Models and their figures",
    responses=answers("The starter first.", content(Models, examples.MODELS)) | not_modified(),
)
def list_models(request: Request) -> Response:
    """Every model of the home, what it was made of, its figures on held-out later time, and which are in force."""
    service = here(request).service
    scorer = service.scorer()
    serving = scorer.model.version if scorer else None
    return polled(request, answer(models(service.pulse.home.models_path, serving)))
