"""The first administrator's way in: a link that makes one key, once, for whoever starts the service."""

import hmac
import secrets
import threading
from html import escape

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tutorpulse.api.answers import answer
from tutorpulse.api.ports import Service
from tutorpulse.api.problems import ProblemError

_PATH = "/claim/{token}"
_NAME = "first administrator"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tutorpulse</title>
<h1>tutorpulse</h1>{}</html>"""
_ASK = '<p>Make the first key, with every right. This works once.</p><form method="post"><button>Make the key</button></form>'
_SHOW = "<p>Keep this key now; it is not shown again:</p><pre>{}</pre><p>Send it as <code>Authorization: Bearer KEY</code>.</p>"


class Claim:
    """A secret that is good for one key with every right, as long as this process lives."""

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

    def redeem(self, token: str) -> str | None:
        """The secret of a new key; None for a token that does not fit, or was used."""
        with self._guard:
            if not self.fits(token):
                return None
            with self._service.states.one() as state:
                _, secret = state.keys.create(_NAME, ["admin"], self._service.pulse.clock.now_us())
            self._token = None
            return secret


def needed(service: Service) -> bool:
    """Whether no key holds that may make others."""
    now_us = service.pulse.clock.now_us()
    with service.states.one() as state:
        return not any(row.holds(now_us) and row.allows("admin") for row in state.keys.all())


def router_of(claim: Claim) -> APIRouter:
    """The routes of a claim: a page to look at (a link may be opened by whoever previews it), and a post that takes it."""
    router = APIRouter(include_in_schema=False)

    @router.get(_PATH)
    def look(token: str) -> Response:
        if not claim.fits(token):
            raise _used()
        return HTMLResponse(_PAGE.format(_ASK))

    @router.post(_PATH)
    async def take(token: str, request: Request) -> Response:
        secret = await run_in_threadpool(claim.redeem, token)
        if secret is None:
            raise _used()
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_PAGE.format(_SHOW.format(escape(secret))))
        return answer({"secret": secret})

    return router


def _used() -> ProblemError:
    return ProblemError(
        "not-found",
        "This link was used, or is of an earlier start. `tutorpulse keys create` makes a key, too.",
    )
