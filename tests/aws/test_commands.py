"""The predecessor's commands, as docs/aws.md gives them, each against the adapters."""

import asyncio
import json
import logging
import re
import shlex
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.aws.conftest import new_table
from tests.aws.stream import processor
from tests.aws.test_apis import Stream
from tests.aws.worlds import Endpoint, kit, lines_of
from tutorpulse.aws import names, reading_api
from tutorpulse.aws.ingesting import Ingest
from tutorpulse.aws.predicting import predict
from tutorpulse.aws.processing import Record
from tutorpulse.aws.stack import doors
from tutorpulse.aws.table import Table
from tutorpulse.cli import main
from tutorpulse.clock import DAY_US, FixedClock, parse_time
from tutorpulse.settings import Settings
from tutorpulse.store.home import Home

pytestmark = pytest.mark.slow

NOW_US = parse_time("2026-02-05T00:00:00Z")
DOCS = Path(__file__).parents[2] / "docs" / "aws.md"


def documented(program: str) -> list[str]:
    """The words of the command of docs/aws.md that begins so, its continued lines joined."""
    text = DOCS.read_text().replace("\\\n", " ")
    (line,) = re.findall(rf"^    ({program} .*)$", text, re.MULTILINE)
    return shlex.split(line)


class Gateway(ThreadingHTTPServer):
    """API Gateway as far as these commands meet it: a stage's path, a key, the functions behind its routes."""

    def __init__(self, ingest: Ingest) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ingest = ingest
        self.insights: Any = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def log_message(self, *_: object) -> None:
        pass

    def _event(self, body: bytes) -> dict[str, Any]:
        path = self.path.removeprefix("/prod")
        routed = {(method, f"/{name}") for method, name in (*doors.INGEST, *doors.INSIGHTS)}
        assert (self.command, path) in routed
        return {
            "resource": path,
            "path": path,
            "httpMethod": self.command,
            "headers": dict(self.headers),
            "multiValueHeaders": {name: [value] for name, value in self.headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"requestId": "r", "identity": {"apiKeyId": "k"}, "stage": "prod"},
            "body": body.decode() or None,
            "isBase64Encoded": False,
        }

    def _answer(self, answered: dict[str, Any]) -> None:
        status = answered["statusCode"] if self.headers.get("X-API-Key") == "KEY" else 403
        body = answered["body"].encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.server.ingest.answer(self._event(body)))

    def do_GET(self) -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())  # Lambda calls from the main thread, which has one.
        self._answer(self.server.insights(self._event(b""), None))


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream()


@pytest.fixture(scope="module")
def gateway(stream: Stream) -> Iterator[Gateway]:
    made = Gateway(Ingest(stream, names.STREAM, Settings(), FixedClock(NOW_US)))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(scope="module")
def logged() -> list[str]:
    return []


@pytest.fixture(scope="module")
def seeded(
    gateway: Gateway, stream: Stream, moto_client: Any, logged: list[str], tmp_path_factory: Any
) -> Table:
    """A table seeded by the documented command, of few days and students so that it is soon done, and looked at once."""
    words = documented("tutorpulse simulate")
    assert words[:4] == ["tutorpulse", "simulate", "--tutors", "50"]
    words[words.index("--to") + 1] = f"{gateway.address}/prod"
    few = ["--students", "8", "--start", "2026-02-02", "--end", "2026-02-05"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", [*words, *few])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    table = new_table(moto_client)
    records = [Record(f"{n:056d}", record["Data"], NOW_US) for n, record in enumerate(stream.records)]
    assert processor(table, now_us=NOW_US).take(records)[1] is None
    folder = tmp_path_factory.mktemp("commands")
    made = kit(table, folder, Endpoint(), now_us=NOW_US)
    logger, handler = logging.getLogger("tutorpulse.refresh"), logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    predict(made, lines_of([]), lambda: 900)
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    gateway.insights = reading_api.create(table, Settings(), FixedClock(NOW_US + DAY_US), Home(folder))
    return table


def test_seeding_sends_every_tutor(seeded: Table, stream: Stream) -> None:
    assert len({record["PartitionKey"] for record in stream.records}) >= 50


def test_the_index_query_for_tutors_lists_them_with_what_is_predicted(
    seeded: Table, moto_client: Any
) -> None:
    words = documented("aws dynamodb query")
    told = dict(zip(words[3::2], words[4::2], strict=True))
    assert told["--table-name"] == names.TABLE
    found = moto_client.query(
        TableName=seeded.name,
        IndexName=told["--index-name"],
        KeyConditionExpression=told["--key-condition-expression"],
        ExpressionAttributeValues=json.loads(told["--expression-attribute-values"]),
    )["Items"]
    assert len(found) == 50
    assert all(item["entity_type"] == {"S": "tutor"} and "timestamp" in item for item in found)
    assert any("burnout_risk" in item and "segment" in item for item in found)


def test_recent_insights_are_got_with_the_key_alone(seeded: Table, gateway: Gateway) -> None:
    words = documented("curl")
    path = re.sub(r"^https://[^/]*", "", words[-1])
    name, value = words[words.index("-H") + 1].split(": ")
    request = urllib.request.Request(gateway.address + path, headers={name: value})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    assert told["insights"]
    assert {"alert_id", "entity_id", "prediction_type", "explanation"} <= set(told["insights"][0])
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(gateway.address + path, timeout=30)


def test_the_tailed_log_shows_a_line_for_each_prediction_that_changed(
    seeded: Table, logged: list[str]
) -> None:
    words = documented("aws logs tail")
    assert words[3] == f"/aws/lambda/{names.STACK}-AIFunction"
    pattern = words[words.index("--filter-pattern") + 1].strip('"')
    shown = [line for line in logged if pattern in line]
    scored = [item for item in seeded.of_type("tutor") if item.get("burnout_risk") is not None]
    assert scored
    assert len(shown) == len(scored)
    assert re.fullmatch(rf"{pattern} \S+: segment=\S+, burnout_risk=[\d.]+%, health=[\d.]+", shown[0])
