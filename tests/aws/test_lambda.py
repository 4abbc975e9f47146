"""The handlers as Lambda runs them: from the built asset, under its own runtime client, with nothing else to import."""

import base64
import importlib.util
import json
import os
import queue
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
        self.asked: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answered: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.put: list[dict[str, Any]] = []
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

    def do_GET(self) -> None:
        try:
            asked = self.server.asked.get(timeout=120)
        except queue.Empty:
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
        elif "PutRecords" in self.headers.get("X-Amz-Target", ""):
            records = json.loads(body)["Records"]
            self.server.put += records
            self._send(json.dumps({"FailedRecordCount": 0, "Records": [{}] * len(records)}).encode())
        elif "PutEvents" in self.headers.get("X-Amz-Target", ""):
            self._send(b'{"FailedEntryCount": 0, "Entries": []}')
        else:
            self._send(
                b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
            )


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
        "POISON_QUEUE": "http://none",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-S", "-P", "-m", "awslambdaric", f"tutorpulse.aws.handlers.{handler}"]
    with subprocess.Popen(
        command, env=environment, cwd=asset.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:

        def call(asked: dict[str, Any]) -> Any:
            services.asked.put(asked)
            try:
                path, body = services.answered.get(timeout=90)
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


def test_the_asset_fits_and_holds_nothing_that_is_too_large(asset: Asset) -> None:
    assert asset.unzipped_bytes < UNZIPPED_BYTES_MAX
    names = {path.name for path in asset.folder.iterdir()}
    assert {"duckdb", "numpy", "tutorpulse"} <= names
    assert not names & {"pyarrow", "pandas", "lightgbm", "sklearn", "scipy", "boto3"}


def test_an_event_goes_from_the_door_to_a_prediction(
    asset: Asset, runtime: Path, services: Services, local_table: Table, local_endpoint: str
) -> None:
    given = (asset, runtime, services, local_endpoint, local_table.name)
    now = time.time()
    happened = {
        **event(1, price=30.0),
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600)),
    }
    with running("ingest", *given) as call:
        answer = call(
            {
                "path": "/v1/events",
                "headers": {"content-type": "application/json"},
                "body": bodies([happened])[0].decode(),
            }
        )
        assert (answer["statusCode"], json.loads(answer["body"])["accepted"]) == (200, 1)
    (record,) = services.put
    kinesis = {"sequenceNumber": "1", "data": record["Data"], "approximateArrivalTimestamp": now}
    assert base64.b64decode(record["Data"]) == bodies([happened])[0]
    with running("process", *given) as call:
        assert call({"Records": [{"kinesis": kinesis}]}) == {"batchItemFailures": []}
    with running("predict", *given) as call:
        summary = call({})
        assert (summary["tutors_processed"], summary["students_processed"]) == (1, 1)
        assert summary["model_version"].startswith("starter-")
    (tutor,) = local_table.of_type("tutor")
    assert (tutor["entity_id"], tutor["stale"], tutor["status"]) == ("t1", False, "new")
    assert 0 <= tutor["burnout_risk"] <= 1
