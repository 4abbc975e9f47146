"""Puts the pages into the application of a service."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any
from urllib.parse import urlencode

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.dashboard import access, assets, frame
from tutorpulse.dashboard.desk import Desk
from tutorpulse.dashboard.pages import ROUTERS
from tutorpulse.service.access.oidc import Provider, configured
from tutorpulse.service.queries.shapes import Problem

_API = ("/v1/", "/insights", "/ingest", "/healthz", "/readyz", "/metrics", "/claim")
_DECODER = msgspec.json.Decoder(Problem)
UNKNOWN = 401
Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def mount(app: FastAPI) -> None:
    """Add every page. What goes wrong on a page is told on a page, and whoever is not signed in is led to where they can; the API's
    problems stay as they are.

    Raises:
        SettingsError: the OpenID provider of the settings cannot work.
    """
    service = app.state.context.service
    app.state.desk = Desk(service)
    app.state.provider = Provider(service.pulse.settings) if configured(service.pulse.settings) else None
    for router in (assets.router, *access.ROUTERS, *ROUTERS):
        app.include_router(router)
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _as_page(handler)


def _as_page(handler: Handler) -> Handler:
    async def handled(request: Request, error: Any) -> Response:
        found = handler(request, error)
        response = await found if isawaitable(found) else found
        if not wants_page(request):
            return response
        if response.status_code == UNKNOWN and request.method == "GET":
            return RedirectResponse("/login?" + urlencode({"next": _asked(request)}), 303)
        return _told(request, response)

    return handled


def _asked(request: Request) -> str:
    """What was asked for, from the path on."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def wants_page(request: Request) -> bool:
    """Whether the caller is somebody before a browser, on a page of ours."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_API)


def _told(request: Request, response: Response) -> Response:
    problem = _DECODER.decode(bytes(response.body))
    page = frame.page(request, "problem.html", None, response.status_code, problem=problem)
    for name in ("www-authenticate", "retry-after", "allow"):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    return page
