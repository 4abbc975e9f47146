"""Health, readiness, figures, and the OpenAPI document."""

from fastapi import APIRouter
from prometheus_client import exposition
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here
from tutorpulse.api.described import Responses, answers, not_modified
from tutorpulse.api.problems import KINDS, ProblemError

router = APIRouter(tags=["operations"])

_STATUS = {
    "type": "object",
    "properties": {"status": {"type": "string"}},
    "required": ["status"],
}


def _status(word: str) -> dict[str, object]:
    return {"application/json": {"schema": _STATUS, "example": {"status": word}}}


_PUBLIC: Responses = {
    code: response for code, response in answers("Yes.", _status("ok")).items() if code in (200, 500)
}
_READY: Responses = {
    code: response
    for code, response in answers("Yes.", _status("ready")).items()
    if code in (200, 500, KINDS["unavailable"].status)
}


@router.get("/healthz", summary="Is the process alive?", responses=_PUBLIC)
async def healthz() -> Response:
    """Needs no key and looks at nothing but itself: whoever watches the process restarts it where this does not answer."""
    return answer({"status": "ok"})


@router.get("/readyz", summary="Can it do its work?", responses=_READY)
def readyz(request: Request) -> Response:
    """Needs no key, since a balancer has none, and tells parts, never contents: the store, the model, the refresh.

    503 names what is not ready.
    """
    lacking = here(request).service.ready()
    if lacking:
        raise ProblemError("unavailable", f"Not ready: {'; '.join(lacking)}.", headers={"Retry-After": "1"})
    return answer({"status": "ready"})


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    responses=answers("Prometheus' text format.", {"text/plain": {"schema": {"type": "string"}}}),
    dependencies=[needs("read")],
)
def metrics(request: Request) -> Response:
    """Ingest, rejects by reason, queue, freshness, refresh, model age, store size. Prometheus sends the key as a bearer token."""
    text = exposition.generate_latest(here(request).service.registry)
    return Response(text, media_type=exposition.CONTENT_TYPE_LATEST)


@router.get(
    "/v1/openapi.json",
    summary="This document",
    responses=answers("OpenAPI 3.1.", {"application/json": {"schema": {"type": "object"}}}) | not_modified(),
    dependencies=[needs(None)],
)
def openapi(request: Request) -> Response:
    """Every path, shape and problem."""
    return polled(request, answer(request.app.openapi()))
