"""`/login/provider`: sign-in by the OpenID provider of the settings."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.context import here
from tutorpulse.api.problems import ProblemError
from tutorpulse.dashboard.access import entering, login
from tutorpulse.errors import SignInError, UnavailableError
from tutorpulse.service.access.oidc import Pending, Provider, Vouched
from tutorpulse.store.state.users import UserRow

router = APIRouter(include_in_schema=False)
_BACK = "/login/provider/done"
_COOKIE, _COOKIE_S = "tutorpulse-pending", 600


@router.get("/login/provider")
async def go(request: Request, next: str = "/") -> Response:
    """On to the provider's page."""
    entering.count_attempt(request, None)
    provider = _provider(request)
    back_to = entering.address_of(request) + _BACK
    try:
        address, pending = await run_in_threadpool(provider.begin, back_to, entering.own_path(next))
    except UnavailableError as error:
        return login.form(request, entering.own_path(next), str(error))
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _COOKIE,
        urlsafe_b64encode(msgspec.json.encode(pending)).decode(),
        max_age=_COOKIE_S,
        path=_BACK,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(_BACK)
async def come_back(request: Request) -> Response:
    """What the provider says of the browser that it sent back."""
    provider = _provider(request)
    try:
        pending = _pending(request)
        back_to = entering.address_of(request) + _BACK
        vouched = await run_in_threadpool(provider.finish, pending, dict(request.query_params), back_to)
        user = await run_in_threadpool(_user, request, vouched)
    except (SignInError, UnavailableError) as error:
        return login.form(request, "/", str(error))
    response = await run_in_threadpool(entering.welcome, request, user, "sign in by provider", pending.onward)
    response.delete_cookie(_COOKIE, path=_BACK)
    return response


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise ProblemError("not-found", "No provider is set up here. Sign in with a name and a password.")
    return provider


def _pending(request: Request) -> Pending:
    try:
        return msgspec.json.decode(urlsafe_b64decode(request.cookies.get(_COOKIE, "")), type=Pending)
    except (ValueError, msgspec.DecodeError):
        raise SignInError("This sign-in was begun elsewhere, or took too long. Begin again.") from None


def _user(request: Request, vouched: Vouched) -> UserRow:
    service = here(request).service
    with service.states.one() as state:
        user = state.users.of_provider(
            vouched.issuer, vouched.subject, vouched.name, vouched.role, service.pulse.clock.now_us()
        )
        if user.disabled_us is not None:
            entering.note_refusal(request, user)
            raise SignInError("You are shut out here. Ask an administrator.")
    return user
