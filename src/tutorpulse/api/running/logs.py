"""The service's log: one JSON object a line, on standard error. No payload, query, key or id of a person is ever in it:
of a request it names the route, such as `/v1/tutors/{tutor_id}`.
"""

import logging
import sys
import time
from datetime import UTC, datetime
from typing import TextIO

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutorpulse.service.predicting import log as predictions_log

requests_log = logging.getLogger("tutorpulse.requests")
_QUIET = ("uvicorn.access",)
_PATH_SHOWN = 100
_ENCODER = msgspec.json.Encoder()


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, logger, message, the fields that came with it, and a traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _ENCODER.encode(line).decode()


def log_as_json(predictions: bool, stream: TextIO | None = None) -> None:
    """Send every log record of the process to `stream` (None: standard error) as JSON, from `info` on.

    `predictions`: those of changed predictions, too.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    if not predictions:
        predictions_log.setLevel(logging.WARNING)
        handler.addFilter(lambda record: record.name != predictions_log.name)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).disabled = True


class AccessLog:
    """ASGI middleware: a record for each request, with its id, when its answer has gone out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.perf_counter(), 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            _note(scope, status, time.perf_counter() - began_s)


def _note(scope: Scope, status: int, seconds: float) -> None:
    client = scope.get("client")
    fields = {
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", None) or scope["path"][:_PATH_SHOWN],
        "status": status,
        "ms": round(seconds * 1000, 2),
        "client": client[0] if client else None,
        "request_id": scope.get("state", {}).get("request_id"),
    }
    requests_log.info("request", extra={"fields": fields})
