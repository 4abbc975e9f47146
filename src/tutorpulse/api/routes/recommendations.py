"""What operators make of recommendations."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.answers import answer
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.api.posted import posted, takes
from tutorpulse.service.queries.shapes import Decided, Decision
from tutorpulse.service.worklist.shapes import TaskChange
from tutorpulse.service.worklist.tasks import change_task
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["entities"])


@router.post(
    "/v1/recommendations/{recommendation_id}",
    summary="Mark a recommendation done or dismissed",
    responses=answers(
        "As it is marked now.",
        content(Decided, examples.DECIDED),
        ("not-found", "invalid", "body-too-large", "media-type"),
    ),
    openapi_extra=takes(Decision, examples.DECISION),
)
async def decide(
    request: Request,
    recommendation_id: Annotated[str, Path(max_length=128, description="As the entity's page lists it.")],
) -> Response:
    """It stays so until its reason is gone and comes again. Dismissed may become done; done stays, since the log is told."""
    decision, key = await posted(
        request, Decision, act=Act("mark recommendation", "recommendation", recommendation_id)
    )
    return answer(await run_in_threadpool(_decided, request, recommendation_id, decision, key.name))


def _decided(request: Request, recommendation_id: str, decision: Decision, by: str) -> Decided:
    change = TaskChange(decision.state, decision.note)
    with here(request).service.lend() as pulse:
        task = change_task(pulse, recommendation_id, change, by).task
    return Decided(recommendation_id, task.state, by, task.decided or "", task.note)
