"""`/`: how supply and demand stand today, and who needs someone."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here
from tutorpulse.dashboard import frame, texts
from tutorpulse.dashboard.charts.chart import Chart
from tutorpulse.dashboard.charts.flows import flows
from tutorpulse.dashboard.desk import desk_of
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.decisions.alerts.severity import SEVERITIES
from tutorpulse.decisions.insights import Insight
from tutorpulse.service.queries import insights
from tutorpulse.service.queries.overview import Overview
from tutorpulse.service.queries.track import track_lines
from tutorpulse.store.state import State

router = APIRouter(include_in_schema=False)
INSIGHTS_SHOWN = 12
_SHORT_SHOWN = 6


@router.get("/")
def look(request: Request, viewer: Looking) -> Response:
    """What costs a query over the whole log is fetched after the page."""
    service = here(request).service
    found, waiting = desk_of(request).overview.get(), desk_of(request).alerts.get()
    now_us = service.pulse.clock.now_us()
    with service.states.one() as state:
        newest = _newest(state)
        lines = track_lines(state)
    return frame.page(
        request,
        "overview.html",
        viewer,
        found=found,
        flows=_flows(found, now_us),
        insights=newest,
        alerts=waiting,
        severities=tuple(reversed(SEVERITIES)),
        track=lines,
        now_us=now_us,
        lacking=service.ready(),
        zone=service.pulse.settings.marketplace_timezone,
    )


def _newest(state: State) -> list[Insight]:
    return insights.recent(state, insights.InsightsAsked(limit=INSIGHTS_SHOWN)).insights


def _flows(found: Overview, now_us: int) -> list[Chart]:
    """Of the kinds in which anybody moved."""
    if found.since_us is None:
        return []
    since = texts.distance(now_us - found.since_us)
    return [flows(kind, since) for kind in found.kinds if any(f.left != f.entered for f in kind.flows)]


@router.get("/parts/needs")
def needs(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """Who needs someone today, by what is at stake."""
    return frame.part(request, "parts/needs.html", needs=desk_of(request).needs.get())


@router.get("/parts/subjects")
def subjects(request: Request, viewer: Looking) -> Response:  # noqa: ARG001
    """The subjects that are shortest of tutors."""
    found = desk_of(request).capacity.get()
    return frame.part(
        request, "parts/subjects.html", short=[s for s in found.subjects if s.short][:_SHORT_SHOWN]
    )
