"""The catalog of features."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.api.params import Strict
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.queries.models import feature_catalog
from tutorpulse.service.queries.shapes import FeatureCatalog

router = APIRouter(tags=["model"], dependencies=[needs("read")])


class CatalogParams(Strict):
    """Whose features."""

    entity_type: EntityType | None = Field(None, description="Of one kind.")


@router.get(
    "/v1/features",
    summary="The catalog of features",
    responses=answers(
        "In the order of the wire contract.", content(FeatureCatalog, examples.FEATURES), ("invalid",)
    )
    | not_modified(),
)
def catalog(request: Request, asked: Annotated[CatalogParams, Query()]) -> Response:
    """Each feature's name, group, unit, sentence, healthy direction and reach; the hash is that of all definitions."""
    kinds = (asked.entity_type,) if asked.entity_type else ENTITY_TYPES
    return polled(request, answer(feature_catalog(kinds)))
