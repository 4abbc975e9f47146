"""A lean client for benchmarks: prepared requests over kept connections, one thread each, every answer read."""

import math
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from tutorpulse.bench.served import Served
from tutorpulse.errors import TutorpulseError

_CHUNK = 1 << 16
_TIMEOUT_S = 60.0


class Connection:
    """One kept connection."""

    def __init__(self, served: Served) -> None:
        self._socket = socket.create_connection((served.host, served.port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; the status and body of its answer, which must tell its length."""
        self._socket.sendall(head + body if len(body) < _CHUNK else head)
        if len(body) >= _CHUNK:
            self._socket.sendall(body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._received()
        head, _, rest = said.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        while len(rest) < length:
            rest += self._received()
        return int(lines[0].split()[1]), rest

    def _received(self) -> bytes:
        part = self._socket.recv(_CHUNK)
        if not part:
            raise TutorpulseError("The service closed a connection in the midst of an answer.")
        return part

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


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
    served: Served,
    requests: Iterable[tuple[bytes, bytes]],
    connections: int,
    done: Callable[[], None] = lambda: None,
    per_second: float = math.inf,
) -> Posted:
    """Send (head, body) pairs over so many connections, each as soon as the one before on its connection is answered.

    Of `per_second` each has its due time; one that waits for a connection counts as asked since then.
    """
    posted, turn, lock = Posted(), enumerate(requests), threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        connection = Connection(served)
        try:
            while True:
                with lock:
                    request = next(turn, None)
                if request is None:
                    return
                place, asked = request
                due = started + place / per_second
                time.sleep(max(0.0, due - time.perf_counter()))
                began = time.perf_counter() if per_second == math.inf else due
                status, _ = connection.ask(*asked)
                posted.each.append(time.perf_counter() - began)
                if status != 200:
                    posted.refused.append(status)
                done()
        except (OSError, TutorpulseError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted.seconds = time.perf_counter() - started
    if failures:
        raise TutorpulseError(f"A connection of the benchmark failed: {failures[0]}")
    return posted
