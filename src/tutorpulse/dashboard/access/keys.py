"""`/settings/keys`: the keys of programs. For administrators."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.context import here
from tutorpulse.clock import DAY_US
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.access import entering
from tutorpulse.dashboard.viewer import Administering, Viewer
from tutorpulse.errors import InputError
from tutorpulse.store.state import SCOPES
from tutorpulse.store.state.audit import Act

router = APIRouter(include_in_schema=False)


@router.get("/settings/keys")
def look(request: Request, viewer: Administering) -> Response:
    """Every key, without its secret."""
    return _page(request, viewer)


@router.post("/settings/keys")
async def create(request: Request, viewer: Administering) -> Response:
    """A new key; its secret is on the page that answers, and never again."""
    given = await entering.own_form(request)
    name_act(request, Act("create key", "key"))
    return await run_in_threadpool(_created, request, viewer, given)


@router.post("/settings/keys/{key_id}/revoke")
async def revoke(request: Request, viewer: Administering, key_id: str) -> Response:
    """Makes a key useless, for good."""
    await entering.own_form(request)
    name_act(request, Act("revoke key", "key", key_id))
    return await run_in_threadpool(_revoked, request, viewer, key_id)


def _created(request: Request, viewer: Viewer, given: dict[str, str]) -> Response:
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    scopes = [scope for scope in SCOPES if given.get(f"scope-{scope}")]
    try:
        expires_us = _expiry(given.get("days", ""), now_us)
        with service.states.one() as state:
            row, secret = state.keys.create(given.get("name", ""), scopes, now_us, expires_us)
    except InputError as error:
        return _page(request, viewer, failed=str(error))
    name_act(request, Act("create key", "key", row.key_id))
    return _page(request, viewer, f"The key of {row.name}. Keep it now; it is not shown again:", secret)


def _expiry(days: str, now_us: int) -> int | None:
    if not days.strip():
        return None
    try:
        return now_us + int(float(days) * DAY_US)
    except (ValueError, OverflowError):
        raise InputError(f"{days!r} is no number of days. Give one, or leave it empty.") from None


def _revoked(request: Request, viewer: Viewer, key_id: str) -> Response:
    context = here(request)
    try:
        with context.service.states.one() as state:
            row = state.keys.revoke(key_id, context.service.pulse.clock.now_us())
    except InputError as error:
        return _page(request, viewer, failed=str(error))
    context.door.forget()
    return _page(request, viewer, f"The key of {row.name} is revoked.")


def _page(request: Request, viewer: Viewer, said: str = "", secret: str = "", failed: str = "") -> Response:
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    with service.states.one() as state:
        rows = [(row, row.standing(now_us)) for row in state.keys.all()]
    status = 422 if failed else 200
    return frame.page(
        request,
        "keys.html",
        viewer,
        status,
        place="/settings/keys",
        rows=rows,
        scopes=SCOPES,
        said=said,
        secret=secret,
        failed=failed,
    )
