"""Tutors and students: lists, one page, history, and why a prediction moved."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api import examples, formats, worklist_examples
from tutorpulse.api.access import needs
from tutorpulse.api.answers import answer, polled
from tutorpulse.api.context import here, scorer_of
from tutorpulse.api.described import answers, content, not_modified
from tutorpulse.api.params import (
    ENTITY,
    KINDS,
    Cursor,
    EntityId,
    Fraction,
    Kind,
    Limit,
    Strict,
    Time,
    Written,
    micros,
)
from tutorpulse.decisions.facts import TUTOR_NAMES
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.status import STATUSES
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import page
from tutorpulse.service.queries.comparing import compare, history
from tutorpulse.service.queries.listing import ORDERS, Asked, listed
from tutorpulse.service.queries.shapes import (
    Comparison,
    History,
    StudentItem,
    StudentList,
    TutorItem,
    TutorList,
)
from tutorpulse.service.queries.what_if_shapes import WhatIf
from tutorpulse.service.shown import Page
from tutorpulse.service.what_if import what_if
from tutorpulse.service.worklist.record import record
from tutorpulse.service.worklist.record_shapes import Record

router = APIRouter(tags=["entities"], dependencies=[needs("read")])

_ITEMS: dict[EntityType, type[TutorItem] | type[StudentItem]] = {"tutor": TutorItem, "student": StudentItem}
_Health = Annotated[float | None, Field(ge=0, le=100), Written]


_SORTS: list[Any] = [sign + name for name in (*ORDERS, *TUTOR_NAMES) for sign in ("", "-")]


def _among(names: Iterable[str]) -> dict[str, Any]:
    """Has the document list what there is; the query refuses the rest, with its own words."""
    return {"items": {"type": "string", "enum": list(names)}}


class ListParams(Strict):
    """What a list can be asked."""

    segment: list[str] = Field([])
    status: list[str] = Field(
        [], description="Of one of these statuses.", examples=[["active"]], json_schema_extra=_among(STATUSES)
    )
    subject: str | None = Field(None, max_length=256, description="Taught or learnt in 90 days, or declared.")
    risk_min: Fraction = Field(None, description="Risk within 14 days at least this, 0 to 1.")
    risk_max: Fraction = Field(None, description="Risk within 14 days at most this.")
    risk_30d_min: Fraction = Field(None, description="Risk within 30 days at least this, 0 to 1.")
    risk_30d_max: Fraction = Field(None, description="Risk within 30 days at most this.")
    health_min: _Health = Field(None, description="Health at least this, 0 to 100.")
    health_max: _Health = Field(None, description="Health at most this.")
    sort: str = Field(
        "-churn_risk_14d",
        description="An output or `entity_id`; `-` before it: highest first. What is not known comes last.",
        examples=["-churn_risk_14d"],
        json_schema_extra={"enum": _SORTS},
    )
    limit: Limit = 100
    cursor: Cursor = None

    def asked(self, kind: EntityType) -> Asked:
        """As the query asks it."""
        return Asked(
            kind=kind,
            segments=tuple(self.segment),
            statuses=tuple(self.status),
            subject=self.subject,
            bounds=(
                ("churn_risk_14d", self.risk_min, self.risk_max),
                ("churn_risk_30d", self.risk_30d_min, self.risk_30d_max),
                ("health_score", self.health_min, self.health_max),
            ),
            sort=self.sort,
            cursor=self.cursor,
            limit=self.limit,
        )


class TutorParams(ListParams):
    """What a list of tutors can be asked."""

    segment: list[str] = Field(
        [],
        description="In one of these segments.",
        examples=[["at_risk"]],
        json_schema_extra=_among(SEGMENTS["tutor"]),
    )


class StudentParams(ListParams):
    """What a list of students can be asked."""

    segment: list[str] = Field(
        [],
        description="In one of these segments.",
        examples=[["at_risk"]],
        json_schema_extra=_among(SEGMENTS["student"]),
    )


def list_tutors(request: Request, asked: Annotated[TutorParams, Query()]) -> Response:
    """Current predictions: filtered, sorted, in pages of up to 1,000, as JSON, CSV or Arrow by `Accept`.

    Tutors whose values change while pages are turned may be missed or come twice; sorted by `entity_id` none does.
    """
    return _list(request, asked.asked("tutor"))


def list_students(request: Request, asked: Annotated[StudentParams, Query()]) -> Response:
    """Current predictions: filtered, sorted, in pages of up to 1,000, as JSON, CSV or Arrow by `Accept`.

    Students whose values change while pages are turned may be missed or come twice; sorted by `entity_id` none does.
    """
    return _list(request, asked.asked("student"))


def _list(request: Request, asked: Asked) -> Response:
    media_type = formats.chosen(request.headers.get("accept", ""))
    context = here(request)
    with context.service.lend() as pulse:
        if asked.subject is not None:
            context.subjects.bring_up_to_date(pulse)
        found = listed(pulse.state, asked)
    if media_type == formats.JSON:
        response = answer(found)
    else:
        response = Response(
            formats.encoded(found.items, _ITEMS[asked.kind], media_type), media_type=media_type
        )
    if found.next_cursor:
        following = request.url.include_query_params(cursor=found.next_cursor)
        response.headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    return polled(request, response)


def one(request: Request, kind: Kind, entity_id: EntityId) -> Response:
    """Prediction, drivers, features, recommendations, insights and history of one tutor or student.

    Drivers explain the prediction from the features that it was made from; an entity that is no longer scored has none.
    """
    service = here(request).service
    with service.lend() as pulse:
        return polled(request, answer(page(pulse, scorer_of(service), entity_id, kind)))


def held(request: Request, kind: Kind, entity_id: EntityId) -> Response:
    """All that is held about one tutor or student, why a score is what it is in plain words, and who acted on it."""
    service = here(request).service
    with service.lend() as pulse:
        return answer(record(pulse, scorer_of(service), entity_id, kind))


class HistoryParams(Strict):
    """Within which times."""

    since: Time | None = Field(None, description="From this time on.")
    until: Time | None = Field(None, description="Up to this time.")


def past(
    request: Request, kind: Kind, entity_id: EntityId, within: Annotated[HistoryParams, Query()]
) -> Response:
    """The first prediction of each UTC day, and each change of segment."""
    with here(request).service.lend() as pulse:
        found = history(pulse, kind, entity_id, micros(within.since), micros(within.until))
    return answer(found)


class ComparisonParams(Strict):
    """Between which times."""

    since: Time = Field(description="The earlier time.")
    until: Time | None = Field(
        None, description="The later time; by default the newest prediction of record."
    )


async def changes(
    request: Request, kind: Kind, entity_id: EntityId, between: Annotated[ComparisonParams, Query()]
) -> Response:
    """The predictions of record at two times, and what moved them: the features whose change did, and a change of the model apart.

    It reads the log as it was known at both times, which takes a second or so: one is answered at a time.
    """
    context = here(request)
    since_us, until_us = micros(between.since) or 0, micros(between.until)
    scorer = scorer_of(context.service)

    def compared() -> Comparison:
        with context.service.lend() as pulse:
            return compare(pulse, scorer, kind, entity_id, since_us, until_us)

    async with context.comparing:
        return answer(await run_in_threadpool(compared))


def lowering(request: Request, kind: Kind, entity_id: EntityId) -> Response:
    """The smallest realistic changes that would lower the risk of 14 days: at most three, only of what somebody can act on.

    They are tried on the model within what is usual among the peers. It is what the model expects, not a promise.
    """
    service = here(request).service
    with service.lend() as pulse:
        return polled(request, answer(what_if(pulse, scorer_of(service), entity_id, kind)))


def _listed(shape: type[TutorList] | type[StudentList], example: object) -> dict[str, object]:
    return content(shape, example) | {
        formats.CSV: {"schema": {"type": "string"}},
        formats.ARROW: {"schema": {"type": "string", "format": "binary"}},
    }


_TAG = {"ETag": "For `If-None-Match`."}
_LISTS = {"tutors": _listed(TutorList, examples.TUTORS), "students": _listed(StudentList, examples.STUDENTS)}
_LISTERS: dict[str, Callable[..., Response]] = {"tutors": list_tutors, "students": list_students}

# An id may hold slashes, so it takes the rest of the path; what ends in /history, /changes, /what-if or /record is the longer path.
for _collection in KINDS:
    _path = f"/v1/{_collection}"
    router.add_api_route(
        _path,
        _LISTERS[_collection],
        summary=f"List {_collection}",
        responses=answers(
            "One page; in CSV and Arrow the next one is told by `Link` alone.",
            _LISTS[_collection],
            ("invalid", "not-acceptable"),
            _TAG | {"Link": "The next page, `rel=next`."},
        )
        | not_modified(),
    )
    router.add_api_route(
        f"{_path}/{ENTITY}/history",
        past,
        summary="Its predictions of record",
        responses=answers("Oldest first.", content(History, examples.HISTORY), ("not-found", "invalid")),
    )
    router.add_api_route(
        f"{_path}/{ENTITY}/changes",
        changes,
        summary="Why did it move?",
        responses=answers(
            "What moved each output.",
            content(Comparison, examples.COMPARISON),
            ("not-found", "invalid", "nothing-yet"),
        ),
    )
    router.add_api_route(
        f"{_path}/{ENTITY}/what-if",
        lowering,
        summary="What would lower its risk?",
        responses=answers(
            "The changes, or why there are none.",
            content(WhatIf, examples.WHAT_IF),
            ("not-found", "invalid", "nothing-yet"),
            _TAG,
        )
        | not_modified(),
    )
    router.add_api_route(
        f"{_path}/{ENTITY}/record",
        held,
        summary="All that is held about one",
        responses=answers(
            "The record.",
            content(Record, worklist_examples.RECORD),
            ("not-found", "invalid", "nothing-yet"),
        ),
    )
    router.add_api_route(
        f"{_path}/{ENTITY}",
        one,
        summary="All about one",
        responses=answers(
            "The page.", content(Page, examples.PAGE), ("not-found", "invalid", "nothing-yet"), _TAG
        )
        | not_modified(),
    )
