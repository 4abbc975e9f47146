"""The served home of the API's tests, with the pages in its application."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.api.conftest import key, own, service
from tutorpulse.api.app import create_app
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.live.service import Service

__all__ = ["key", "own", "service"]

Look = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def app(service: Service) -> FastAPI:
    made = create_app(service)
    mount(made)
    return made


@pytest.fixture(scope="module")
def browser_like(app: FastAPI) -> TestClient:
    """Asks as a browser does, without a key."""
    return TestClient(
        app, raise_server_exceptions=False, headers={"accept": "text/html"}, follow_redirects=False
    )


@pytest.fixture(scope="module")
def look(browser_like: TestClient, key: Callable[..., str]) -> Look:
    """A page, asked for with a key that may do everything."""
    secret = key("admin")

    def asked(path: str, **rest: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {secret}"} | dict(rest.pop("headers", {}))  # type: ignore[call-overload]
        response: httpx.Response = browser_like.get(path, headers=headers, **rest)  # type: ignore[arg-type]
        return response

    return asked


@pytest.fixture(scope="module")
def post(browser_like: TestClient, key: Callable[..., str]) -> Look:
    """A form, sent with a key that may do everything."""
    secret = key("admin")

    def sent(path: str, **form: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {secret}"}
        response: httpx.Response = browser_like.post(path, data=form, headers=headers)
        return response

    return sent
