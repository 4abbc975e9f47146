"""Who may do what: a key in `Authorization: Bearer …` or `X-API-Key: …`, or the cookie of a signed-in browser, with the scope that the route needs."""

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tutorpulse.api.limits import RequestLimits
from tutorpulse.api.ports import Service
from tutorpulse.api.problems import ProblemError
from tutorpulse.api.signing import check_same_site, secret_of
from tutorpulse.service.access.callers import Caller, by_key, by_sign_in
from tutorpulse.service.access.users import lasting

TRUSTED_S = 0.8
"""Who was looked up is trusted for so long: whoever loses a right is refused within a second."""

_KNOWN_MAX = 1_000
_BEARER = HTTPBearer(auto_error=False, description="A key of `tutorpulse keys create`.")
_HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The same key, for senders without Bearer."
)
SCHEMES: list[dict[str, list[str]]] = [{_BEARER.scheme_name: []}, {_HEADER.scheme_name: []}]
"""Either will do, as OpenAPI says it."""


class Door:
    """Admits requests by their key, or the cookie of a sign-in. One event loop uses it."""

    def __init__(self, service: Service, requests_per_second: float) -> None:
        self._service = service
        self._limits = RequestLimits(requests_per_second)
        self._lasts = lasting(service.pulse.settings)
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def admit(self, request: Request, scope: str | None) -> Caller:
        """Whoever sent a request that may do what needs `scope` (None: any key, or anybody signed in).

        `request.state.caller` is set to them, for the audit log, also where they are refused.

        Raises:
            ProblemError: there is no key, it does not hold, it lacks the scope, it was used too often, or another site's page
                sent the request with our cookie.
        """
        caller = await self.caller(request)
        if caller is None:
            raise _unknown(request)
        if scope and not caller.allows(scope):
            raise _lacking(caller, scope)
        self._count(caller)
        return caller

    async def caller(self, request: Request) -> Caller | None:
        """Whoever sent a request, None if nobody known did. What a key and a cookie say is the key's.

        Raises:
            ProblemError: another site's page sent it with our cookie.
        """
        secret, by_cookie = _key_of(request), False
        if secret is None:
            secret, by_cookie = secret_of(request), True
        found = await self._found(secret, by_cookie) if secret else None
        if found is not None and by_cookie:
            check_same_site(request)
        request.state.caller = found
        return found

    def forget(self) -> None:
        """Look everybody up anew: somebody's rights have just changed."""
        self._known.clear()

    def _count(self, caller: Caller) -> None:
        wait_s = self._limits.wait_s(caller.caller_id, time.monotonic())
        if wait_s:
            raise ProblemError(
                "too-many-requests",
                f"The {caller.kind} {caller.name!r} reached its limit. Wait as `Retry-After` says, or send larger batches.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    async def _found(self, secret: str, by_cookie: bool) -> Caller | None:
        place = f"{by_cookie:d}{secret}"
        known = self._known.get(place)
        if known and time.monotonic() < known[1]:
            return known[0]
        caller = await run_in_threadpool(self._looked_up, secret, by_cookie)
        self._known.pop(place, None)
        if caller is not None:
            self._known[place] = caller, time.monotonic() + TRUSTED_S
            if len(self._known) > _KNOWN_MAX:
                self._known.popitem(last=False)
        return caller

    def _looked_up(self, secret: str, by_cookie: bool) -> Caller | None:
        now_us = self._service.pulse.clock.now_us()
        with self._service.states.one() as state:
            return (
                by_sign_in(state, secret, now_us, self._lasts) if by_cookie else by_key(state, secret, now_us)
            )


def _unknown(request: Request) -> ProblemError:
    said = "No key was given" if not _key_of(request) else "The key is unknown, expired or revoked"
    return ProblemError(
        "key-missing",
        f"{said}. Send `Authorization: Bearer KEY`; `tutorpulse keys create` makes one. A browser signs in at /login.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _lacking(caller: Caller, scope: str) -> ProblemError:
    return ProblemError(
        "key-lacks-scope",
        f"The {caller.kind} {caller.name!r} has the scopes {', '.join(caller.scopes)}; this needs {scope}. Use another, or create one.",
    )


def _key_of(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key")


def needs(scope: str | None) -> Any:
    """A dependency of routes that need a key, or a sign-in, with this scope (None: any); its value is the caller."""

    async def admitted(
        request: Request,
        _bearer: Annotated[object, Security(_BEARER)],
        _header: Annotated[object, Security(_HEADER)],
    ) -> Caller:
        door: Door = request.app.state.context.door
        return await door.admit(request, scope)

    check: Callable[..., Awaitable[Caller]] = admitted
    return Depends(check)
