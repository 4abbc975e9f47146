"""What pages that sign somebody in share: the cookie, the limit of attempts, where to go on to, and the audit log."""

import math
import time
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.bodies import BodyLimits, read_body
from tutorpulse.api.context import here
from tutorpulse.api.problems import ProblemError
from tutorpulse.api.signing import check_same_site, set_cookie
from tutorpulse.clock import SECOND_US
from tutorpulse.dashboard.forms import fields
from tutorpulse.service.access import users
from tutorpulse.store.state.audit import Act, Actor
from tutorpulse.store.state.users import UserRow

_FORM = BodyLimits(16_384, 16_384)
NOBODY = Actor("user", "unknown")


async def own_form(request: Request) -> dict[str, str]:
    """The fields of a form on a page of ours; at most 16 KB, as nobody has proved who they are yet.

    Raises:
        ProblemError: it comes from elsewhere, is larger, or is no form.
    """
    check_same_site(request)
    return fields(await read_body(request, _FORM))


def count_attempt(request: Request, name: str | None) -> None:
    """One more attempt to sign in, of a name (None: it is not known yet) and of an address.

    Raises:
        ProblemError: there were too many within a minute.
    """
    now_s = time.monotonic()
    address = request.client.host if request.client else ""
    named = () if name is None else (f"name {name.strip().casefold()[:64]}",)
    places = (f"address {address}", *named)
    wait_s = max(here(request).attempts.wait_s(place, now_s) for place in places)
    if wait_s:
        raise ProblemError(
            "too-many-requests",
            f"Too many attempts to sign in. Try again in {math.ceil(wait_s)} seconds.",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )


def welcome(request: Request, user: UserRow, how: str, onward: str = "/") -> Response:
    """Sign a user in, and send their browser on. `how` is what the audit log says."""
    service = here(request).service
    now_us = service.pulse.clock.now_us()
    lasts = users.lasting(service.pulse.settings)
    with service.states.one() as state, state.transaction():
        signin, secret = users.begin(state, user, now_us, lasts)
        state.audit.add(now_us, Actor("user", user.name, user.user_id), Act(how))
    response = RedirectResponse(own_path(onward), 303)
    set_cookie(request, response, secret, (signin.expires_us - now_us) // SECOND_US)
    return response


def note_refusal(request: Request, user: UserRow | None) -> None:
    """Put a failed attempt into the audit log; a name that is nobody's may be a slipped password, so it is not."""
    service = here(request).service
    actor = Actor("user", user.name, user.user_id) if user else NOBODY
    with service.states.one() as state:
        state.audit.add(service.pulse.clock.now_us(), actor, Act("sign in"), "refused")


def own_path(text: str) -> str:
    """A path of this service, with its query; `/` for whatever else is asked for."""
    split = urlsplit(text)
    outside = split.scheme or split.netloc or not text.startswith("/") or text.startswith(("//", "/\\"))
    return "/" if outside or any(c < " " for c in text) else text


def address_of(request: Request) -> str:
    """Where people reach this service, without a slash at the end."""
    return (here(request).service.pulse.settings.public_url or str(request.base_url)).rstrip("/")
