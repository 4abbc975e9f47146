"""`/tutors` and `/students`: tables of 100,000 rows, of which the browser fetches those that it shows."""

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from tutorpulse.api import formats
from tutorpulse.api.answers import answer
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.ports import Service
from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.dashboard import columns, frame, texts
from tutorpulse.dashboard.columns import Column
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Looking, Operating
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.decisions.status import SCORED_STATUSES, STATUSES
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.model.contract import CONFIDENCE_LEVELS
from tutorpulse.service.queries.shapes import StudentItem, TutorItem
from tutorpulse.service.queries.table import TableAsked, check, table, whole

router = APIRouter(include_in_schema=False)
EVERYBODY = "all"
"""What stands for all statuses in the address; none stands for those who are scored."""


def asked_of(kind: EntityType, query: QueryParams) -> TableAsked:
    """What an address asks for.

    Raises:
        InputError: a number is none, or a segment, status, confidence or order is not known.
    """
    statuses = tuple(query.getlist("status"))
    return TableAsked(
        kind=kind,
        segments=tuple(query.getlist("segment")),
        statuses=() if EVERYBODY in statuses else statuses or SCORED_STATUSES,
        confidences=tuple(query.getlist("confidence")),
        subject=query.get("subject") or None,
        search=query.get("q", ""),
        bounds=tuple(_bounds(query, column) for column in columns.bounded(kind)),
        sort=query.get("sort") or _first_order(kind),
        start=max(int(_number(query, "start") or 0), 0),
        limit=max(int(_number(query, "limit") or 100), 1),
    )


def _first_order(kind: EntityType) -> str:
    return "-" + shown_name("churn_risk_14d", kind)


def _bounds(query: QueryParams, column: Column) -> tuple[str, float | None, float | None]:
    least, most = f"{column.field}_min", f"{column.field}_max"
    if column.look == "time":
        return column.field, _day_us(query, least, 0), _day_us(query, most, DAY_US - 1)
    return column.field, _number(query, least), _number(query, most)


def _day_us(query: QueryParams, name: str, further_us: int) -> float | None:
    text = query.get(name)
    return parse_time(text) + further_us if text else None


def _number(query: QueryParams, name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} is {text!r}, which is no number. Give one such as 0.4.") from None


def _look(request: Request, viewer: Looking, kind: EntityType) -> Response:
    context = here(request)
    asked = asked_of(kind, request.query_params)
    with context.service.lend() as pulse:
        context.subjects.bring_up_to_date(pulse)
        subjects = sorted(pulse.state.subjects.counts(kind))
        views = pulse.state.views.of(f"/{kind}s")
    return frame.page(
        request,
        "table.html",
        viewer,
        kind=kind,
        asked=asked,
        chosen=request.query_params.getlist("status"),
        segments=tuple(reversed(SEGMENTS[kind])),
        statuses=STATUSES,
        confidences=CONFIDENCE_LEVELS,
        subjects=subjects,
        views=views,
        query=request.url.query,
        grid=_grid(request, kind, asked),
    )


def _grid(request: Request, kind: EntityType, asked: TableAsked) -> dict[str, object]:
    return {
        "kind": kind,
        "columns": columns.described(kind, asked.sort),
        "rows": str(request.url_for(f"{kind}_rows").path),
        "csv": str(request.url_for(f"{kind}_csv").path),
        "firstOrder": _first_order(kind),
        "zone": here(request).service.pulse.settings.marketplace_timezone,
        "states": {name: texts.state(name) for name in SEGMENTS[kind]},
        "words": {name: texts.word(name) for name in SEGMENTS[kind]},
    }


def _rows(request: Request, kind: EntityType) -> Response:
    service = here(request).service
    with service.states.one() as state:
        return answer(table(state, asked_of(kind, request.query_params), service.pulse.clock.now_us()))


def _csv(request: Request, kind: EntityType) -> Response:
    service, asked = here(request).service, asked_of(kind, request.query_params)
    headers = {"content-disposition": f'attachment; filename="{kind}s.csv"'}
    return StreamingResponse(_lines(service, asked), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(service: Service, asked: TableAsked) -> Iterator[bytes]:
    shape = TutorItem if asked.kind == "tutor" else StudentItem
    started = False
    with service.states.one() as state:
        for items in whole(state, asked):
            content = formats.encoded(items, shape, formats.CSV)
            yield content.split(b"\r\n", 1)[1] if started else content
            started = True
    if not started:
        yield formats.encoded([], shape, formats.CSV)


@router.get("/tutors")
def tutors(request: Request, viewer: Looking) -> Response:
    """The table of tutors."""
    return _look(request, viewer, "tutor")


@router.get("/students")
def students(request: Request, viewer: Looking) -> Response:
    """The table of students."""
    return _look(request, viewer, "student")


@router.get("/rows/tutors", name="tutor_rows")
def tutor_rows(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """Some rows."""
    return _rows(request, "tutor")


@router.get("/rows/students", name="student_rows")
def student_rows(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """Some rows."""
    return _rows(request, "student")


@router.get("/csv/tutors", name="tutor_csv")
def tutor_csv(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """Every row that passes the filters, in the order that is shown."""
    return _csv(request, "tutor")


@router.get("/csv/students", name="student_csv")
def student_csv(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """Every row that passes the filters, in the order that is shown."""
    return _csv(request, "student")


@router.post("/views")
async def save(request: Request, viewer: Operating) -> Response:
    """Keep the filters and the order of a table under a name, for everybody."""
    form = fields(await read_body(request, here(request).body_limits))
    page, query = form.get("page", ""), form.get("query", "")
    if page not in ("/tutors", "/students"):
        raise InputError(
            f"Views are saved of tables, not of {page!r}. Save from the page of tutors or students."
        )
    check(asked_of("tutor" if page == "/tutors" else "student", QueryParams(query)))

    def saved() -> None:
        service = here(request).service
        with service.states.one() as state:
            state.views.save(page, form.get("name", ""), query, viewer.name, service.pulse.clock.now_us())

    await run_in_threadpool(saved)
    return RedirectResponse(f"{page}?{query}" if query else page, 303)


@router.post("/views/{view_id}/remove")
def remove(request: Request, viewer: Operating, view_id: str) -> Response:  # noqa: ARG001
    """Remove a saved view."""
    with here(request).service.states.one() as state:
        state.views.remove(view_id)
    return RedirectResponse(_page_of(request), 303)


def _page_of(request: Request) -> str:
    return "/students" if "/students" in request.headers.get("referer", "") else "/tutors"
