"""`/settings/audit`: who did what. For administrators."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.viewer import Administering
from tutorpulse.service.queries import audit

router = APIRouter(include_in_schema=False)
_SHOWN = 100


@router.get("/settings/audit")
def look(
    request: Request,
    viewer: Administering,
    actor: Annotated[str, Query(max_length=200)] = "",
    action: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=1_024)] = "",
) -> Response:
    """A page of the log, the newest first; filters and the place are in the address."""
    with here(request).service.states.one() as state:
        found = audit.listed(state, actor or None, action or None, cursor or None, _SHOWN)
    return frame.page(
        request,
        "audit.html",
        viewer,
        place="/settings/audit",
        found=found,
        actor=actor,
        action=action,
        first=not cursor,
    )
