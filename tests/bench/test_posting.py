"""The client of the benchmarks, against a server that answers as it is told."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tutorpulse.bench.posting import Connection, post_all
from tutorpulse.bench.served import Served
from tutorpulse.errors import TutorpulseError

Answer = Callable[[bytes], bytes]


def said(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Any\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


@contextmanager
def serving(answer: Answer, piece: int = 1 << 16) -> Iterator[Served]:
    """Answers each body by `answer`, `piece` bytes at a time; a connection ends where that is empty."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
        threading.Thread(target=accept, args=(listening, answer, piece), daemon=True).start()
        yield Served(host, port, "secret", 0)


def accept(listening: socket.socket, answer: Answer, piece: int) -> None:
    while True:
        try:
            one, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=converse, args=(one, answer, piece), daemon=True).start()


def converse(one: socket.socket, answer: Answer, piece: int) -> None:
    with one, one.makefile("rb") as asked:
        while head := asked.readline():
            length = 0
            while (line := asked.readline()).strip():
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            assert head.startswith(b"POST")
            answered = answer(asked.read(length))
            if not answered:
                return
            for start in range(0, len(answered), piece):
                one.sendall(answered[start : start + piece])


def requests(served: Served, bodies: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(served.head("POST", "/", length=len(body)), body) for body in bodies]


@pytest.mark.parametrize("connections", [1, 3, 40])
def test_each_request_is_sent_once_and_its_answer_read(connections: int) -> None:
    seen: Counter[bytes] = Counter()

    def answer(body: bytes) -> bytes:
        seen[body] += 1
        return said(200, body)

    bodies = [b"%d" % number for number in range(30)]
    with serving(answer, piece=7) as served:
        posted = post_all(served, requests(served, bodies), connections)
    assert seen == Counter(bodies)
    assert len(posted.each) == 30
    assert posted.refused == []


def test_as_many_requests_are_under_way_as_connections_and_no_more() -> None:
    under_way, most, guard, full = 0, 0, threading.Lock(), threading.Barrier(4)

    def answer(body: bytes) -> bytes:
        nonlocal under_way, most
        with guard:
            under_way += 1
            most = max(most, under_way)
        full.wait(30)
        with guard:
            under_way -= 1
        return said(200, body)

    with serving(answer) as served:
        posted = post_all(served, requests(served, [b"x"] * 40), 4)
    assert len(posted.each) == 40
    assert most == 4


def test_bodies_larger_than_the_system_takes_at_once_arrive_whole() -> None:
    large = bytes(range(256)) * (1 << 15)
    with serving(lambda body: said(200 if body == large else 400, b"")) as served:
        posted = post_all(served, requests(served, [large] * 4), 2)
    assert posted.refused == []


def test_what_was_refused_is_told() -> None:
    with serving(lambda body: said(503 if body == b"1" else 200, b"")) as served:
        posted = post_all(served, requests(served, [b"0", b"1", b"2"]), 2)
    assert posted.refused == [503]
    assert len(posted.each) == 3


def test_of_a_pace_each_request_counts_from_when_it_is_due() -> None:
    """One connection and answers slower than the pace: the last waits for all before it."""

    def answer(_body: bytes) -> bytes:
        time.sleep(0.02)
        return said(200, b"")

    with serving(answer) as served:
        posted = post_all(served, requests(served, [b"x"] * 10), 1, per_second=1_000_000)
        slow = post_all(served, requests(served, [b"x"] * 3), 3, per_second=20)
    assert posted.each == sorted(posted.each)
    assert posted.each[-1] >= 10 * 0.02
    assert slow.seconds >= 2 / 20


def test_a_connection_that_ends_is_told() -> None:
    with serving(lambda _body: b"") as served:
        with pytest.raises(TutorpulseError, match="in the midst of an answer"):
            post_all(served, requests(served, [b"x"]), 1)
        with pytest.raises(TutorpulseError, match="in the midst of an answer"):
            Connection(served).ask(*requests(served, [b"x"])[0])
