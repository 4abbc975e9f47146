"""Who did what."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content
from tutorpulse.api.params import Cursor, Limit, Strict
from tutorpulse.service.queries import audit
from tutorpulse.service.queries.upkeep_shapes import AuditList

router = APIRouter(tags=["operations"])


class AuditParams(Strict):
    """Which entries."""

    actor: str | None = Field(None, max_length=200, description="By the user or key of this name.")
    action: str | None = Field(None, max_length=200, description="Of this action.")
    limit: Limit = 100
    cursor: Cursor = None


@router.get(
    "/v1/audit",
    summary="The audit log",
    responses=answers("The newest first.", content(AuditList, examples.AUDIT), ("invalid",)),
    dependencies=[needs("admin")],
)
def list_audit(request: Request, asked: Annotated[AuditParams, Query()]) -> Response:
    """Every action of users and keys: who, when, what, to whom. Events sent are not in it; the log itself keeps them."""
    with here(request).service.states.one() as state:
        return answer(audit.listed(state, asked.actor, asked.action, asked.cursor, asked.limit))
