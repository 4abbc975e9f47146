"""The two APIs: events into the stream under whom they are about, insights out by the service's own routes."""

import base64
import gzip
import json
from typing import Any

import pytest

from tests.aws.memory_table import MemoryTable
from tests.aws.stream import NOW_US, bodies, event, processor
from tests.aws.worlds import NOON_US, Endpoint, home_of, kit, lines_of, simulated, stream_in
from tutorpulse.aws import reading_api
from tutorpulse.aws.ingesting import Ingest
from tutorpulse.aws.predicting import predict
from tutorpulse.aws.processing import Record
from tutorpulse.clock import FixedClock
from tutorpulse.features.frame import ENTITY_TYPES
from tutorpulse.service.queries.subjects import keep_subjects
from tutorpulse.settings import Settings
from tutorpulse.simulate import post
from tutorpulse.store.home import Home


class Stream:
    """A stream; the first `refuse` records of it are refused once."""

    def __init__(self, refuse: int = 0) -> None:
        self.records: list[dict[str, Any]] = []
        self._refuse = refuse

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        refused, self._refuse = min(self._refuse, len(Records)), 0
        self.records += Records[refused:]
        return {"Records": [{"ErrorCode": "Throttled"}] * refused + [{}] * (len(Records) - refused)}


def request(body: bytes, path: str = "/v1/events", binary: bool = False, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = base64.b64encode(body).decode() if binary else body.decode()
    return {
        "path": path,
        "headers": named,
        "body": text,
        "isBase64Encoded": binary,
        "requestContext": {"requestId": "r1"},
    }


def answered(asked: dict[str, Any], stream: Stream) -> tuple[int, Any]:
    answer = Ingest(stream, "events", Settings(), FixedClock(NOW_US)).answer(asked)
    assert answer["headers"]["X-Request-ID"] == "r1"
    return answer["statusCode"], json.loads(answer["body"])


def taken(stream: Stream) -> MemoryTable:
    table = MemoryTable()
    processor(table).take([Record(str(n), r["Data"], NOW_US) for n, r in enumerate(stream.records)])
    return table


def test_lines_arrays_and_single_events_reach_the_table_under_whom_they_are_about() -> None:
    stream = Stream()
    given = bodies([event(1), event(2, student_id="st2"), event(3)])
    assert answered(request(b"\n".join(given) + b"\n", content_type="application/x-ndjson"), stream)[0] == 200
    assert (
        answered(request(b"[" + b",".join(given) + b"]", content_type="application/json"), stream)[1][
            "accepted"
        ]
        == 3
    )
    assert answered(request(given[0], content_type="application/json"), stream)[1]["rejected"] == 0
    assert {record["PartitionKey"] for record in stream.records} == {"st1", "st2"}
    assert len(list(taken(stream).between("t1", "event#", "event#~"))) == 3


def test_packed_bodies_are_read() -> None:
    stream = Stream()
    packed = gzip.compress(bodies([event(1)])[0])
    assert (
        answered(
            request(packed, binary=True, content_type="application/json", content_encoding="gzip"), stream
        )[0]
        == 200
    )
    assert len(stream.records) == 1


def test_what_breaks_the_contract_is_told_and_kept() -> None:
    stream = Stream()
    bad = b'{"event_type": "session_completed", "timestamp": "2024-01-01T00:00:00Z", "payload": {}}'
    status, told = answered(
        request(b"[" + bad + b"," + bodies([event(1)])[0] + b"]", content_type="application/json"), stream
    )
    assert (status, told["accepted"], told["rejected"]) == (200, 1, 1)
    assert told["events"][0]["index"] == 0
    assert len(list(taken(stream).of_type("reject"))) == 1


def test_the_predecessors_path_answers_in_its_words() -> None:
    status, told = answered(
        request(bodies([event(1)])[0], path="/ingest", content_type="application/json"), Stream()
    )
    assert (status, told["status"], told["event_id"]) == (200, "accepted", "e1")


def test_records_that_the_stream_refuses_are_sent_again_and_refusing_all_is_said() -> None:
    stream = Stream(refuse=1)
    assert answered(request(bodies([event(1)])[0], content_type="application/json"), stream)[0] == 200
    assert len(stream.records) == 1

    class Full(Stream):
        def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
            return {"Records": [{"ErrorCode": "Throttled"}] * len(Records)}

    status, told = answered(request(bodies([event(1)])[0], content_type="application/json"), Full())
    assert (status, told["type"]) == (503, "urn:tutorpulse:problem:unavailable")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(b"", {}, 422), (b"x", {"content_encoding": "br"}, 415), (b"x", {"content_type": "text/html"}, 415)],
)
def test_what_cannot_be_read_is_a_problem(body: bytes, headers: dict[str, str], status: int) -> None:
    found, told = answered(request(body, **headers), Stream())
    assert (found, told["status"]) == (status, status)


def test_the_simulator_posts_to_the_path_of_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    import http.client

    asked: list[tuple[str, str]] = []

    class Connection:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
            asked.append((method, path))
            assert headers["X-API-Key"] == "k"

        def getresponse(self) -> Any:
            class Answer:
                status, reason = 200, "OK"

                def read(self) -> bytes:
                    return b"{}"

            return Answer()

        def close(self) -> None:
            pass

    monkeypatch.setattr(http.client, "HTTPSConnection", Connection)
    target = post.Target("https://x.execute-api.eu-central-1.amazonaws.com/prod", (("X-API-Key", "k"),))
    assert post.post_lines(target, bodies([event(1)])) == 1
    assert asked == [("POST", "/prod/v1/events")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryTable, Any]:
    folder = tmp_path_factory.mktemp("api")
    made = kit(MemoryTable(), folder, Endpoint())
    stream_in(made.table, simulated(days=40, tutors=3, students=10))
    predict(made, lines_of([]), lambda: 900)
    return made.table, reading_api.create(made.table, Settings(), FixedClock(NOON_US), Home(folder))


def asked(handler: Any, path: str, **query: str) -> tuple[int, Any]:
    """As API Gateway asks a function."""
    gateway = {
        "resource": "/{proxy+}",
        "httpMethod": "GET",
        "path": path,
        "headers": {"Host": "x"},
        "multiValueHeaders": {"Host": ["x"]},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "requestContext": {
            "requestId": "r",
            "identity": {"apiKeyId": "key-1", "sourceIp": "10.0.0.1"},
            "stage": "prod",
        },
        "body": None,
        "isBase64Encoded": False,
    }
    answer = handler(gateway, None)
    return answer["statusCode"], json.loads(answer["body"])


def test_recent_insights_come_in_pages_in_the_order_of_their_numbers(served: tuple[MemoryTable, Any]) -> None:
    table, handler = served
    numbers = {item["entity_id"]: item["number"] for item in table.of_type("insight")}
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    status, first = asked(handler, "/insights/recent", limit="3")
    assert status == 200
    assert len(first["insights"]) == 3
    _, second = asked(handler, "/insights/recent", limit="1000", nextToken=first["nextToken"])
    ids = [one["alert_id"] for one in (*first["insights"], *second["insights"])]
    assert ids == sorted(numbers, key=lambda one: -numbers[one])
    assert asked(handler, f"/insights/{ids[0]}")[1]["alert_id"] == ids[0]
    assert asked(handler, "/insights/nothing")[0] == 404


def test_lists_and_counts_are_those_of_the_table(served: tuple[MemoryTable, Any]) -> None:
    table, handler = served
    status, listed = asked(handler, "/v1/tutors", sort="entity_id")
    assert status == 200
    assert [one["entity_id"] for one in listed["items"]] == sorted(
        i["entity_id"] for i in table.of_type("tutor")
    )
    shown = {one["entity_id"]: one["burnout_risk"] for one in listed["items"]}
    assert shown == {i["entity_id"]: i.get("burnout_risk") for i in table.of_type("tutor")}
    assert asked(handler, "/insights/aggregations")[1]["total"] == len(list(table.of_type("insight")))


def test_segments_and_subjects_are_those_of_a_home(
    served: tuple[MemoryTable, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with home_of(tmp_path_factory.mktemp("home"), simulated(days=40, tutors=3, students=10)) as pulse:
        keep_subjects(pulse.store, pulse.state, NOON_US)
        expected = {kind: pulse.state.subjects.counts(kind) for kind in ENTITY_TYPES}
    status, told = asked(served[1], "/v1/segments")
    assert status == 200
    assert told["subjects"] == expected
    assert expected["tutor"]
    subject = min(expected["tutor"])
    _, listed = asked(served[1], "/v1/tutors", subject=subject, limit="1000")
    assert len(listed["items"]) == expected["tutor"][subject]


def test_what_is_written_later_is_seen_by_a_function_that_stays_warm(served: tuple[MemoryTable, Any]) -> None:
    table, handler = served
    asked(handler, "/v1/students")
    one = next(table.of_type("student"))
    table.put({**(table.get(one["entity_id"], "student") or {}), "churn_risk_14d": 0.123})
    _, listed = asked(handler, "/v1/students", limit="1000")
    assert {i["entity_id"]: i["churn_risk_14d"] for i in listed["items"]}[one["entity_id"]] == 0.123


def test_there_is_no_stream_and_nothing_to_write(served: tuple[MemoryTable, Any]) -> None:
    assert asked(served[1], "/insights/stream")[0] == 404
