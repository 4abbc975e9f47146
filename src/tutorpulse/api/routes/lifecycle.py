"""The life of models: what served when, drift, which one serves, and which scores in shadow."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples
from tutorpulse.api.access import SCHEMES, needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.described import answers, content, not_modified, ref
from tutorpulse.api.problems import ProblemError
from tutorpulse.service.lifecycle import promoting
from tutorpulse.service.queries.models import model_history, newest_drift
from tutorpulse.service.queries.shapes import Drift, ModelChange, ModelChoice, ModelEnd, ModelHistory
from tutorpulse.service.root import Pulse
from tutorpulse.store.state.audit import Act

router = APIRouter(tags=["model"])
_WRONG = ("not-found", "invalid", "body-too-large", "media-type", "nothing-yet")
S = TypeVar("S", bound=msgspec.Struct)


def _takes(shape: type[msgspec.Struct], example: object) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": ref(shape), "example": example}}}
    return {"security": SCHEMES, "requestBody": body}


@router.get(
    "/v1/models/history",
    summary="What became of models",
    responses=answers("Newest first.", content(ModelHistory, examples.MODEL_HISTORY)) | not_modified(),
    dependencies=[needs("read")],
)
def history(request: Request) -> Response:
    """When each was trained, promoted, refused or taken back; by whom and why."""
    with here(request).service.states.one() as state:
        return polled(request, answer(model_history(state)))


@router.get(
    "/v1/models/drift",
    summary="How far the population has drifted",
    responses=answers("By kind.", content(Drift, examples.DRIFT)) | not_modified(),
    dependencies=[needs("read")],
)
def drift(request: Request) -> Response:
    """The performance that the models' probabilities promise now and at their reference, and which features moved the risks."""
    with here(request).service.states.one() as state:
        return polled(request, answer(newest_drift(state)))


@router.post(
    "/v1/models/promote",
    summary="Put a model in force",
    responses=answers("What serves now.", content(ModelChange, examples.PROMOTED), _WRONG),
    openapi_extra=_takes(ModelChoice, examples.PROMOTION),
)
async def promote(request: Request) -> Response:
    """The service goes over to it at once, and scores everybody anew in passing."""

    def change(pulse: Pulse, asked: ModelChoice, by: str) -> ModelChange:
        before = promoting.promote(pulse, asked.version, by, asked.reason)
        return ModelChange(promoting.current_version(pulse), before)

    return await _changed(request, ModelChoice, "promote model", change)


@router.post(
    "/v1/models/rollback",
    summary="Take back the model in force",
    responses=answers("What serves now.", content(ModelChange, examples.PROMOTED), _WRONG),
    openapi_extra=_takes(ModelEnd, examples.ROLLBACK),
)
async def rollback(request: Request) -> Response:
    """What served before it serves again."""

    def change(pulse: Pulse, asked: ModelEnd, by: str) -> ModelChange:
        before = promoting.current_version(pulse)
        return ModelChange(promoting.rollback(pulse, by, asked.reason), before)

    return await _changed(request, ModelEnd, "roll back model", change)


@router.post(
    "/v1/models/shadow",
    summary="Have a model score in shadow",
    responses=answers("What is in shadow now.", content(ModelChange, examples.SHADOWED), _WRONG),
    openapi_extra=_takes(ModelChoice, examples.SHADOW),
)
async def shadow(request: Request) -> Response:
    """From the next refresh on it scores what goes on record beside the model in force, in place of the one that was in shadow.

    It is in no list, alert or insight; the track record judges it. What serves already cannot be its own shadow.
    """

    def change(pulse: Pulse, asked: ModelChoice, by: str) -> ModelChange:
        before = promoting.shadow_version(pulse)
        return ModelChange(promoting.cast_shadow(pulse, asked.version, by, asked.reason), before)

    return await _changed(request, ModelChoice, "cast shadow", change)


@router.post(
    "/v1/models/shadow/end",
    summary="Have no model score in shadow",
    responses=answers("What is in shadow now: none.", content(ModelChange, examples.UNSHADOWED), _WRONG),
    openapi_extra=_takes(ModelEnd, examples.SHADOW_END),
)
async def end_shadow(request: Request) -> Response:
    """What it said stays on record, and is judged as it matures. Nothing changes where none was in shadow."""

    def change(pulse: Pulse, asked: ModelEnd, by: str) -> ModelChange:
        before = promoting.lift_shadow(pulse, by, asked.reason)
        return ModelChange(promoting.shadow_version(pulse), before)

    return await _changed(request, ModelEnd, "lift shadow", change)


async def _given(request: Request, shape: type[S], action: str) -> tuple[S, str]:
    """The body of a request that needs `admin`, and the name of whoever sent it."""
    context = here(request)
    caller = await context.door.admit(request, "admin")
    name_act(request, Act(action, "model", ""))
    raw = await read_body(request, context.body_limits)
    try:
        asked = msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("invalid", f"The body is not as it should be: {error}.") from None
    name_act(request, Act(action, "model", getattr(asked, "version", "")))
    return asked, caller.name


async def _changed(
    request: Request, shape: type[S], action: str, change: Callable[[Pulse, S, str], ModelChange]
) -> Response:
    """What the change, asked for in a body of that shape by somebody who may, led to."""
    asked, by = await _given(request, shape, action)

    def run() -> ModelChange:
        with here(request).service.lend() as pulse:
            return change(pulse, asked, by)

    return answer(await run_in_threadpool(run))
