"""Every page in a real Chromium: no violation of axe in either theme, nothing from elsewhere, no error, no sideways scrolling."""

import json

import pytest
from playwright.sync_api import Page

from tests.dashboard.browser.conftest import AXE, SignedIn

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


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(path: str, signed_in: SignedIn) -> None:
    watched = signed_in("ada")
    page = watched.open(path)
    if path == "/nowhere":
        watched.errors.clear()  # The browser itself reports the 404.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert _violations(page) == [], theme
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
