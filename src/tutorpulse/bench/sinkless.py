"""The service without a sink: the same server and routes, but a live door that takes whatever comes and keeps nothing.

What it does a second is the limit of the ingest benchmark: HTTP alone.
"""

import json
import sys
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from tutorpulse import settings as table_of
from tutorpulse.api.app import create_app
from tutorpulse.api.running.allocator import begin_with_mimalloc
from tutorpulse.api.running.listening import listen
from tutorpulse.api.running.server import Server
from tutorpulse.service.live.service import open_service
from tutorpulse.store.bodies import Body, Taken
from tutorpulse.store.livelog import LiveLog
from tutorpulse.store.receipts import ACCEPTED


class NoSink:
    """Takes bodies and forgets them."""

    def take(self, body: Body) -> "Future[Taken]":
        """Every line, or the body as a whole, is said to be accepted."""
        count = max(1, body.raw.count(b"\n"))
        future: Future[Taken] = Future()
        status = np.full(count, ACCEPTED, np.int8)
        future.set_result(Taken(lambda: [None] * count, status, ()))
        return future

    def flush(self, timeout_s: float) -> None:
        """There is nothing to make readable."""


def main(arguments: list[str]) -> None:
    """`serve --home HOME …`, as the service's own command is called."""
    home = Path(arguments[arguments.index("--home") + 1])
    settings = table_of.load(home, port=0)
    with open_service(home, settings=settings) as service:
        listening = listen(settings)
        app = create_app(replace(service, live=cast(LiveLog, NoSink())))
        sys.stdout.write(json.dumps({"address": listening.address}, indent=2) + "\n")
        sys.stdout.flush()
        Server(app, listening, settings).serve_until_stopped()


if __name__ == "__main__":
    begin_with_mimalloc(sys.argv[1:])
    main(sys.argv[1:])
