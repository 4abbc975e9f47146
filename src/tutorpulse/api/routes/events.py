"""Events in."""

import math
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import media
from tutorpulse.api.access import SCHEMES
from tutorpulse.api.answers import answer
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.api.problems import ProblemError
from tutorpulse.api.receipts import receipt
from tutorpulse.events.codec import split_array
from tutorpulse.events.strict import count_newlines
from tutorpulse.service.queries.shapes import PostReceipt
from tutorpulse.store.bodies import Body, Taken

router = APIRouter(tags=["events"])

PATH = "/v1/events"

EVENT: dict[str, Any] = {
    "event_id": "evt-2001",
    "event_type": "session_completed",
    "timestamp": "2026-03-02T17:00:00Z",
    "payload": {
        "session_id": "session-77",
        "student_id": "student-0042",
        "tutor_id": "tutor-0007",
        "subject": "maths",
        "duration_minutes": 60,
        "rating": 5,
    },
}
_CLOUDEVENT = {
    "specversion": "1.0",
    "id": EVENT["event_id"],
    "type": EVENT["event_type"],
    "source": "/bookings",
    "time": EVENT["timestamp"],
    "data": EVENT["payload"],
}
ANYTHING = {
    "description": "Whatever breaks the contract is kept as a reject, so every body is answered with 200."
}
_BODY = {
    "required": True,
    "description": "Events as `docs/reference/events.md` has them, one or many; gzip and zstd by `Content-Encoding`. "
    "CloudEvents in binary mode have their attributes in `ce-` headers.",
    "content": {
        "application/json": {
            "schema": ANYTHING,
            "examples": {"one": {"value": EVENT}, "many": {"value": [EVENT]}},
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
        "application/cloudevents+json": {"schema": ANYTHING, "example": _CLOUDEVENT},
        "application/cloudevents-batch+json": {"schema": ANYTHING, "example": [_CLOUDEVENT]},
    },
}
BODY_PROBLEMS = ("body-too-large", "media-type", "invalid")
_DETAIL = {
    "name": "detail",
    "in": "query",
    "description": "`all`: every event; `some`: those that were not accepted.",
    "schema": {"type": "string", "enum": ["all", "some"], "default": "some"},
}
_EXAMPLE = {
    "accepted": 998,
    "duplicate": 1,
    "rejected": 1,
    "events": [
        {"index": 4, "status": "duplicate", "event_id": "evt-2001"},
        {"index": 9, "status": "rejected", "reason": "A number from 1 to 5", "field": "payload.rating"},
    ],
}


@router.post(
    PATH,
    summary="Send events",
    responses=answers("All of it is on disk.", content(PostReceipt, _EXAMPLE), BODY_PROBLEMS),
    openapi_extra={"requestBody": _BODY, "security": SCHEMES, "parameters": [_DETAIL]},
)
async def post_events(request: Request) -> Response:
    """Take a body of events. The answer comes when every one of them is durable.

    Good events are taken whatever the others are; those that break the contract are kept as rejects. Sending a body again adds nothing.
    With 503 nothing was taken, or it is not known: send it again.
    """
    every = _detail(request) == "all"
    return answer(receipt(await taken(request), every))


def _detail(request: Request) -> str:
    if not request.scope["query_string"]:
        return "some"
    detail = request.query_params.get("detail", "some")
    if detail not in ("all", "some"):
        raise ProblemError("invalid", f"detail is all or some, not {detail!r}.")
    return detail


async def taken(request: Request) -> Taken:
    """Admit the sender, read the body, hand it over, and wait until it is durable.

    This is the hot path: no dependencies, no model of the body, one hand-over for all its events.
    """
    context = here(request)
    key = await context.door.admit(request, "ingest")
    raw = await read_body(request, context.body_limits)
    body = media.body_of(request.headers, raw, f"api:{key.name}", context.service.pulse.clock.now_us())
    _check_count(body, context.body_events_max)
    return await context.handover.taken(body)


def _check_count(body: Body, most: int) -> None:
    """Counts separators first, which are more than the events; only where these are too many, the events themselves."""
    if body.form == "lines":
        count = count_newlines(body.raw)
    else:
        count = body.raw.count(b",")
        if count >= most:
            count = len(split_array(body.raw) or ())
    if count > most:
        parts = math.ceil(count / most)
        raise ProblemError(
            "body-too-large", f"The body has more than {most:,} events. Send it in {parts} parts or more."
        )
