"""`/settings`: thresholds with a preview of what they would change, receivers of alerts, and what else is set."""

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse import settings as table_of
from tutorpulse.api.auditing import name_act
from tutorpulse.api.bodies import read_body
from tutorpulse.api.context import here
from tutorpulse.api.ports import Service
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.desk import Desk, desk_of
from tutorpulse.dashboard.forms import fields
from tutorpulse.dashboard.viewer import Administering, Looking
from tutorpulse.errors import SettingsError
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.queries.receivers import receivers
from tutorpulse.service.queries.thresholds import THRESHOLDS, Preview, preview
from tutorpulse.settings import Settings
from tutorpulse.store.state.audit import Act

router = APIRouter(include_in_schema=False)


@router.get("/settings")
def look(request: Request, viewer: Looking) -> Response:
    """Thresholds in the address are tried out, not set."""
    desk = desk_of(request)
    wanted = changes_of(request.query_params, desk.settings)
    return _page(request, viewer, desk, wanted, saved="saved" in request.query_params)


@router.post("/settings/thresholds")
async def change(request: Request, viewer: Administering) -> Response:  # noqa: ARG001
    """Set thresholds, in the home's file and in force."""
    form = fields(await read_body(request, here(request).body_limits))
    desk = desk_of(request)
    wanted = changes_of(form, desk.settings)
    name_act(request, Act("change thresholds", "settings", ", ".join(wanted)))
    home = here(request).service.pulse.home.path

    def changed() -> None:
        if wanted:
            table_of.save(home, wanted)
            desk.adopt(wanted)

    await run_in_threadpool(changed)
    return RedirectResponse("/settings?saved#thresholds", 303)


def changes_of(given: Mapping[str, str], now: Settings) -> dict[str, float | int]:
    """The thresholds that are given and differ from those in force.

    Raises:
        SettingsError: one is no number, or out of its bounds.
    """
    named = {name: text for name in THRESHOLDS if (text := given.get(name, "").strip())}
    try:
        tried = msgspec.convert(msgspec.structs.asdict(now) | named, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Settings: {error}. Percentages are 0 to 100.") from None
    return {name: getattr(tried, name) for name in named if getattr(tried, name) != getattr(now, name)}


def _page(
    request: Request, viewer: Looking, desk: Desk, wanted: Mapping[str, float | int], saved: bool
) -> Response:
    service = here(request).service
    home = service.pulse.home.path
    docs = table_of.setting_docs()
    with service.states.one() as state:
        told = receivers(state, home, service.pulse.settings)
    return frame.page(
        request,
        "settings.html",
        viewer,
        thresholds=[
            (name, docs[name][0], docs[name][1], getattr(desk.settings, name)) for name in THRESHOLDS
        ],
        wanted=wanted,
        previews=_previews(service, desk, wanted) if wanted else (),
        saved=saved,
        receivers=told.receivers,
        others=[
            (name, told[0], told[1], getattr(service.pulse.settings, name))
            for name, told in docs.items()
            if name not in THRESHOLDS
        ],
    )


def _previews(service: Service, desk: Desk, wanted: Mapping[str, float | int]) -> list[Preview]:
    tried = msgspec.structs.replace(desk.settings, **wanted)
    with service.states.one() as state:
        return [preview(state, desk.scored(kind), tried) for kind in ENTITY_TYPES]
