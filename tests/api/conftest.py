"""A small home that is served, its application, and keys for it."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.model.made import HASH, artifact_of
from tests.service.live.homes import LIVE_US, PAIRS, served
from tests.service.logs import lesson
from tutorpulse.api.app import create_app
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact, save
from tutorpulse.service.lifecycle import promoting
from tutorpulse.service.live.service import Service

MORE = [
    lesson(1.5 + 4 * k, f"t{i}", f"s{i}", subject="maths" if i < 3 else "art")
    for i in range(6)
    for k in range(i + 1)
]
"""Makes each of them another; the first three teach maths."""

Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Six tutors with a student each, refreshed once. Tests share it, and may add to it."""
    with served(tmp_path_factory.mktemp("served"), [*PAIRS, *MORE]) as service:
        yield service


@pytest.fixture(scope="module")
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def key(service: Service) -> Callable[..., str]:
    """Call with scopes: a new key's secret."""

    def made(*scopes: str, expires_us: int | None = None) -> str:
        with service.states.one() as state:
            return state.keys.create("tests", scopes, LIVE_US, expires_us)[1]

    return made


@pytest.fixture(scope="module")
def ask(client: TestClient, key: Callable[..., str]) -> Ask:
    """A request with a key that may do everything."""
    secret = key("admin")

    def asked(method: str, path: str, **rest: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {secret}"} | dict(rest.pop("headers", {}))  # type: ignore[call-overload]
        response: httpx.Response = client.request(method, path, headers=headers, **rest)  # type: ignore[arg-type]
        return response

    return asked


@pytest.fixture
def own(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifact]:
    """A model of the home's own, saved; at the end it neither serves nor scores in shadow."""
    made, models = artifact_of(), service.pulse.home.models_path
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    save(made, models)
    yield made
    registry.deactivate(models)
    registry.lift_shadow(models)
