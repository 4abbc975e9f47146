"""The OpenAPI document: whatever is made from it, valid or not, is answered as it says."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, assume, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode

from tutorpulse.api import described
from tutorpulse.api.routes import ROUTERS


def _document() -> dict[str, Any]:
    app = FastAPI(title="tutorpulse", version="1")
    for router in ROUTERS:
        app.include_router(router)
    return described.document(app)


load_all_checks()
DOCUMENT = _document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.config.generation.update(with_security_parameters=False)
CURSORS = {"cursor", "nextToken"}
"""Only a page before can tell one."""
STREAM = "/insights/stream"
"""Its answer has no end."""
OPERATIONS = [
    (path, method) for path, methods in DOCUMENT["paths"].items() for method in methods if path != STREAM
]

CAN_BE_WRONG = [
    (path, method)
    for path, method in OPERATIONS
    if path not in ("/v1/events", "/ingest")
    and DOCUMENT["paths"][path][method].keys() & {"parameters", "requestBody"}
]
"""What takes no parameter cannot be asked wrongly; a body of events cannot be, for what is none is kept as a reject."""


@pytest.fixture(scope="module")
def secret(key: Callable[..., str]) -> str:
    return key("admin")


def check(
    client: TestClient, secret: str, path: str, method: str, mode: GenerationMode, examples: int
) -> None:
    operation = SCHEMA[path][method.upper()]

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: schemathesis.Case) -> None:
        named = CURSORS & case.query.keys()
        assume(not (named and mode is GenerationMode.NEGATIVE))  # What is wrong may be the cursor alone.
        for name in named:
            case.query.pop(name)
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

    answered()


@pytest.fixture(scope="module", autouse=True)
def _joined(app: FastAPI) -> None:
    SCHEMA.app = app


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_valid_requests_are_answered_as_the_document_says(
    client: TestClient, secret: str, path: str, method: str
) -> None:
    check(client, secret, path, method, GenerationMode.POSITIVE, 12)


@pytest.mark.parametrize(("path", "method"), CAN_BE_WRONG)
def test_invalid_requests_are_refused_as_the_document_says(
    client: TestClient, secret: str, path: str, method: str
) -> None:
    check(client, secret, path, method, GenerationMode.NEGATIVE, 12)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), CAN_BE_WRONG)
def test_many_requests_are_answered_as_the_document_says(
    client: TestClient, secret: str, path: str, method: str, mode: GenerationMode
) -> None:
    check(client, secret, path, method, mode, 300)
