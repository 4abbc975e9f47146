"""`/link/…` and `/setup/…`: one-time links, to choose a password or to enter."""

import ipaddress

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.context import here
from tutorpulse.api.running.claim import SETUP_PATH, Claim, used
from tutorpulse.dashboard import frame
from tutorpulse.dashboard.access import entering
from tutorpulse.errors import InputError, SignInError
from tutorpulse.service.access import users
from tutorpulse.service.access.links import LINK_PATH
from tutorpulse.service.access.passwords import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN
from tutorpulse.store.state.tokens import Link
from tutorpulse.store.state.users import UserRow

router = APIRouter(include_in_schema=False)
_DIFFERENT = "The two passwords differ. Type the same one twice."
_HOW = {"invite": "accept invitation", "reset": "choose another password"}


@router.get(LINK_PATH)
async def look(request: Request, secret: str) -> Response:
    """The form to choose a password; a link to enter does so at once, from this machine only."""
    try:
        link, user = await run_in_threadpool(_looked_at, request, secret)
        if link.purpose != "enter":
            return _form(request, link, user)
        return await run_in_threadpool(_entered, request, secret)
    except SignInError as error:
        if await here(request).door.caller(request) is not None:
            return RedirectResponse("/", 303)
        return _worn(request, error)


@router.post(LINK_PATH)
async def choose(request: Request, secret: str) -> Response:
    """Sets the password, signs in, and ends every other sign-in of that user."""
    given = await entering.own_form(request)
    try:
        link, user = await run_in_threadpool(_looked_at, request, secret)
        if given.get("password") != given.get("again"):
            return _form(request, link, user, _DIFFERENT)
        return await run_in_threadpool(_chosen, request, secret, given.get("password", ""), link)
    except SignInError as error:
        return _worn(request, error)
    except InputError as error:
        return _form(request, link, user, str(error))


@router.get(SETUP_PATH)
def look_setup(request: Request, token: str) -> Response:
    """The form for the first administrator."""
    return _setup(request, _claim(request, token), token)


@router.post(SETUP_PATH)
async def settle(request: Request, token: str) -> Response:
    """Makes the first administrator, and signs them in."""
    given = await entering.own_form(request)
    claim = _claim(request, token)
    name, password = given.get("name", ""), given.get("password", "")
    if password != given.get("again"):
        return _setup(request, claim, token, _DIFFERENT, name)
    try:
        user = await run_in_threadpool(claim.settle, token, name, password)
    except InputError as error:
        return _setup(request, claim, token, str(error), name)
    return await run_in_threadpool(entering.welcome, request, user, "sign in")


def _looked_at(request: Request, secret: str) -> tuple[Link, UserRow]:
    service = here(request).service
    with service.states.one() as state:
        return users.looked_at(state, secret, service.pulse.clock.now_us())


def _entered(request: Request, secret: str) -> Response:
    service = here(request).service
    if request.client is None or not _is_loopback(request.client.host):
        raise SignInError("This link works on the machine of the service only.")
    with service.states.one() as state:
        user = users.enter(state, secret, service.pulse.clock.now_us())
    return entering.welcome(request, user, "sign in by link")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _chosen(request: Request, secret: str, password: str, link: Link) -> Response:
    service = here(request).service
    with service.states.one() as state:
        user = users.set_password(state, secret, password, service.pulse.clock.now_us())
    return entering.welcome(request, user, _HOW[link.purpose])


def _form(request: Request, link: Link, user: UserRow, said: str = "") -> Response:
    return _password_page(request, said, user.name, link.purpose)


def _setup(request: Request, _claim: Claim, _token: str, said: str = "", name: str = "") -> Response:
    return _password_page(request, said, name, "setup")


def _password_page(request: Request, said: str, name: str, purpose: str) -> Response:
    bounds = {"least": PASSWORD_CHARACTERS_MIN, "most": PASSWORD_CHARACTERS_MAX}
    status = 422 if said else 200
    return frame.page(request, "password.html", None, status, said=said, name=name, purpose=purpose, **bounds)


def _worn(request: Request, error: SignInError) -> Response:
    return frame.page(request, "worn.html", None, 404, said=str(error))


def _claim(request: Request, token: str) -> Claim:
    claim: Claim | None = getattr(request.app.state, "claim", None)
    if claim is None or not claim.fits(token):
        raise used()
    return claim
