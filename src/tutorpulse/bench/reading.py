"""One entity and a page read from a service by turns, and how long each took."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from tutorpulse.bench.posting import Connection
from tutorpulse.bench.served import Served
from tutorpulse.errors import TutorpulseError

READS_PER_SECOND = 20
PAGE = 100

_OK = 200
_LISTS = ("/v1/tutors", "/v1/students")
_KNOWN = 1_000


class Reads:
    """Reads one entity and a page of 100, of tutors and of students by turns, at most 20 of each a second."""

    def __init__(self, service: Served) -> None:
        self._service = service
        self._seconds: dict[str, list[float]] = {"one": [], "page": []}

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Reads within the context.

        Raises:
            TutorpulseError: at its end, if a read failed.
        """
        enough = threading.Event()
        with ThreadPoolExecutor(1) as thread:
            reading = thread.submit(self._read, enough)
            try:
                yield
            finally:
                enough.set()
            reading.result()

    def as_data(self, when: str) -> dict[str, Any]:
        """How many of each, and within which time half and 99 of 100 were answered; `when` ends the names."""
        told: dict[str, Any] = {}
        for name, seconds in self._seconds.items():
            told[f"read_{name}_{when}"] = len(seconds)
            for percent in (50, 99):
                figure = float(np.percentile(seconds, percent)) * 1_000 if seconds else None
                told[f"read_{name}_p{percent}_ms_{when}"] = figure
        return told

    def _read(self, enough: threading.Event) -> None:
        connection = Connection(self._service)
        known = {path: self._ids(connection, path) for path in _LISTS}
        draw, turn = np.random.default_rng(1), 0
        while not enough.wait(1 / READS_PER_SECOND):
            path = _LISTS[turn % len(_LISTS)]
            self._timed(connection, "one", f"{path}/{draw.choice(known[path])}")
            self._timed(connection, "page", f"{path}?limit={PAGE}")
            turn += 1
        connection.close()

    def _ids(self, connection: Connection, path: str) -> list[str]:
        items = msgspec.json.decode(self._ask(connection, f"{path}?limit={_KNOWN}"))["items"]
        return [item["entity_id"] for item in items]

    def _timed(self, connection: Connection, name: str, path: str) -> None:
        began = time.perf_counter()
        self._ask(connection, path)
        self._seconds[name].append(time.perf_counter() - began)

    def _ask(self, connection: Connection, path: str) -> bytes:
        status, said = connection.ask(self._service.head("GET", path))
        if status != _OK:
            raise TutorpulseError(f"{path} was answered with {status}: {said[:300]!r}.")
        return said
