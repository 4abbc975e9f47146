"""Browsers without a screen: they keep cookies, follow no redirect, and say which site's page sends a form."""

from collections.abc import Callable

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

Browser = TestClient
LOOPBACK = ("127.0.0.1", 50_000)


def browser(app: FastAPI, host: str = LOOPBACK[0], site: str = "same-origin") -> TestClient:
    """One at an address, whose forms come from a site as `Sec-Fetch-Site` says it."""
    return TestClient(
        app,
        base_url="http://127.0.0.1:8600",
        headers={"accept": "text/html", "sec-fetch-site": site},
        follow_redirects=False,
        client=(host, 50_000),
    )


Enter = Callable[..., TestClient]


def enter(there: TestClient, name: str, password: str, onward: str = "/") -> httpx.Response:
    """Send the form of `/login`."""
    response: httpx.Response = there.post("/login", data={"name": name, "password": password, "next": onward})
    return response
