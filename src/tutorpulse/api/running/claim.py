"""The first administrator's way in: a link that works once, for whoever starts the service.

A browser that opens it chooses a name and a password (`dashboard.access.links`); a program that posts to it gets a key.
"""

import hmac
import secrets
import threading

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from tutorpulse.api.answers import answer
from tutorpulse.api.ports import Service
from tutorpulse.api.problems import ProblemError
from tutorpulse.service.access import users
from tutorpulse.store.state.audit import Act, Actor
from tutorpulse.store.state.users import UserRow

_PATH = "/claim/{token}"
SETUP_PATH = "/setup/{token}"
_NAME = "first administrator"
_BY_LINK = Actor("link", _NAME)


class Claim:
    """A secret that is good for one key with every right, or one administrator, as long as this process lives."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._token: str | None = secrets.token_urlsafe(32)
        self._guard = threading.Lock()
        self._path = _PATH.replace("{token}", self._token)

    @property
    def path(self) -> str:
        """The link, from the service's address on."""
        return self._path

    def fits(self, token: str) -> bool:
        """Whether a token is the one, and was not used."""
        return self._token is not None and hmac.compare_digest(self._token.encode(), token.encode())

    def redeem(self, token: str) -> str:
        """The secret of a new key.

        Raises:
            ProblemError: the token does not fit, or was used.
        """
        with self._guard:
            self._check(token)
            now_us = self._service.pulse.clock.now_us()
            with self._service.states.one() as state, state.transaction():
                row, secret = state.keys.create(_NAME, ["admin"], now_us)
                state.audit.add(now_us, _BY_LINK, Act("create key", "key", row.key_id))
            self._token = None
            return secret

    def settle(self, token: str, name: str, password: str) -> UserRow:
        """The first administrator, new.

        Raises:
            ProblemError: the token does not fit, or was used. InputError: the name or password cannot be used; the token stays good.
        """
        with self._guard:
            self._check(token)
            now_us = self._service.pulse.clock.now_us()
            with self._service.states.one() as state, state.transaction():
                user = users.create(state, name, "admin", password, now_us)
                state.audit.add(now_us, _BY_LINK, Act("create user", "user", user.name))
            self._token = None
            return user

    def _check(self, token: str) -> None:
        if not self.fits(token):
            raise used()


def needed(service: Service) -> bool:
    """Whether nobody can make keys or users: no key that holds has every right, and no administrator can sign in."""
    now_us = service.pulse.clock.now_us()
    with service.states.one() as state:
        by_key = any(row.holds(now_us) and row.allows("admin") for row in state.keys.all())
        return not by_key and not any(u.role == "admin" and u.standing == "active" for u in state.users.all())


def router_of(claim: Claim) -> APIRouter:
    """The routes of a claim: looking at it (whoever previews a link does) leads to a page, a post takes it."""
    router = APIRouter(include_in_schema=False)

    @router.get(_PATH)
    def look(token: str) -> Response:
        if not claim.fits(token):
            raise used()
        return RedirectResponse(SETUP_PATH.replace("{token}", token), 303)

    @router.post(_PATH)
    async def take(token: str) -> Response:
        return answer({"secret": await run_in_threadpool(claim.redeem, token)})

    return router


def used() -> ProblemError:
    """What is said of a link that works no more."""
    return ProblemError(
        "not-found",
        "This link was used, or is of an earlier start. `tutorpulse users create` makes a user, `tutorpulse keys create` a key.",
    )
