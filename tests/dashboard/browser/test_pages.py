"""Every page in a real Chromium: no violation of axe in either theme, nothing from elsewhere, no error, no sideways scrolling."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browser.conftest import AXE, Serving, SignedIn, Watched
from tests.service.live.homes import LIVE_US
from tutorpulse.api.running.claim import SETUP_PATH, Claim
from tutorpulse.service.access import users
from tutorpulse.service.access.links import path_of

pytestmark = pytest.mark.slow

PAGES = (
    "/",
    "/tutors",
    "/students",
    "/tutors/t3",
    "/students/s3",
    "/tutors/t3/record",
    "/tasks",
    "/tasks?state=done&owner=nobody",
    "/tasks/by-hand",
    "/tasks/reviews",
    "/tasks/playbooks",
    "/alerts",
    "/capacity",
    "/retention",
    "/models",
    "/data",
    "/settings?churning_burnout_above=20",
    "/settings/users",
    "/settings/keys",
    "/settings/audit",
    "/nowhere",
)


def _violations(page: Page) -> list[str]:
    found = json.loads(page.evaluate("async () => JSON.stringify((await axe.run()).violations)"))
    return [
        f"{v['id']}: {node['target']} {node['failureSummary'][:200]}"
        for v in found
        for node in v["nodes"][:3]
    ]


def _check(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert _violations(page) == [], theme
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(path: str, signed_in: SignedIn) -> None:
    watched = signed_in("ada")
    page = watched.open(path)
    if path == "/nowhere":
        watched.errors.clear()  # The browser itself reports the 404.
    _check(page)


@pytest.mark.parametrize("page_of", ["login", "refused", "invite", "reset", "worn", "setup"])
def test_a_page_before_signing_in_is_whole(page_of: str, anybody: Watched, serving: Serving) -> None:
    path = {"refused": "/login", "worn": "/link/worn"}.get(page_of) or _way_in(page_of, serving)
    page = anybody.open(path)
    if page_of == "refused":
        page.get_by_label("Name", exact=True).fill("ada")
        page.get_by_label("Password").fill("wrong horse battery")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
    if page_of in ("refused", "worn"):
        anybody.errors.clear()  # The browser itself reports the status.
    _check(page)


def _way_in(page_of: str, serving: Serving) -> str:
    if page_of == "login":
        return "/login"
    if page_of == "setup":
        claim = serving.app.state.claim = Claim(serving.service)
        return SETUP_PATH.replace("{token}", claim.path.rpartition("/")[2])
    with serving.service.states.one() as state:
        if page_of == "invite":
            return path_of(users.invite(state, "ivy", "viewer", LIVE_US)[1])
        user = state.users.named("vera")
        assert user is not None
        return path_of(users.reset(state, user.user_id, LIVE_US)[1])


@pytest.mark.parametrize(
    ("name", "shut"),
    [
        ("vera", {"/settings/users", "/settings/keys", "/settings/audit"}),
        ("olaf", {"/settings/users", "/settings/keys", "/settings/audit"}),
    ],
)
def test_each_role_sees_every_page_but_those_of_administration(
    name: str, shut: set[str], signed_in: SignedIn
) -> None:
    watched = signed_in(name)
    for path in PAGES[:-1]:
        answer = watched.page.goto(watched.address + path)
        assert answer is not None
        assert answer.status == (403 if path in shut else 200), path
        if path in shut:
            expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
            watched.errors.clear()  # The browser itself reports the status.
        assert watched.errors == [], path
