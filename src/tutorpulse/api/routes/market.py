"""The market: summary, segments, who moved."""

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
from tutorpulse.api.params import Cursor, Limit, Strict, Time, micros
from tutorpulse.decisions.summary import Summary
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries import market
from tutorpulse.service.queries.shapes import MoveList, Segments

router = APIRouter(tags=["market"], dependencies=[needs("read")])


@router.get(
    "/v1/summary",
    summary="How many are in which segment",
    responses=answers("As it stands now.", content(Summary, examples.SUMMARY), ("nothing-yet",))
    | not_modified(),
)
def summary(request: Request) -> Response:
    """The refresh summary over everybody's current prediction; its time and model are those of the last refresh of all."""
    with here(request).service.lend() as pulse:
        return polled(request, answer(market.current_summary(pulse)))


@router.get(
    "/v1/segments",
    summary="Segments, statuses, subjects",
    responses=answers("Best first.", content(Segments, examples.SEGMENTS)) | not_modified(),
)
def segments(request: Request) -> Response:
    """How many are in each segment, have each status, and are about each subject."""
    context = here(request)
    with context.service.lend() as pulse:
        context.subjects.bring_up_to_date(pulse)
        return polled(request, answer(market.segment_shares(pulse.state)))


class MovesParams(Strict):
    """Which moves."""

    since: Time | None = Field(None, description="From this time on; none: from the first.")
    entity_type: EntityType | None = Field(None, description="Of one kind.")
    segment: str | None = Field(
        None, max_length=32, description="Into or out of this one.", examples=["churning"]
    )
    limit: Limit = 100
    cursor: Cursor = None


@router.get(
    "/v1/segments/moves",
    summary="Who entered or left a segment",
    responses=answers("Oldest first.", content(MoveList, examples.MOVES), ("invalid",)) | not_modified(),
)
def moves(request: Request, asked: Annotated[MovesParams, Query()]) -> Response:
    """Moves since a time, in order of writing. An empty page's cursor stays good: ask again with it for what came after."""
    wanted = market.MovesAsked(
        micros(asked.since) or 0, asked.entity_type, asked.segment, asked.cursor, asked.limit
    )
    with here(request).service.states.one() as state:
        return polled(request, answer(market.moves(state, wanted)))
