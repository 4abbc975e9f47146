"""Loads and reads against a service that only answers: what is sent, what is told, what fails."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from tutorpulse.bench.loading import post_evenly
from tutorpulse.bench.reading import Reads
from tutorpulse.bench.served import Served
from tutorpulse.errors import TutorpulseError


class Answers(BaseHTTPRequestHandler):
    """Two tutors and one student; nothing is known of the student's page. Posts are kept by their lines."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    posted: list[list[bytes]]
    seen: threading.Semaphore
    missing = ""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind = self.path.split("/")[2].partition("?")[0]
        ids = ["tutor_1", "tutor_2"] if kind == "tutors" else ["student_1"]
        status = 404 if self.path == self.missing else 200
        self._answer(status, msgspec.json.encode({"items": [{"entity_id": one} for one in ids]}))
        self.seen.release()

    def do_POST(self) -> None:
        self.posted.append(self.rfile.read(int(self.headers["content-length"])).splitlines())
        self._answer(503 if self.missing == self.path else 200, b"{}")
        self.seen.release()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answers() -> type[Answers]:
    kept = {"asked": [], "posted": [], "seen": threading.Semaphore(0)}
    return type("Mine", (Answers,), kept)


@pytest.fixture
def service(answers: type[Answers]) -> Iterator[Served]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads, server.block_on_close = True, False
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Served("127.0.0.1", server.server_port, "secret", 0)
        server.shutdown()


def wait_for(answers: type[Answers], times: int) -> None:
    for _ in range(times):
        assert answers.seen.acquire(timeout=20)


def test_those_who_are_known_are_read_one_by_one_and_by_the_page_of_both_kinds(
    service: Served, answers: type[Answers]
) -> None:
    reads = Reads(service)
    with reads.going_on():
        wait_for(answers, 2 + 4 * 2)
    lists, read = answers.asked[:2], answers.asked[2:]
    assert lists == ["/v1/tutors?limit=1000", "/v1/students?limit=1000"]
    assert read[0] in {"/v1/tutors/tutor_1", "/v1/tutors/tutor_2"}
    assert read[1:4] == ["/v1/tutors?limit=100", "/v1/students/student_1", "/v1/students?limit=100"]
    told = reads.as_data("now")
    assert told["read_one_now"] == told["read_page_now"] == len(read) / 2
    assert 0 < told["read_one_p50_ms_now"] <= told["read_one_p99_ms_now"]


def test_a_read_that_fails_ends_the_benchmark(service: Served, answers: type[Answers]) -> None:
    answers.missing = "/v1/students/student_1"
    with pytest.raises(TutorpulseError, match="student_1 was answered with 404"), Reads(service).going_on():
        wait_for(answers, 2 + 3)


def test_without_reads_there_is_no_figure(service: Served) -> None:
    assert Reads(service).as_data("now")["read_page_p99_ms_now"] is None


def test_every_line_is_posted_once_by_the_hundred(service: Served, answers: type[Answers]) -> None:
    lines = [b"%d" % number for number in range(250)]
    posted = post_evenly(service, lines, 100_000)
    assert sorted(map(len, answers.posted)) == [50, 100, 100]
    assert sorted(line for post in answers.posted for line in post) == sorted(lines)
    assert len(posted.each) == 3


def test_a_load_ends_when_it_is_enough_and_the_next_goes_on_where_it_ended(
    service: Served, answers: type[Answers]
) -> None:
    enough, lines = threading.Event(), iter([b"%d" % number for number in range(1_000)])
    enough.set()
    assert post_evenly(service, lines, 100_000, enough).each == []
    assert len(post_evenly(service, lines, 100_000).each) == 10


def test_a_refused_post_ends_the_benchmark(service: Served, answers: type[Answers]) -> None:
    answers.missing = "/v1/events"
    with pytest.raises(TutorpulseError, match="1 posts were refused, the first with 503"):
        post_evenly(service, [b"1"], 1_000)
