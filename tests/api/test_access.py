"""Keys and scopes: who is let in, and what is said to the others."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from tests.service.live.homes import LIVE_US
from tutorpulse.api import access
from tutorpulse.api.app import create_app
from tutorpulse.service.live.service import Service

Key = Callable[..., str]


def paths(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of the document, with something in place of its parameters."""
    document = app.openapi()
    return [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in document["paths"].items()
        for method in methods
    ]


def test_every_route_but_health_needs_a_key(app: FastAPI, client: TestClient) -> None:
    open_to_all = []
    for method, path in paths(app):
        response = client.request(method, path)
        if response.status_code != 401:
            open_to_all.append(path)
        else:
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.json()["type"] == "urn:tutorpulse:problem:key-missing"
    assert open_to_all == ["/healthz", "/readyz"]


def test_a_key_that_is_not_known_is_refused_as_if_there_were_none(client: TestClient) -> None:
    response = client.get("/v1/tutors", headers={"authorization": "Bearer tp_000000000000_" + "0" * 64})
    assert response.status_code == 401
    assert response.json()["detail"].startswith("The key is unknown, expired or revoked. Send `Authorization")


@pytest.mark.parametrize(
    ("scope", "path", "needed"),
    [("ingest", "/v1/tutors", "read"), ("read", "/v1/rejects", "operate"), ("ingest", "/metrics", "read")],
)
def test_a_key_opens_only_what_its_scopes_say(
    client: TestClient, key: Key, scope: str, path: str, needed: str
) -> None:
    response = client.get(path, headers={"x-api-key": key(scope)})
    assert response.status_code == 403
    assert f"this needs {needed}" in response.json()["detail"]
    assert client.get(path, headers={"x-api-key": key(needed)}).status_code == 200


def test_reading_does_not_allow_sending(client: TestClient, key: Key) -> None:
    assert client.post("/v1/events", headers={"x-api-key": key("read")}, json=[]).status_code == 403
    assert client.post("/v1/events", headers={"x-api-key": key("ingest")}, json=[]).status_code == 200


def test_an_expired_key_is_refused(client: TestClient, key: Key, service: Service) -> None:
    secret = key("read", expires_us=LIVE_US + 5)
    assert client.get("/v1/tutors", headers={"x-api-key": secret}).status_code == 200
    door = access.Door(service, 0)
    service.pulse.clock.advance(10)  # type: ignore[attr-defined]
    assert door._looked_up(secret, False) is None


def test_a_revoked_key_is_refused_once_it_is_no_longer_trusted(
    client: TestClient, key: Key, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now_s[0])
    secret = key("read")
    assert client.get("/v1/tutors", headers={"x-api-key": secret}).status_code == 200
    with service.states.one() as state:
        state.keys.revoke(secret.split("_")[1], LIVE_US)
    now_s[0] = access.TRUSTED_S
    assert access.TRUSTED_S < 1
    assert client.get("/v1/tutors", headers={"x-api-key": secret}).status_code == 401


def test_a_key_that_asks_too_often_is_told_how_long_to_wait(
    service: Service, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = msgspec.structs.replace(service.pulse.settings, requests_per_second_max=1.0)
    monkeypatch.setattr(access.time, "monotonic", lambda: 7.0)
    pulse = replace(service.pulse, settings=slow)
    client = TestClient(create_app(replace(service, pulse=pulse)))
    headers = {"x-api-key": key("read")}
    assert [client.get("/v1/tutors", headers=headers).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/v1/tutors", headers=headers)
    assert refused.headers["retry-after"] == "1"
    assert "reached its limit" in refused.json()["detail"]
    assert client.get("/v1/tutors", headers={"x-api-key": key("read")}).status_code == 200


def test_no_route_is_left_out_of_the_document(app: FastAPI) -> None:
    named = set(app.openapi()["paths"])
    assert {route.path_format for route in iter_route_contexts(app.routes)} <= named
