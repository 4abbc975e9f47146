"""The handlers as Lambda runs them: from the built asset, under its own runtime client, with nothing else to import."""

import base64
import hashlib
import importlib.util
import json
import os
import queue
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.aws.conftest import REGION
from tests.aws.stream import bodies, event
from tests.aws.worlds import serving
from tutorpulse.aws import packaging
from tutorpulse.aws.packaging import UNZIPPED_BYTES_MAX, Asset
from tutorpulse.aws.table import Table
from tutorpulse.service.invoking import Invocation, Invoker

pytestmark = pytest.mark.slow

RUNTIME = (
    "awslambdaric",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six",
    "urllib3",
    "simplejson",
    "snapshot_restore_py",
    "runtime_client",
)
"""What Lambda's own image brings."""


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Asset:
    return packaging.build(tmp_path_factory.mktemp("build") / "asset")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image brings, and nothing more."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        assert spec.origin is not None, name
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


class Services(ThreadingHTTPServer):
    """The runtime API, and the services that the handlers call beside DynamoDB."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.answered: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.put: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.invoker = Invoker(serving())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Services

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, body: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _is_alone(self) -> bool:
        """Whether the other side has hung up."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def do_GET(self) -> None:
        asked = self.server.asked.get()
        if asked is None:  # Whoever asked is gone.
            return
        if self._is_alone():  # So late that it was not told: what it took is meant for the next.
            self.server.asked.put(asked)
            return
        deadline = str(int((time.time() + 60) * 1000))
        arn = f"arn:aws:lambda:{REGION}:123456789012:function:f"
        self._send(
            json.dumps(asked).encode(),
            Content_Type="application/json",
            Lambda_Runtime_Trace_Id="Root=1-0-0",
            Lambda_Runtime_Aws_Request_Id="r1",
            Lambda_Runtime_Deadline_Ms=deadline,
            Lambda_Runtime_Invoked_Function_Arn=arn,
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/2018-06-01/"):
            self.server.answered.put((self.path, body))
            self._send(b"{}")
        elif "/invocations" in self.path:
            answered = self.server.invoker.answer(Invocation(body, self.headers["Content-Type"]))
            self._send(answered.body, Content_Type=answered.content_type)
        elif target := self.headers.get("X-Amz-Target", ""):
            answer = getattr(self, f"_{target.partition('.')[2]}")(json.loads(body))
            self._send(json.dumps(answer).encode())
        else:
            self._send(
                b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
            )

    def _PutRecords(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.server.put += asked["Records"]
        return {"FailedRecordCount": 0, "Records": [{}] * len(asked["Records"])}

    def _PutEvents(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"FailedEntryCount": 0, "Entries": []}

    def _SendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.server.sent.append(asked)
        return {
            "MessageId": "m",
            "MD5OfMessageBody": hashlib.md5(asked["MessageBody"].encode()).hexdigest(),
        }

    def _GetShardIterator(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"ShardIterator": asked["StartingSequenceNumber"]}

    def _GetRecords(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        first = int(asked["ShardIterator"])
        kept = [
            {"SequenceNumber": str(n), "Data": record["Data"], "ApproximateArrivalTimestamp": time.time()}
            for n, record in enumerate(self.server.put, 1)
        ]
        return {"Records": [record for record in kept if int(record["SequenceNumber"]) >= first]}


@pytest.fixture
def services() -> Iterator[Services]:
    made = Services()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@contextmanager
def running(
    handler: str, asset: Asset, runtime: Path, services: Services, endpoint: str, table: str
) -> Iterator[Any]:
    """A function; call it with an event for its answer."""
    environment = {
        "AWS_LAMBDA_RUNTIME_API": services.address,
        "AWS_ENDPOINT_URL": f"http://{services.address}",
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "PYTHONPATH": f"{asset.folder}{os.pathsep}{runtime}",
        "TUTORPULSE_HOME": str(asset.folder / "home"),
        "TABLE": table,
        "STREAM": "events",
        "ENDPOINT": "marketplace-health-endpoint",
        "BUS": "bus",
        "POISON_QUEUE": f"http://{services.address}/1/poison",
        "JOBS_QUEUE": f"http://{services.address}/1/jobs",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-S", "-P", "-m", "awslambdaric", f"tutorpulse.aws.handlers.{handler}"]
    with subprocess.Popen(
        command, env=environment, cwd=asset.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:

        def call(asked: dict[str, Any]) -> Any:
            services.asked.put(asked)
            try:
                path, body = services.answered.get(timeout=300)
            except queue.Empty:
                process.kill()
                raise AssertionError(
                    process.stdout.read().decode()[-3000:] if process.stdout else ""
                ) from None
            assert path.endswith("/response"), body.decode()
            return json.loads(body)

        try:
            yield call
        finally:
            process.kill()
            # A request of this process that still waits must not take what is meant for the next.
            services.asked.put(None)
            services.asked = queue.Queue()


def test_the_asset_fits_and_holds_nothing_that_is_too_large(asset: Asset) -> None:
    assert asset.unzipped_bytes < UNZIPPED_BYTES_MAX
    names = {path.name for path in asset.folder.iterdir()}
    assert {"duckdb", "numpy", "tutorpulse"} <= names
    assert not names & {"pyarrow", "pandas", "lightgbm", "sklearn", "scipy", "boto3"}


@pytest.fixture
def given(
    asset: Asset, runtime: Path, services: Services, local_table: Table, local_endpoint: str
) -> tuple[Asset, Path, Services, str, str]:
    return asset, runtime, services, local_endpoint, local_table.name


def happened(number: int, hours_ago: float = 1, **payload: Any) -> bytes:
    at = time.gmtime(time.time() - hours_ago * 3600)
    one = {**event(number, **payload), "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", at)}
    return bodies([one])[0]


def posted(body: bytes, path: str = "/v1/events") -> dict[str, Any]:
    return {"path": path, "headers": {"content-type": "application/json"}, "body": body.decode()}


def of_stream(number: int, data: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {
        "kinesis": {
            "sequenceNumber": str(number),
            "data": encoded,
            "approximateArrivalTimestamp": time.time(),
        }
    }


def read(path: str, **query: str) -> dict[str, Any]:
    """A request as API Gateway hands it on."""
    return {
        "resource": path,
        "httpMethod": "GET",
        "path": path,
        "headers": {"Host": "x"},
        "multiValueHeaders": {"Host": ["x"]},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "requestContext": {"requestId": "r", "identity": {"apiKeyId": "k"}, "stage": "prod"},
        "body": None,
        "isBase64Encoded": False,
    }


def test_an_event_goes_from_the_door_to_a_prediction_that_the_api_tells(
    given: Any, services: Services, local_table: Table
) -> None:
    with running("ingest", *given) as call:
        answer = call(posted(happened(1, price=30.0)))
        assert (answer["statusCode"], json.loads(answer["body"])["accepted"]) == (200, 1)
    (record,) = services.put
    with running("process", *given) as call:
        assert call({"Records": [of_stream(1, base64.b64decode(record["Data"]))]}) == {
            "batchItemFailures": []
        }
        large = b'{"note": "' + b"x" * 450_000 + b'", ' + happened(2)[1:]
        assert call({"Records": [of_stream(2, large)]}) == {"batchItemFailures": []}
    assert [message["QueueUrl"].rsplit("/", 1)[1] for message in services.sent] == ["poison"]
    with running("predict", *given) as call:
        summary = call({})
        assert (summary["tutors_processed"], summary["students_processed"]) == (1, 1)
        assert summary["model_version"].startswith("starter-")
    (tutor,) = local_table.of_type("tutor")
    assert (tutor["entity_id"], tutor["stale"], tutor["status"]) == ("t1", False, "new")
    assert 0 <= tutor["burnout_risk"] <= 1
    with running("insights", *given) as call:
        answer = call(read("/v1/tutors"))
        assert answer["statusCode"] == 200, answer
        (listed,) = json.loads(answer["body"])["items"]
        assert (listed["entity_id"], listed["burnout_risk"]) == ("t1", tutor["burnout_risk"])
        for path in ("/insights/recent", "/insights/aggregations", "/v1/students", "/v1/segments"):
            assert call(read(path))["statusCode"] == 200, path
        assert call(read("/insights/nothing"))["statusCode"] == 404


def test_a_night_hands_on_its_jobs_and_does_them(given: Any, services: Services, local_table: Table) -> None:
    with running("process", *given) as call:
        assert call({"Records": [of_stream(1, happened(1, 40, price=30.0))]}) == {"batchItemFailures": []}
    with running("night", *given) as call:
        assert call({"source": "aws.events"}) == {"tutor": 1, "student": 1}
        jobs = [message["MessageBody"] for message in services.sent]
        assert {message["QueueUrl"].rsplit("/", 1)[1] for message in services.sent} == {"jobs"}
        done = [call({"Records": [{"body": job}]})["finished"] for job in jobs]
        assert sorted(kind for some in done for kind in some) == ["student", "tutor"]
    for kind in ("tutor", "student"):
        found = local_table.get("log", f"population#{kind}")
        assert found is not None, kind


def test_a_letter_is_taken_from_the_stream(given: Any, services: Services, local_table: Table) -> None:
    services.put += [{"Data": base64.b64encode(happened(n)).decode()} for n in range(1, 5)]
    batch = {"shardId": "s", "streamArn": "arn:aws:kinesis:eu-central-1:1:stream/events"}
    batch |= {"startSequenceNumber": "2", "endSequenceNumber": "3"}
    with running("redrive", *given) as call:
        assert call({"Records": [{"body": json.dumps({"KinesisBatchInfo": batch})}]}) == {"taken": 2}
    held = local_table.between("t1", "event#", "event#~")
    assert sorted(item["entity_type"].rsplit("#")[-1] for item in held) == ["e2", "e3"]
