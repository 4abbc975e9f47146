"""Tables to test against: moto's, and those of the real DynamoDB Local, which does not lose what is written at once."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from tests.aws.memory_table import MemoryTable
from tools import dynamodb_local
from tutorpulse.aws.schema import create_table_arguments
from tutorpulse.aws.table import Items, Table

REGION = dynamodb_local.REGION
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
def local_endpoint() -> Iterator[str]:
    """The address of a DynamoDB Local of this session's own."""
    if not dynamodb_local.is_here():
        pytest.skip("no DynamoDB Local: install a Java runtime and run `python -m tools.dynamodb_local`")
    with dynamodb_local.running() as endpoint:
        yield endpoint


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
    return dynamodb_local.client(local_endpoint)


@pytest.fixture
def local_table(client_of_local: Any) -> Table:
    return new_table(client_of_local)


@pytest.fixture(params=["memory", "dynamodb-local"])
def table(request: pytest.FixtureRequest) -> Items:
    """The same test over both."""
    chosen: Items = MemoryTable() if request.param == "memory" else request.getfixturevalue("local_table")
    return chosen
