"""What a route answers, for the OpenAPI document: shapes are those of the structs, problems those of `problems.KINDS`."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tutorpulse.api.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX
from tutorpulse.decisions.insights import Insight
from tutorpulse.decisions.summary import Summary
from tutorpulse.service.proof.shapes import Playbooks
from tutorpulse.service.queries import alert_shapes, shapes
from tutorpulse.service.queries.shapes import Ingested, PostReceipt, Problem
from tutorpulse.service.queries.upkeep_shapes import AuditList, ErasedEntity
from tutorpulse.service.shown import Page
from tutorpulse.service.worklist import shapes as worklist
from tutorpulse.service.worklist.record_shapes import Record

REF = "#/components/schemas/{name}"
SHAPES: tuple[type[msgspec.Struct], ...] = (
    Problem,
    PostReceipt,
    Ingested,
    Insight,
    Summary,
    Page,
    shapes.TutorList,
    shapes.StudentList,
    shapes.History,
    shapes.Comparison,
    shapes.Segments,
    shapes.MoveList,
    shapes.InsightList,
    shapes.InsightCounts,
    shapes.Models,
    shapes.TrackRecord,
    shapes.ModelHistory,
    shapes.Drift,
    shapes.ModelChoice,
    shapes.ModelEnd,
    shapes.ModelChange,
    shapes.FeatureCatalog,
    shapes.RejectList,
    shapes.Replayed,
    shapes.ReplayRequest,
    shapes.Decision,
    shapes.Decided,
    AuditList,
    ErasedEntity,
    alert_shapes.AlertList,
    alert_shapes.AlertCounts,
    alert_shapes.ShownAlert,
    alert_shapes.AlertHistory,
    alert_shapes.RuleList,
    alert_shapes.SilenceList,
    alert_shapes.NoteRequest,
    alert_shapes.SnoozeRequest,
    alert_shapes.FeedbackRequest,
    alert_shapes.SilenceRequest,
    alert_shapes.ReceiverList,
    alert_shapes.Tried,
    Playbooks,
    Record,
    worklist.TaskList,
    worklist.TaskPage,
    worklist.TaskChange,
    worklist.OverrideRequest,
    worklist.ShownOverride,
    worklist.OverrideList,
    worklist.StateRequest,
    worklist.ShownState,
    worklist.StateList,
    worklist.VerdictRequest,
    worklist.ShownFeedback,
    worklist.FeedbackCounts,
    worklist.ReviewRequest,
    worklist.ReviewAnswer,
    worklist.ShownReview,
    worklist.ReviewList,
)
"""Every shape that is answered."""

ALWAYS = ("key-missing", "key-lacks-scope", "too-many-requests", "internal", "unavailable")
"""Problems that any route with a key may answer."""

Responses = dict[int | str, dict[str, Any]]


def ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    """The schema of a shape, by reference."""
    return {"$ref": REF.format(name=shape.__name__)}


def content(shape: type[msgspec.Struct], example: object) -> dict[str, Any]:
    """JSON of a shape, with an example, which has that shape: `msgspec.convert` says so when the module is read."""
    return {"application/json": {"schema": ref(shape), "example": _like(shape, example)}}


def _like(shape: type[msgspec.Struct], example: object) -> object:
    return msgspec.to_builtins(msgspec.convert(example, shape))


def answers(
    description: str,
    media: Mapping[str, Any],
    problems: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Responses:
    """The responses of a route with a key: what it answers, and every problem that it may."""
    good: dict[str, Any] = {"description": description, "content": dict(media)}
    if headers:
        good["headers"] = {n: {"description": d, "schema": {"type": "string"}} for n, d in headers.items()}
    found: Responses = {200: good}
    return found | {KINDS[name].status: _problem(name) for name in sorted({*ALWAYS, *problems})}


def not_modified() -> Responses:
    """What a polled list answers to whom it has nothing new."""
    return {304: {"description": "Nothing changed since the answer with the ETag in `If-None-Match`."}}


def _problem(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    example = Problem(TYPE_PREFIX + name, kind.title, kind.status, kind.when, "2f6c1d0e9b8a7f65")
    return {
        "description": kind.when,
        "content": {MEDIA_TYPE: {"schema": ref(Problem), "example": msgspec.to_builtins(example)}},
    }


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    _, components = msgspec.json.schema_components(SHAPES, ref_template=REF)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas |= components
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return made
