"""Puts the pages into the application of a service."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.dashboard import assets, frame
from tutorpulse.dashboard.desk import Desk
from tutorpulse.dashboard.pages import ROUTERS
from tutorpulse.service.queries.shapes import Problem

_API = ("/v1/", "/insights", "/ingest", "/healthz", "/readyz", "/metrics", "/claim")
_DECODER = msgspec.json.Decoder(Problem)
Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def mount(app: FastAPI) -> None:
    """Add every page. What goes wrong on a page is told on a page; the API's problems stay as they are."""
    app.state.desk = Desk(app.state.context.service)
    for router in (assets.router, *ROUTERS):
        app.include_router(router)
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _as_page(handler)


def _as_page(handler: Handler) -> Handler:
    async def handled(request: Request, error: Any) -> Response:
        found = handler(request, error)
        response = await found if isawaitable(found) else found
        return _told(request, response) if wants_page(request) else response

    return handled


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
