"""Runs the application until it is told to stop, and stops in order."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from tutorpulse.api.running.listening import Listening
from tutorpulse.api.running.logs import AccessLog
from tutorpulse.settings import Settings

REQUESTS_END_S = 2
"""What requests under way are given to end at a shutdown; open streams end at once."""

_KEEP_ALIVE_S = 75
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


_SWITCH_S = 0.001
_COLLECT_AFTER = (5_000, 20, 20)
"""When the collector looks at young, older and old objects: at Python's (700, 10, 10) it went through all old ones in each look at everybody, and
held up whoever was to be answered for 50 ms and more (10,000 tutors and 50,000 students, a one-off look). Cycles that live long are few here."""


@contextmanager
def _ready_to_answer() -> Iterator[None]:
    """Within the context a busy thread lets a waiting one go before after a millisecond, and the collector passes over what was there
    and looks at old objects rarely."""
    before, collected = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*collected)
        gc.unfreeze()
        sys.setswitchinterval(before)


class Server(uvicorn.Server):
    """Ends open streams first, and comes back from a signal rather than die of it, so that the home is closed in order."""

    def __init__(self, app: FastAPI, listening: Listening, settings: Settings) -> None:
        self._streams = app.state.context.streams
        self._listening = listening
        served: ASGIApp = AccessLog(app) if settings.access_log else app
        super().__init__(
            uvicorn.Config(
                served,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=REQUESTS_END_S,
                ssl_certfile=settings.tls_certificate or None,
                ssl_keyfile=settings.tls_key or None,
            )
        )

    def serve_until_stopped(self) -> None:
        """Serve; come back after SIGTERM, SIGINT or `stop`. A second SIGINT ends requests under way at once."""
        with _ready_to_answer():
            self.run(sockets=[self._listening.socket])

    def stop(self) -> None:
        """Have `serve_until_stopped` come back; from any thread."""
        self._streams.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """What a signal does."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.stop()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop the server within the context, and do nothing else. One before it serves stops it as soon as it does."""
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
