"""`/models`: how right predictions were, which models there are and served when, what they reached, and whether people have changed since."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.ports import Service
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.charts.chart import Chart
from tutorpulse.dashboard.charts.track import calibration, ranking
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Administering, Looking
from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.model.registry import is_starter
from tutorpulse.service.lifecycle import promoting
from tutorpulse.service.queries.models import models, newest_drift
from tutorpulse.service.queries.shapes import TrackItem
from tutorpulse.service.queries.track import LINE_OUTPUT, TrackAsked, track_record
from tutorpulse.service.queries.turns import turns
from tutorpulse.store.state.audit import Act
from tutorpulse.training.track.shapes import Flagged

router = APIRouter(include_in_schema=False)
_ACTS = {
    "promote": "promote model",
    "rollback": "roll back model",
    "shadow": "cast shadow",
    "unshadow": "lift shadow",
}


@router.get("/models")
def look(request: Request, viewer: Looking) -> Response:
    """The track record is that of the last look at what came true."""
    service = here(request).service
    scorer = service.scorer()
    with service.lend() as pulse:
        record = track_record(pulse.state, TrackAsked(output=LINE_OUTPUT))
        velocity = track_record(pulse.state, TrackAsked(output="session_velocity"))
        past, drift = turns(pulse.state), newest_drift(pulse.state)
        own = promoting.current_version(pulse)
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
        turns=past,
        own=own,
        drift=sorted(drift.items, key=lambda d: ENTITY_TYPES.index(d.entity_type)),
        notes=scorer.notes if scorer else (),
        lacking=service.ready(),
        zone=service.pulse.settings.marketplace_timezone,
    )


def _flags(items: list[TrackItem]) -> list[tuple[EntityType, float, Flagged]]:
    """(kind, base rate, flag) of the newest month that has some: the top share, then the thresholds from low to high."""
    for item in items:
        if item.figures.risk and item.figures.risk.flagged:
            rate = item.figures.risk.rate.value
            ordered = sorted(item.figures.risk.flagged, key=lambda flag: flag.bound or 0.0)
            return [(item.entity_type, rate, flag) for flag in ordered]
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


@router.post("/models")
async def act(request: Request, viewer: Administering) -> Response:
    """Put a saved model in force or take back the one that is, at once; have one score in shadow from the next refresh on, or none."""
    form = fields(await read_body(request, here(request).body_limits))
    move = form.get("move", "")
    if move not in _ACTS:
        raise InputError(f"Models cannot be made {move!r}. Choose one of {', '.join(_ACTS)}.")
    name_act(request, Act(_ACTS[move], "model", form.get("version", "")))
    await run_in_threadpool(_done, here(request).service, viewer.name, form)
    return RedirectResponse("/models#served-title", 303)


def _done(service: Service, by: str, form: Mapping[str, str]) -> None:
    version, reason = form.get("version", ""), form.get("reason", "").strip()
    with service.lend() as pulse:
        match form["move"]:
            case "rollback":
                promoting.rollback(pulse, by, reason)
            case "shadow":
                promoting.cast_shadow(pulse, version, by, reason)
            case "unshadow":
                promoting.lift_shadow(pulse, by, reason)
            case _:
                wanted = promoting.STARTER if is_starter(version) else version
                promoting.promote(pulse, wanted, by, reason)
