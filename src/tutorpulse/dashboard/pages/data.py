"""`/data`: what came in and how, what was refused, and what is made of it."""

from collections.abc import Mapping
from itertools import groupby

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.ports import Service
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.charts.log import by_day, by_minute
from tutorpulse.dashboard.desk import desk_of
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Looking, Operating
from tutorpulse.errors import InputError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.queries import rejects
from tutorpulse.service.queries.models import feature_catalog
from tutorpulse.service.queries.shapes import FeatureEntry, RejectToTry, Replayed, ReplayRequest
from tutorpulse.store.rejects import STATES, State
from tutorpulse.store.state.audit import Act

router = APIRouter(include_in_schema=False)
_SHOWN = 20
_FLUSH_S = 10.0


@router.get("/data")
def look(request: Request, viewer: Looking) -> Response:
    """Rejects hold what senders sent, so only whoever may act sees them."""
    service, found = here(request).service, desk_of(request).log.get()
    state = _state(request.query_params.get("state"))
    cursor = request.query_params.get("cursor")
    refused = rejects.listed(service.pulse.store, state, cursor, _SHOWN) if viewer.may("operator") else None
    return frame.page(
        request,
        "data.html",
        viewer,
        found=found,
        chart=by_day(found) if found.total else None,
        rate=by_minute(found) if any(found.received) else None,
        refused=refused,
        state=state,
        states=STATES,
        catalog=_catalog(),
        live=desk_of(request).arrivals(),
        tried=request.query_params.get("tried"),
        replayed=request.query_params.get("replayed"),
        zone=service.pulse.settings.marketplace_timezone,
        now_us=service.pulse.clock.now_us(),
    )


def _state(given: str | None) -> State:
    found = next((state for state in STATES if state == (given or "open")), None)
    if found is None:
        raise InputError(f"There is no state {given!r} of rejects. Give one of {', '.join(STATES)}.")
    return found


def _catalog() -> list[tuple[str, list[tuple[str, list[FeatureEntry]]]]]:
    """By kind, then by group."""
    return [
        (
            kind,
            [
                (group, list(some))
                for group, some in groupby(feature_catalog((kind,)).features, lambda f: f.group)
            ],
        )
        for kind in ENTITY_TYPES
    ]


@router.post("/data/rejects")
async def replay(request: Request, viewer: Operating) -> Response:  # noqa: ARG001
    """Try rejects again, one of them corrected or all that are open; or dismiss one."""
    form = fields(await read_body(request, here(request).body_limits))
    name_act(request, Act(f"{form.get('move', '')} reject", "reject", form.get("reject_id", "")))
    service = here(request).service
    if form.get("move") == "dismiss":
        await run_in_threadpool(_dismissed, service, form)
        return RedirectResponse("/data#rejects", 303)
    found = await run_in_threadpool(_replayed, service, _wanted(form))
    return RedirectResponse(f"/data?tried={found.tried}&replayed={found.replayed}#rejects", 303)


def _dismissed(service: Service, form: Mapping[str, str]) -> None:
    reject = service.pulse.store.reject(form.get("reject_id", ""))
    service.pulse.store.mark_rejects([reject.reject_id], "dismissed")


def _wanted(form: Mapping[str, str]) -> ReplayRequest:
    """Which: `reject_id` with the text of `event` in its place, or all.

    Raises:
        InputError: the text is no JSON, or the form asks for something else.
    """
    if form.get("move") == "replay-all":
        return ReplayRequest()
    if form.get("move") != "replay":
        raise InputError(f"A reject cannot be made {form.get('move')!r}. Choose replay or dismiss.")
    text = form.get("event", "").strip()
    try:
        event = msgspec.Raw(msgspec.json.encode(msgspec.json.decode(text))) if text else msgspec.UNSET
    except msgspec.DecodeError as error:
        raise InputError(f"The corrected event is no JSON: {error}. Mend it and try again.") from None
    return ReplayRequest((RejectToTry(form.get("reject_id", ""), event),))


def _replayed(service: Service, wanted: ReplayRequest) -> Replayed:
    service.live.flush(_FLUSH_S)
    return rejects.replayed(service.pulse, wanted)
