"""The ASGI application of a service."""

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import described, problems
from tutorpulse.api.access import Door
from tutorpulse.api.auditing import Audited
from tutorpulse.api.context import context_of
from tutorpulse.api.direct import Direct
from tutorpulse.api.outer import Outer, finished
from tutorpulse.api.ports import Service
from tutorpulse.api.routes import ROUTERS, TAGS
from tutorpulse.errors import TutorpulseError

_DESCRIPTION = """Events in, predictions out. Every path but `/healthz` and `/readyz` needs a key of `tutorpulse keys create`.
Every error is a problem of RFC 9457 (`application/problem+json`). Times are RFC 3339; risks are 0 to 1, health 0 to 100."""


def create_app(service: Service, routers: Iterable[APIRouter] = ROUTERS, door: Door | None = None) -> FastAPI:
    """The API of a service, of some resources, with a door of one's own where another system keeps the keys.

    `app.state.context.streams.close()` ends open streams, from any thread, before a shutdown."""
    app = FastAPI(
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        title="tutorpulse",
        version=version("tutorpulse"),
        summary="Watches a tutoring marketplace's events and says who is about to leave, and why.",
        description=_DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=_middleware(service),
    )
    app.state.context = context_of(service, door)
    for router in routers:
        app.include_router(router)
    _handle_errors(app)
    app.openapi = lambda: described.document(app)  # type: ignore[method-assign]
    return app


def _middleware(service: Service) -> list[Middleware]:
    origins = service.pulse.settings.cors_origins
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "X-API-Key", "If-None-Match", "Last-Event-ID", "X-Request-ID"],
        expose_headers=["ETag", "Link", "Retry-After", "X-Request-ID"],
    )
    audited = Middleware(Audited, service=service)
    return [Middleware(Outer), *([cors] if origins else []), Middleware(Direct), audited]


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(problems.ProblemError, _problem)
    app.add_exception_handler(TutorpulseError, _ours)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, problems.ProblemError)
    return problems.respond(request, error)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, TutorpulseError)
    return problems.respond(request, problems.of_ours(error))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problems.respond(request, problems.of_validation(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problems.respond(request, problems.of_http(error, request))


def _fault(request: Request, _error: Exception) -> Response:
    """A fault is answered outside of all middleware, so it gets its headers here; the server logs it with its traceback."""
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    said = problems.ProblemError(
        "internal", f"The service failed. Its log has more under {request_id or 'the time'}."
    )
    response = problems.respond(request, said)
    response.raw_headers = finished(response.raw_headers, request_id)
    return response
