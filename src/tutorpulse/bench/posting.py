"""A lean client for benchmarks: prepared requests over kept connections, every answer read.

One thread waits for all connections at once: a thread for each took three times the processor time for a post of one event, on the
processors that the server is measured on.
"""

import math
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.bench.served import Served
from tutorpulse.errors import TutorpulseError

Request = tuple[bytes, bytes]
"""The first part, up to the body, and the body."""

_CHUNK = 1 << 16
_TIMEOUT_S = 60.0
_OK = 200


class Connection:
    """One kept connection. Asks one request at a time."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection((served.host, served.port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unsent = memoryview(b"")
        self._said = b""

    def ask(self, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; the status and body of its answer, which must tell its length."""
        self.begin(head, body)
        while self.send():
            pass
        while (answer := self.receive()) is None:
            pass
        return answer

    def begin(self, head: bytes, body: bytes = b"") -> None:
        """Send the next request by `send`."""
        self._unsent = memoryview(head + body)

    def send(self) -> bool:
        """Send some of the request; whether any of it is left."""
        self._unsent = self._unsent[self._socket.send(self._unsent) :]
        return len(self._unsent) > 0

    def receive(self) -> tuple[int, bytes] | None:
        """Read some of the answer; once it is whole, its status and body.

        Raises:
            TutorpulseError: it ends before.
        """
        part = self._socket.recv(_CHUNK)
        if not part:
            raise TutorpulseError("The service closed a connection in the midst of an answer.")
        self._said += part
        head, end, rest = self._said.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head):
            return None
        self._said = b""
        return int(head[9:12]), rest

    def fileno(self) -> int:
        """What a selector waits for."""
        return self._socket.fileno()

    def stop_blocking(self) -> None:
        """From now on `send` and `receive` do what is possible at once, and `ask` is of no use."""
        self._socket.setblocking(False)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


@dataclass
class Posted:
    """What came of many requests: seconds in all and for each, and the statuses that were not 200."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def quantile_ms(self, share: float) -> float:
        """The time within which that share of the requests was answered."""
        return float(np.quantile(self.each, share)) * 1000


def post_all(
    served: Served, requests: Iterable[Request], connections: int, per_second: float = math.inf
) -> Posted:
    """Send requests over so many connections, each as soon as the one before on its connection is answered.

    Of `per_second` each has its due time; one that waits for a connection counts as asked since then.

    Raises:
        TutorpulseError: a connection failed.
    """
    with ExitStack() as stack:
        some = [stack.enter_context(closing(Connection(served))) for _ in range(connections)]
        posting = stack.enter_context(closing(_Posting(some, iter(requests), per_second)))
        try:
            return posting.run()
        except (OSError, TutorpulseError) as error:
            raise TutorpulseError(f"A connection of the benchmark failed: {error}") from None


class _Posting:
    """Requests under way."""

    def __init__(self, some: list[Connection], requests: Iterator[Request], per_second: float) -> None:
        self._free, self._requests, self._per_second = some, requests, per_second
        self._asked_s: dict[Connection, float] = {}
        self._posted = Posted()
        self._selector = selectors.DefaultSelector()
        self._next = next(requests, None)
        self._number = 0
        self._started_s = time.perf_counter()
        for connection in some:
            connection.stop_blocking()
            self._selector.register(connection, selectors.EVENT_READ, connection)

    def run(self) -> Posted:
        """All of them."""
        while self._next is not None or self._asked_s:
            self._begin_due()
            wait_s = self._wait_s()
            ready = self._selector.select(wait_s)
            if not ready and wait_s == _TIMEOUT_S:
                raise TutorpulseError(f"Nothing was answered for {_TIMEOUT_S:.0f} s.")
            for key, events in ready:
                self._go_on(key.data, events)
        self._posted.seconds = time.perf_counter() - self._started_s
        return self._posted

    def close(self) -> None:
        """Wait for nothing any more."""
        self._selector.close()

    def _begin_due(self) -> None:
        while self._next is not None and self._free and (now_s := time.perf_counter()) >= self._due_s:
            # In turn: a server hangs up on one that is idle for long.
            connection = self._free.pop(0)
            self._asked_s[connection] = now_s if self._per_second == math.inf else self._due_s
            connection.begin(*self._next)
            self._next, self._number = next(self._requests, None), self._number + 1
            self._send(connection)

    @property
    def _due_s(self) -> float:
        return self._started_s + self._number / self._per_second

    def _wait_s(self) -> float:
        """How long a connection may have nothing: until the next is due, where one is free for it."""
        if self._next is None or not self._free:
            return _TIMEOUT_S
        return max(0.0, self._due_s - time.perf_counter())

    def _go_on(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send(connection)
        elif (answer := connection.receive()) is not None:
            self._posted.each.append(time.perf_counter() - self._asked_s.pop(connection))
            if answer[0] != _OK:
                self._posted.refused.append(answer[0])
            self._free.append(connection)

    def _send(self, connection: Connection) -> None:
        try:
            unsent = connection.send()
        except BlockingIOError:
            unsent = True
        wanted = selectors.EVENT_WRITE if unsent else selectors.EVENT_READ
        if self._selector.get_key(connection).events != wanted:
            self._selector.modify(connection, wanted, connection)
