"""`/settings/users`: who may sign in, and as what. For administrators."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tutorpulse.api.auditing import name_act
from tutorpulse.api.context import here
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.access import entering
from tutorpulse.dashboard.viewer import Administering, Viewer
from tutorpulse.errors import InputError
from tutorpulse.service.access import users
from tutorpulse.service.access.links import path_of
from tutorpulse.store.state import State
from tutorpulse.store.state.audit import Act
from tutorpulse.store.state.users import ROLES, UserRow

router = APIRouter(include_in_schema=False)
_ACTS = {
    "role": "change role",
    "disable": "disable user",
    "enable": "enable user",
    "reset": "reset password",
    "sign-out": "sign out user",
}


@dataclass(frozen=True)
class _Outcome:
    """What was done, in words, with the secret of a link where one was made."""

    said: str
    secret: str = ""


@router.get("/settings/users")
def look(request: Request, viewer: Administering) -> Response:
    """Everybody, by name."""
    return _page(request, viewer)


@router.post("/settings/users")
async def invite(request: Request, viewer: Administering) -> Response:
    """A new user, with a link for them to choose a password."""
    given = await entering.own_form(request)
    name, role = given.get("name", ""), given.get("role", "")
    name_act(request, Act("invite user", "user", name.strip()))
    return await run_in_threadpool(
        _done, request, viewer, lambda state, now_us: _invited(state, name, role, now_us)
    )


@router.post("/settings/users/{user_id}/{deed}")
async def change(request: Request, viewer: Administering, user_id: str, deed: str) -> Response:
    """Another role, shut out or let in, a link for another password, or signed out everywhere."""
    given = await entering.own_form(request)

    def doing(state: State, now_us: int) -> _Outcome:
        user = state.users.get(user_id)
        name_act(request, Act(_ACTS.get(deed, "change user"), "user", user.name))
        return _changed(state, user, deed, given.get("role", ""), now_us)

    return await run_in_threadpool(_done, request, viewer, doing)


def _invited(state: State, name: str, role: str, now_us: int) -> _Outcome:
    user, secret = users.invite(state, name, role, now_us)
    return _Outcome(f"Give this link to {user.name}. It works once, within 7 days:", secret)


def _changed(state: State, user: UserRow, deed: str, role: str, now_us: int) -> _Outcome:
    if deed == "role":
        changed = state.users.set_role(user.user_id, role)
        return _Outcome(f"{user.name} is {changed.role} now.")
    if deed == "disable":
        users.shut_out(state, user.user_id, now_us)
        return _Outcome(f"{user.name} is shut out.")
    if deed == "enable":
        state.users.disable(user.user_id, None)
        return _Outcome(f"{user.name} may sign in again.")
    if deed == "sign-out":
        return _Outcome(f"{user.name} was signed out of {state.signins.end_all(user.user_id)} browsers.")
    if deed == "reset":
        _, secret = users.reset(state, user.user_id, now_us)
        return _Outcome(f"Give this link to {user.name}. It works once:", secret)
    raise InputError(f"{deed!r} is nothing that can be done to a user.")


def _done(request: Request, viewer: Viewer, doing: Callable[[State, int], _Outcome]) -> Response:
    context = here(request)
    try:
        with context.service.states.one() as state:
            outcome = doing(state, context.service.pulse.clock.now_us())
    except InputError as error:
        return _page(request, viewer, failed=str(error))
    context.door.forget()
    return _page(request, viewer, outcome)


def _page(request: Request, viewer: Viewer, outcome: _Outcome | None = None, failed: str = "") -> Response:
    service = here(request).service
    with service.states.one() as state:
        rows, signed_in = state.users.all(), state.signins.counts(service.pulse.clock.now_us())
    return frame.page(
        request,
        "users.html",
        viewer,
        422 if failed else 200,
        place="/settings/users",
        rows=rows,
        signed_in=signed_in,
        roles=tuple(ROLES),
        failed=failed,
        said=outcome.said if outcome else "",
        link=entering.address_of(request) + path_of(outcome.secret) if outcome and outcome.secret else "",
    )
