"""A real Chromium before a really served home."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.conftest import ROOT
from tests.service.live.homes import LIVE_US, PAIRS, SILENT
from tests.service.logs import home_with, lesson
from tutorpulse.api.app import create_app
from tutorpulse.clock import FixedClock
from tutorpulse.dashboard import assets
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.access import users
from tutorpulse.service.live.service import Service, open_service

PASSWORD = "correct horse battery"
ROLES = {"vera": "viewer", "olaf": "operator", "ada": "admin"}
OFFICE = "https://office.example/{kind}s/{id}"
AXE = ROOT / ".assets" / "axe.js"
_MORE = [lesson(1.5 + 4 * k, f"t{i}", f"s{i}", subject="maths") for i in range(6) for k in range(i + 1)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; what is missing skips the tests, which `.ci/run` refuses.

    Of a module, not longer: Playwright keeps an event loop running, beside which no other test could run its own.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in CHROMIUM")
    if not assets.complete() or not AXE.exists():
        pytest.skip("the dashboard's assets are not built: pip install -e . or python -m tools.assets")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Serving:
    """The pages of a service on a port of the loopback, which can be stopped and started again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        app: FastAPI = create_app(self.service)
        mount(app)
        self.app = app
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        )
        self._thread = threading.Thread(target=self._server.run, name="served-pages", daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.app.state.context.streams.close()
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    path: Path = tmp_path_factory.mktemp("pages") / "home"
    home_with(path, [*PAIRS, *_MORE, *SILENT])
    path.joinpath("settings.toml").write_text(f'entity_url_template = "{OFFICE}"\n')
    with open_service(path, clock=FixedClock(LIVE_US)) as service:
        service.refresh()
        with service.states.one() as state:
            for name, role in ROLES.items():
                users.create(state, name, role, PASSWORD, LIVE_US)
        found = Serving(service)
        yield found
        found.stop()


@dataclass
class Watched:
    """A page, and what went wrong on it: errors in its console, requests to other hosts."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """The page at a path, with all its parts."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("[aria-busy]", state="detached")
        return self.page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strays.append(request.url)

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)


SignedIn = Callable[..., "Watched"]


@contextmanager
def _context(browser: Browser, cookies: list[Any]) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    context.add_cookies(cookies)
    yield context
    context.close()


@pytest.fixture(scope="module")
def cookies(chromium: Browser, serving: Serving) -> Callable[[str], list[Any]]:
    """Call with a name: the cookies of their sign-in by the form, once."""

    @cache
    def of(name: str) -> list[Any]:
        with _context(chromium, []) as context:
            page = context.new_page()
            page.goto(serving.address + "/login?next=/retention")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url(serving.address + "/retention")
            return list(context.cookies())

    return of


@pytest.fixture
def anybody(chromium: Browser, serving: Serving) -> Iterator[Watched]:
    """A page of a browser that is not signed in. Nothing may have gone wrong on it by the end."""
    with _context(chromium, []) as context:
        watched = Watched(context.new_page(), serving.address)
        watched.watch()
        yield watched
        assert watched.errors == []
        assert watched.strays == []


@pytest.fixture
def signed_in(chromium: Browser, serving: Serving, cookies: Callable[[str], list[Any]]) -> Iterator[SignedIn]:
    """Call with a name: a page of theirs. Nothing may have gone wrong on it by the end."""
    with ExitStack() as stack:
        opened: list[Watched] = []

        def page_of(name: str) -> Watched:
            context = stack.enter_context(_context(chromium, cookies(name)))
            watched = Watched(context.new_page(), serving.address)
            watched.watch()
            opened.append(watched)
            return watched

        yield page_of
        for watched in opened:
            assert watched.errors == []
            assert watched.strays == []
