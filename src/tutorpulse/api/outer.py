"""Around every request: an id, and the headers that every answer has."""

import re
import secrets
from itertools import count

from starlette.datastructures import Headers, MutableHeaders
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


_PROCESS = secrets.token_hex(4)
_NUMBERS = count(1)


def request_id(given: str | None) -> str:
    """The id that the caller gave, if it is 1 to 64 letters, digits, dots, dashes or underscores; else a new one.

    A new one is this process's random name and a number: to ask the system for chance lets other threads in at each request.
    """
    return given if given and _ACCEPTED_ID.fullmatch(given) else f"{_PROCESS}-{next(_NUMBERS)}"


def finish(headers: MutableHeaders, given_id: str) -> None:
    """Add what every answer has."""
    headers[REQUEST_ID] = given_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)


class Outer:
    """ASGI middleware: gives each request its id (`scope["state"]["request_id"]`) and each answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given_id = request_id(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = given_id

        async def send_finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                finish(MutableHeaders(scope=message), given_id)
            await send(message)

        await self._app(scope, receive, send_finished)
