"""Events that broke the contract: listed, and tried again."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import SCHEMES, needs
from tutorpulse.api.answers import answer
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, ref
from tutorpulse.api.params import Cursor, Limit, Strict
from tutorpulse.api.ports import Service
from tutorpulse.api.problems import ProblemError
from tutorpulse.service.queries import rejects
from tutorpulse.service.queries.shapes import RejectList, Replayed, ReplayRequest
from tutorpulse.store.rejects import State
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["events"])
_FLUSH_S = 10.0
_DECODER = msgspec.json.Decoder(ReplayRequest)


class RejectParams(Strict):
    """Which rejects."""

    state: State = Field("open", description="Of this state.")
    limit: Limit = 100
    cursor: Cursor = None


@router.get(
    "/v1/rejects",
    summary="Events that broke the contract",
    responses=answers("In order of source and place.", content(RejectList, examples.REJECTS), ("invalid",)),
    dependencies=[needs("operate")],
)
def list_rejects(request: Request, asked: Annotated[RejectParams, Query()]) -> Response:
    """Each reject whole, with the reason and the field. They hold what senders sent, so reading them needs `operate`."""
    store = here(request).service.pulse.store
    return answer(rejects.listed(store, asked.state, asked.cursor, asked.limit))


@router.post(
    "/v1/rejects/replay",
    summary="Try rejects again",
    responses=answers(
        "What became of them.",
        content(Replayed, examples.REPLAYED),
        ("not-found", "invalid", "body-too-large", "media-type"),
    ),
    openapi_extra={
        "security": SCHEMES,
        "requestBody": {
            "description": "Which; an empty object: all that are open. `event` is tried in place of what came in.",
            "required": True,
            "content": {"application/json": {"schema": ref(ReplayRequest), "example": examples.REPLAY}},
        },
    },
)
async def replay(request: Request) -> Response:
    """After a fix here or a correction of the events: those that are valid now are taken, the others stay as they are."""
    context = here(request)
    await context.door.admit(request, "operate")
    name_act(request, Act("replay rejects"))
    raw = await read_body(request, context.body_limits)
    try:
        wanted = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("invalid", f"The body is not as it should be: {error}.") from None
    return answer(await run_in_threadpool(_replayed, context.service, wanted))


def _replayed(service: Service, wanted: ReplayRequest) -> Replayed:
    service.live.flush(_FLUSH_S)
    return rejects.replayed(service.pulse, wanted)
