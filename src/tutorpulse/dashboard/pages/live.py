"""What pages keep open or set: the stream of insights, and the theme."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.bodies import BodyLimits, read_body
from tutorpulse.api.context import here
from tutorpulse.api.problems import ProblemError
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.frame import THEME_COOKIE
from tutorpulse.dashboard.viewer import Looking

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 86_400
_FORM = BodyLimits(256, 256)


@router.get("/live")
async def live(
    request: Request,
    viewer: Looking,  # noqa: ARG001
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header(max_length=19)] = None,
) -> Response:
    """Each insight as it is written, from where the caller stopped listening: `Last-Event-ID`, else `after`, else now."""
    streams = here(request).streams
    if streams.full:
        raise ProblemError("unavailable", "No further listener is taken now.", headers={"Retry-After": "5"})
    told = last_event_id and last_event_id.isascii() and last_event_id.isdecimal()
    events: AsyncIterator[bytes] = streams.listen(int(last_event_id) if last_event_id and told else after)
    return EventSourceResponse(events, headers={"X-Accel-Buffering": "no"})


@router.post("/theme")
async def theme(request: Request) -> Response:
    """Keeps the choice in a cookie; needs nobody, as it is the browser's own, so a body of more than 256 bytes is refused."""
    chosen = fields(await read_body(request, _FORM)).get("theme", "auto")
    response = RedirectResponse(_back(request), 303)
    if chosen in ("auto", "light", "dark"):
        response.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR_S, samesite="strict", httponly=False)
    return response


def _back(request: Request) -> str:
    """The page that the form stood on, if it is one of ours."""
    referer = request.headers.get("referer", "")
    own = str(request.base_url)
    return "/" + referer.removeprefix(own) if referer.startswith(own) else "/"
