"""Tables to test against: moto's, and those of the real DynamoDB Local, which does not lose what is written at once."""

import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from tools.dynamodb_local import jar

from tests.aws.memory_table import MemoryTable
from tutorpulse.aws.schema import create_table_arguments
from tutorpulse.aws.table import Items, Table

REGION = "eu-central-1"
FAST = Config(retries={"mode": "standard", "max_attempts": 2}, max_pool_connections=32)


@pytest.fixture(autouse=True, scope="session")
def credentials() -> Iterator[None]:
    """No test ever uses anybody's own."""
    monkeypatch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield
    monkeypatch.undo()


@pytest.fixture(scope="session")
def local_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a DynamoDB Local of this session's own."""
    found = jar()
    if found is None or shutil.which("java") is None:
        pytest.skip("no DynamoDB Local: install a Java runtime and run `python -m tools.dynamodb_local`")
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("dynamodb")
    with subprocess.Popen(
        _command(found, port), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as java:
        try:
            _wait(port, java)
            yield f"http://127.0.0.1:{port}"
        finally:
            java.terminate()


def _command(found: Path, port: int) -> list[str]:
    libraries = f"-Djava.library.path={found.parent / 'DynamoDBLocal_lib'}"
    return [
        "java",
        "-Xmx512m",
        libraries,
        "-jar",
        str(found),
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]


def _wait(port: int, java: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert java.poll() is None, "DynamoDB Local ended"
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("DynamoDB Local does not answer")


def local_client(endpoint: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=FAST,
    )


def new_table(client: Any) -> Table:
    name = f"t-{uuid.uuid4().hex}"
    client.create_table(**create_table_arguments(name))
    return Table(client, name)


@pytest.fixture(scope="session")
def moto_client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name=REGION, config=FAST)


@pytest.fixture
def moto_table(moto_client: Any) -> Table:
    return new_table(moto_client)


@pytest.fixture(scope="session")
def client_of_local(local_endpoint: str) -> Any:
    return local_client(local_endpoint)


@pytest.fixture
def local_table(client_of_local: Any) -> Table:
    return new_table(client_of_local)


@pytest.fixture(params=["memory", "dynamodb-local"])
def table(request: pytest.FixtureRequest) -> Items:
    """The same test over both."""
    chosen: Items = MemoryTable() if request.param == "memory" else request.getfixturevalue("local_table")
    return chosen
