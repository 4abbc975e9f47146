"""`/models`: how right predictions were, which models there are, and what they reached on time they had not seen."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.context import here
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.charts.chart import Chart
from tutorpulse.dashboard.charts.track import calibration, ranking
from tutorpulse.dashboard.viewer import Looking
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.service.queries.models import models
from tutorpulse.service.queries.shapes import TrackItem
from tutorpulse.service.queries.track import LINE_OUTPUT, TrackAsked, track_record
from tutorpulse.training.track.shapes import Flagged

router = APIRouter(include_in_schema=False)


@router.get("/models")
def look(request: Request, viewer: Looking) -> Response:
    """The track record is that of the last look at what came true."""
    service = here(request).service
    scorer = service.scorer()
    with service.states.one() as state:
        record = track_record(state, TrackAsked(output=LINE_OUTPUT))
        velocity = track_record(state, TrackAsked(output="session_velocity"))
    of_kind = {
        kind: [item for item in record.items if item.entity_type == kind and not item.shadow]
        for kind in ENTITY_TYPES
    }
    return frame.page(
        request,
        "models.html",
        viewer,
        record=record,
        charts=_charts(of_kind),
        flags=[flag for items in of_kind.values() for flag in _flags(items)],
        truths=[
            item
            for items in of_kind.values()
            for item in items
            if item.figures.risk and item.figures.risk.oracle
        ],
        velocities=[item for item in velocity.items if item.figures.velocity and not item.shadow],
        found=models(service.pulse.home.models_path, scorer.model.version if scorer else None),
        notes=scorer.notes if scorer else (),
        lacking=service.ready(),
        zone=service.pulse.settings.marketplace_timezone,
    )


def _flags(items: list[TrackItem]) -> list[tuple[EntityType, float, Flagged]]:
    """(kind, base rate, flag) of the newest month that has some."""
    for item in items:
        if item.figures.risk and item.figures.risk.flagged:
            rate = item.figures.risk.rate.value
            return [(item.entity_type, rate, flag) for flag in item.figures.risk.flagged]
    return []


def _charts(of_kind: dict[EntityType, list[TrackItem]]) -> list[tuple[str, str, Chart]]:
    """(title, what its unit is, chart) of each that has something to show."""
    found: list[tuple[str, str, Chart]] = []
    for kind, items in of_kind.items():
        if (chart := calibration(kind, items)) is not None:
            found.append(
                (f"{kind.capitalize()}s: given and come true", "risk within 14 days, newest month", chart)
            )
        if (chart := ranking(kind, items)) is not None:
            found.append((f"{kind.capitalize()}s: ranking by month", "AUC, 0.5 is guessing", chart))
    return found
