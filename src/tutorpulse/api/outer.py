"""Around every request: an id, and the headers that every answer has."""

import re
import secrets
from collections.abc import Iterable
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "x-request-id"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Set where the answer does not set them itself: an answer of the API is data for its caller, and for nobody's cache or frame."""
_ENCODED = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_REQUEST_ID = REQUEST_ID.encode()

_PROCESS = secrets.token_hex(4)
_NUMBERS = count(1)


def request_id(given: str) -> str:
    """The id that the caller gave, if it is 1 to 64 letters, digits, dots, dashes or underscores; else a new one.

    A new one is this process's random name and a number: to ask the system for chance lets other threads in at each request.
    """
    return given if given and _ACCEPTED_ID.fullmatch(given) else f"{_PROCESS}-{next(_NUMBERS)}"


def finished(headers: Iterable[tuple[bytes, bytes]], given_id: str) -> list[tuple[bytes, bytes]]:
    """An answer's headers, whose names are in lower case, with what every answer has."""
    own = [header for header in headers if header[0] != _REQUEST_ID]
    set_already = {name for name, _ in own}
    added = [header for header in _ENCODED if header[0] not in set_already]
    return [*own, *added, (_REQUEST_ID, given_id.encode())]


class Outer:
    """ASGI middleware: gives each request its id (`scope["state"]["request_id"]`) and each answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _REQUEST_ID), b"")
        given_id = request_id(given.decode("latin-1"))
        scope.setdefault("state", {})["request_id"] = given_id

        async def send_finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = finished(message.get("headers", ()), given_id)
            await send(message)

        await self._app(scope, receive, send_finished)
