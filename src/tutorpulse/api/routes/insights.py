"""Insights, on the predecessor's paths."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.api.params import Cursor, Limit, Strict, Time, micros
from tutorpulse.api.problems import ProblemError
from tutorpulse.decisions.insights import Insight
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries import insights
from tutorpulse.service.queries.shapes import InsightCounts, InsightList

router = APIRouter(tags=["insights"], dependencies=[needs("read")])

_Kind = Literal["tutor", "student", "insight"]


class CountParams(Strict):
    """Which insights."""

    since: Time | None = Field(None, description="Of this time or after it.")
    entity_type: _Kind = Field("insight", description="About one kind of entity; `insight`: about all.")
    prediction_type: str | None = Field(
        None, max_length=64, description="Of one type.", examples=["churn_risk"]
    )

    @property
    def kind(self) -> EntityType | None:
        """The kind of entity; None: all."""
        return None if self.entity_type == "insight" else self.entity_type


class RecentParams(CountParams):
    """Which page of which insights."""

    limit: Limit = 50
    nextToken: Cursor = None  # noqa: N815  (the predecessor's name)
    aggregations: bool = Field(False, description="With the counts over all pages.")


@router.get(
    "/insights/recent",
    summary="Recent insights",
    responses=answers("The last written first.", content(InsightList, examples.INSIGHTS), ("invalid",))
    | not_modified(),
)
def recent(request: Request, asked: Annotated[RecentParams, Query()]) -> Response:
    """What changed materially, the last written first. New insights do not shift the pages that `nextToken` leads to."""
    wanted = insights.InsightsAsked(
        since_us=micros(asked.since) or 0,
        kind=asked.kind,
        prediction_type=asked.prediction_type,
        token=asked.nextToken,
        limit=asked.limit,
        aggregations=asked.aggregations,
    )
    with here(request).service.states.one() as state:
        return polled(request, answer(insights.recent(state, wanted)))


@router.get(
    "/insights/aggregations",
    summary="Counts of insights",
    responses=answers("Over all pages.", content(InsightCounts, examples.COUNTS), ("invalid",))
    | not_modified(),
)
def aggregations(request: Request, asked: Annotated[CountParams, Query()]) -> Response:
    """How many there are, how many are critical, by kind of entity and by type: over all of them, not over a page."""
    wanted = insights.InsightsAsked(micros(asked.since) or 0, asked.kind, asked.prediction_type).wanted
    with here(request).service.states.one() as state:
        return polled(request, answer(insights.counts(state, wanted)))


@router.get(
    "/insights/stream",
    summary="Insights as they are written",
    responses=answers(
        "Server-sent events `insight`; their ids are numbers.",
        {"text/event-stream": {"schema": {"type": "string"}}},
        ("invalid",),
    ),
)
async def stream(
    request: Request,
    last_event_id: Annotated[
        str | None, Header(description="The last event seen: a number, or an `alert_id`.", max_length=128)
    ] = None,
) -> Response:
    """Each insight as soon as it is written. With `Last-Event-ID` what was missed comes first; without, only what is new."""
    context = here(request)
    if context.streams.full:
        raise ProblemError("unavailable", "No further listener is taken now.", headers={"Retry-After": "5"})
    after = await run_in_threadpool(_number, request, last_event_id) if last_event_id else None
    events: AsyncIterator[bytes] = context.streams.listen(after)
    return EventSourceResponse(events, headers={"X-Accel-Buffering": "no"})


def _number(request: Request, last_event_id: str) -> int:
    if last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19:
        return int(last_event_id)
    with here(request).service.states.one() as state:
        number = state.feed.number_of(last_event_id)
    if number is None:
        raise ProblemError(
            "invalid",
            f"Last-Event-ID {last_event_id!r} is no event of this stream. Leave it out to begin with what is new.",
        )
    return number


@router.get(
    "/insights/{alert_id}",
    summary="One insight",
    responses=answers("It.", content(Insight, examples.INSIGHT), ("not-found", "invalid")),
)
def one(
    request: Request, alert_id: Annotated[str, Path(max_length=128, description="Its `alert_id`.")]
) -> Response:
    """One insight by its id."""
    with here(request).service.states.one() as state:
        return answer(insights.one(state, alert_id))
