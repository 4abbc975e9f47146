"""Every action of a caller in the audit log, before its answer goes out: who, when, what, to whom; no content.

An action is a request that may change something (any method but GET, HEAD and OPTIONS), but for the posts of events, which the log
itself keeps. What a route does not name itself (`name_act`) is named by its method and path, and its target by the last parameter in that path.
"""

import logging
import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutorpulse.api.ports import Service
from tutorpulse.api.signing import SAFE_METHODS
from tutorpulse.errors import TutorpulseError
from tutorpulse.service.access.callers import Caller
from tutorpulse.store.state.audit import Act

NOT_ACTIONS = frozenset({"/v1/events", "/ingest"})
_PARAMETER = re.compile(r"([^/{}]+)/\{(\w+)[^}]*\}")

log = logging.getLogger("tutorpulse.audit")


def name_act(request: Request, act: Act) -> None:
    """Say what a request does, where its path does not say it well."""
    request.state.act = act


class Audited:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or scope["path"] in NOT_ACTIONS:
            await self._app(scope, receive, send)
            return

        async def send_audited(message: Message) -> None:
            caller = scope.get("state", {}).get("caller")
            if message["type"] == "http.response.start" and caller is not None:
                await run_in_threadpool(self._note, caller, act_of(scope), message["status"])
            await send(message)

        await self._app(scope, receive, send_audited)

    def _note(self, caller: Caller, act: Act, status: int) -> None:
        outcome = "done" if status < 400 else "refused"
        try:
            with self._service.states.one() as state:
                state.audit.add(self._service.pulse.clock.now_us(), caller.actor, act, outcome)
        except TutorpulseError as error:
            log.error(
                "not in the audit log: %s by %s %s: %s", act.action, caller.kind, caller.caller_id, error
            )


def act_of(scope: Scope) -> Act:
    """What a request does: as its route named it, else by method and path."""
    named = scope.get("state", {}).get("act")
    if isinstance(named, Act):
        return named
    path = getattr(scope.get("route"), "path", "")
    parameters = _PARAMETER.findall(path)
    if not parameters:
        return Act(f"{scope['method']} {path or scope['path']}")
    segment, name = parameters[-1]
    return Act(
        f"{scope['method']} {path}",
        segment.removesuffix("s"),
        str(scope.get("path_params", {}).get(name, "")),
    )
