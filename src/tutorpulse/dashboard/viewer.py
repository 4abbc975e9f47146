"""Who looks: every page takes its caller from here."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeAlias

import msgspec
from fastapi import Depends
from starlette.requests import Request

from tutorpulse.api.context import here
from tutorpulse.service.access.callers import Caller

Role: TypeAlias = Literal["viewer", "operator", "admin"]
_SCOPES: dict[Role, str] = {"viewer": "read", "operator": "operate", "admin": "admin"}


class Viewer(msgspec.Struct, frozen=True):
    """The caller of a page: the name that actions are kept under, and what they may do. `by_cookie`: they signed in, and may sign out."""

    name: str
    role: Role
    by_cookie: bool = False

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        order = tuple(_SCOPES)
        return order.index(self.role) >= order.index(role)


def _needs(role: Role) -> Callable[[Request], Awaitable[Viewer]]:
    async def admitted(request: Request) -> Viewer:
        return _seen(await here(request).door.admit(request, _SCOPES[role]))

    return admitted


def _seen(caller: Caller) -> Viewer:
    """A key may do what its scopes say."""
    role: Role = "admin" if caller.allows("admin") else "operator" if caller.allows("operate") else "viewer"
    return Viewer(caller.name, role, bool(caller.signin_id))


Looking = Annotated[Viewer, Depends(_needs("viewer"))]
"""Whoever may look."""
Operating = Annotated[Viewer, Depends(_needs("operator"))]
"""Whoever may act on people and events."""
Administering = Annotated[Viewer, Depends(_needs("admin"))]
"""Whoever may change what the service does."""
