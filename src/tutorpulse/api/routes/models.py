"""Models, and what came true of their predictions."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.api.params import Strict
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.models import models
from tutorpulse.service.queries.shapes import Models, TrackRecord
from tutorpulse.service.queries.track import TrackAsked, track_record

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


class TrackParams(Strict):
    """Which figures."""

    entity_type: EntityType | None = Field(None, description="Of one kind.")
    output: str | None = Field(
        None, max_length=64, description="Of one prediction.", examples=["churn_risk_14d"]
    )
    model_version: str | None = Field(None, max_length=128, description="Of one model.")
    month: str | None = Field(
        None,
        pattern="^[0-9]{4}-[0-9]{2}$",
        description="Of the predictions made in one month.",
        examples=["2026-03"],
    )


@router.get(
    "/v1/track-record",
    summary="What came true of the predictions",
    responses=answers("Newest month first.", content(TrackRecord, examples.TRACK_RECORD), ("invalid",))
    | not_modified(),
)
def track(request: Request, asked: Annotated[TrackParams, Query()]) -> Response:
    """For each output, kind, model and month: how many predictions matured, and figures beside those of naive answers."""
    wanted = TrackAsked(asked.entity_type, asked.output, asked.model_version, asked.month)
    with here(request).service.states.one() as state:
        return polled(request, answer(track_record(state, wanted)))
