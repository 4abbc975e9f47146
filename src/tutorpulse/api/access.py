"""Who may do what: a key in `Authorization: Bearer …` or `X-API-Key: …`, with the scope that the route needs."""

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
from tutorpulse.store.state.keys import KeyRow

TRUSTED_S = 0.8
"""A key that was looked up is trusted for so long: a revoked one is refused within a second."""

_KNOWN_MAX = 1_000
_BEARER = HTTPBearer(auto_error=False, description="A key of `tutorpulse keys create`.")
_HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The same key, for senders without Bearer."
)
SCHEMES: list[dict[str, list[str]]] = [{_BEARER.scheme_name: []}, {_HEADER.scheme_name: []}]
"""Either will do, as OpenAPI says it."""


class Door:
    """Admits requests by their key. One event loop uses it."""

    def __init__(self, service: Service, requests_per_second: float) -> None:
        self._service = service
        self._limits = RequestLimits(requests_per_second)
        self._known: OrderedDict[str, tuple[KeyRow, float]] = OrderedDict()

    async def admit(self, request: Request, scope: str | None) -> KeyRow:
        """The key of a request that may do what needs `scope` (None: any key).

        Raises:
            ProblemError: there is no key, it does not hold, it lacks the scope, or it was used too often.
        """
        secret = _secret(request)
        row = await self._row(secret) if secret else None
        if row is None:
            said = "No key was given" if not secret else "The key is unknown, expired or revoked"
            raise ProblemError(
                "key-missing",
                f"{said}. Send `Authorization: Bearer KEY`; `tutorpulse keys create` makes one.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if scope and not row.allows(scope):
            raise ProblemError(
                "key-lacks-scope",
                f"The key {row.name!r} has the scopes {', '.join(row.scopes)}; this needs {scope}. Use another, or create one.",
            )
        self._count(row)
        return row

    def _count(self, row: KeyRow) -> None:
        wait_s = self._limits.wait_s(row.key_id, time.monotonic())
        if wait_s:
            raise ProblemError(
                "too-many-requests",
                f"The key {row.name!r} reached its limit. Wait as `Retry-After` says, or send larger batches.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    async def _row(self, secret: str) -> KeyRow | None:
        known = self._known.get(secret)
        if known and time.monotonic() < known[1]:
            return known[0]
        row = await run_in_threadpool(self._looked_up, secret)
        self._known.pop(secret, None)
        if row is not None:
            self._known[secret] = row, time.monotonic() + TRUSTED_S
            if len(self._known) > _KNOWN_MAX:
                self._known.popitem(last=False)
        return row

    def _looked_up(self, secret: str) -> KeyRow | None:
        now_us = self._service.pulse.clock.now_us()
        with self._service.states.one() as state:
            row = state.keys.find(secret, now_us)
            if row is not None:
                state.keys.used(row.key_id, now_us)
            return row


def _secret(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key")


def needs(scope: str | None) -> Any:
    """A dependency of routes that need a key with this scope (None: any key); its value is the key's row."""

    async def admitted(
        request: Request,
        _bearer: Annotated[object, Security(_BEARER)],
        _header: Annotated[object, Security(_HEADER)],
    ) -> KeyRow:
        door: Door = request.app.state.context.door
        return await door.admit(request, scope)

    check: Callable[..., Awaitable[KeyRow]] = admitted
    return Depends(check)
