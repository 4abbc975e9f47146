"""What operators make of recommendations."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import SCHEMES
from tutorpulse.api.answers import answer
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, ref
from tutorpulse.api.problems import ProblemError
from tutorpulse.clock import format_time
from tutorpulse.service.queries.shapes import Decided, Decision
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["entities"])
_DECODER = msgspec.json.Decoder(Decision)


@router.post(
    "/v1/recommendations/{recommendation_id}",
    summary="Mark a recommendation done or dismissed",
    responses=answers(
        "As it is marked now.",
        content(Decided, examples.DECIDED),
        ("not-found", "invalid", "body-too-large", "media-type"),
    ),
    openapi_extra={
        "security": SCHEMES,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ref(Decision), "example": examples.DECISION}},
        },
    },
)
async def decide(
    request: Request,
    recommendation_id: Annotated[str, Path(max_length=128, description="As the entity's page lists it.")],
) -> Response:
    """It stays so until its reason is gone and comes again. A later mark replaces an earlier one."""
    context = here(request)
    caller = await context.door.admit(request, "operate")
    name_act(request, Act("mark recommendation", "recommendation", recommendation_id))
    raw = await read_body(request, context.body_limits)
    try:
        decision = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("invalid", f"The body is not as it should be: {error}.") from None
    return answer(await run_in_threadpool(_decided, request, recommendation_id, decision, caller.name))


def _decided(request: Request, recommendation_id: str, decision: Decision, by: str) -> Decided:
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    with service.states.one() as state:
        row = state.recommendations.decide(recommendation_id, decision.state, now_us, by, decision.note)
    return Decided(recommendation_id, row.state, by, format_time(now_us), row.note)
