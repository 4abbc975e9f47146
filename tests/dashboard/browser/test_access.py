"""Coming in, inviting somebody and leaving, in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browser.conftest import PASSWORD, Serving

pytestmark = pytest.mark.slow


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser that is not signed in."""
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_administrator_comes_in_invites_somebody_and_leaves(page: Page, serving: Serving) -> None:
    page.goto(serving.address + "/settings/users")
    sign_in(page, "ada", "wrong horse battery")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    sign_in(page, "ada", PASSWORD)
    page.wait_for_url(serving.address + "/settings/users")
    page.get_by_label("Name", exact=True).fill("zoe")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("status").locator("code").inner_text()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(serving.address + "/login")
    page.goto(serving.address + "/settings/users")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(link)
    page.get_by_label("Password, 12 characters").fill("staple correct horse")
    page.get_by_label("Once more").fill("staple correct horse")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url(serving.address + "/")
    assert page.evaluate("document.cookie").find("tutorpulse=") == -1
    page.goto(link)
    assert page.url == serving.address + "/"
