"""The hot path: `POST /v1/events` goes to its route at once.

Routing, dependencies and exit stacks of the framework took two thirds of the time of a post of one event. The route is declared
like all others, for the OpenAPI document; this only calls it sooner.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tutorpulse.api import problems
from tutorpulse.api.routes.events import PATH, post_events
from tutorpulse.errors import TutorpulseError


class Direct:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            response = await post_events(request)
        except problems.ProblemError as error:
            response = problems.respond(request, error)
        except TutorpulseError as error:
            response = problems.respond(request, problems.of_ours(error))
        await response(scope, receive, send)
