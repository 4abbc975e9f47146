"""Sending to a service that listens on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tutorpulse.errors import InputError
from tutorpulse.simulate.post import EVENTS_PATH, Target, parse_header, post_lines


class _Service(BaseHTTPRequestHandler):
    got: list[tuple[str, dict[str, str], bytes]]
    status = 202

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers), body))
        self.send_response(self.status)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"said")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[tuple[str, type[_Service]]]:
    handler = type("Service", (_Service,), {"got": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_lines_arrive_in_order_with_their_headers(service: tuple[str, type[_Service]]) -> None:
    url, handler = service
    lines = [b"%d" % i for i in range(25)]
    assert post_lines(Target(url, (("Authorization", "Bearer k"),), events_per_request=10), lines) == 25
    assert [path for path, _, _ in handler.got] == [EVENTS_PATH] * 3
    assert b"".join(body for _, _, body in handler.got) == b"".join(line + b"\n" for line in lines)
    assert handler.got[0][1]["Authorization"] == "Bearer k"
    assert handler.got[0][1]["Content-Type"] == "application/x-ndjson"


def test_the_rate_is_kept(service: tuple[str, type[_Service]]) -> None:
    waits: list[float] = []
    target = Target(service[0], events_per_second=5.0, events_per_request=10)
    post_lines(target, [b"x"] * 30, now_seconds=lambda: 100.0, sleep=waits.append)
    assert waits == [2.0, 4.0, 6.0]


def test_a_refusal_is_told(service: tuple[str, type[_Service]]) -> None:
    url, handler = service
    handler.status = 401
    with pytest.raises(InputError, match=r"answered 401 .*said.*--header"):
        post_lines(Target(url), [b"x"])


def test_nobody_there() -> None:
    with pytest.raises(InputError, match="Is the service running there"):
        post_lines(Target("http://127.0.0.1:9"), [b"x"])


def test_no_address() -> None:
    with pytest.raises(InputError, match="is no address"):
        post_lines(Target("localhost:80"), [b"x"])


def test_headers_have_a_name_and_a_value() -> None:
    assert parse_header("X-Key: a:b") == ("X-Key", "a:b")
    with pytest.raises(InputError, match="is no header"):
        parse_header("nothing")
