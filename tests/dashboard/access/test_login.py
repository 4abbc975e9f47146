"""Signing in and out: the cookie, what it opens, and from which pages a form is taken."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.dashboard.access.browsers import browser, enter
from tests.dashboard.access.conftest import PASSWORD
from tutorpulse.api.app import create_app
from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.live.service import Service
from tutorpulse.settings import Settings

OPEN = {
    "/assets/{version}/{name}",
    "/theme",
    "/login",
    "/logout",
    "/login/provider",
    "/login/provider/done",
    "/link/{secret}",
    "/setup/{token}",
    "/healthz",
    "/readyz",
}
"""What needs neither key nor sign-in."""


def test_every_route_but_a_few_needs_a_key_or_a_sign_in(app: FastAPI) -> None:
    stranger = browser(app)
    open_to_all = set()
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            path = route.path.replace("{", "").replace("}", "").replace(":path", "")
            answer = stranger.request(method, path)
            refused = answer.status_code == 401 or answer.headers.get("location", "").startswith(
                "/login?next="
            )
            if not refused:
                open_to_all.add(route.path)
    assert open_to_all == OPEN


def test_a_stranger_is_led_to_the_login_and_then_where_they_wanted(app: FastAPI) -> None:
    there = browser(app)
    led = there.get("/settings/users?x=1")
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fsettings%2Fusers%3Fx%3D1")
    page = there.get(led.headers["location"])
    assert 'name="next" value="/settings/users?x=1"' in page.text
    done = enter(there, "ada", PASSWORD, "/settings/users?x=1")
    assert (done.status_code, done.headers["location"]) == (303, "/settings/users?x=1")
    assert there.get("/settings/users?x=1").status_code == 200
    assert there.get("/login?next=/tutors").headers["location"] == "/tutors"


def test_the_cookie_is_for_this_host_and_no_script(app: FastAPI) -> None:
    cookie = enter(browser(app), "ada", PASSWORD).headers["set-cookie"].lower()
    assert cookie.startswith("tutorpulse=")
    assert {"httponly", "path=/", "samesite=lax", "max-age=604800"} <= {
        part.strip() for part in cookie.split(";")
    }
    secure = browser(app)
    secure.base_url = httpx.URL("https://127.0.0.1:8600")
    cookie = enter(secure, "ada", PASSWORD).headers["set-cookie"]
    assert cookie.startswith("__Host-tutorpulse=")
    assert "Secure" in cookie


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_stays_outside_and_is_told_so(
    app: FastAPI, name: str, password: str
) -> None:
    there = browser(app)
    answer = enter(there, name, password, "/tutors")
    assert answer.status_code == 401
    assert "The name or the password is wrong" in answer.text
    assert 'value="/tutors"' in answer.text
    assert "set-cookie" not in answer.headers
    assert 'password" value' not in answer.text


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a\r\nb", ""]
)
def test_nobody_is_sent_on_to_another_site(app: FastAPI, onward: str) -> None:
    assert enter(browser(app), "ada", PASSWORD, onward).headers["location"] == "/"


@pytest.mark.parametrize(
    ("role", "user", "may"),
    [
        ("viewer", "vera", {"/v1/summary"}),
        ("operator", "olaf", {"/v1/summary", "/v1/rejects"}),
        ("admin", "ada", {"/v1/summary", "/v1/rejects", "/v1/audit"}),
    ],
)
def test_the_cookie_opens_the_api_as_the_role_allows(
    app: FastAPI, role: str, user: str, may: set[str]
) -> None:
    there = browser(app)
    enter(there, user, PASSWORD)
    allowed = {
        p for p in ("/v1/summary", "/v1/rejects", "/v1/audit") if there.get(p).status_code not in (401, 403)
    }
    assert allowed == may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://127.0.0.1:8600"}, 200),
        ({"origin": "http://127.0.0.1:8601"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
    ids=str,
)
def test_with_a_cookie_only_our_own_pages_change_something(
    app: FastAPI, headers: dict[str, str], status: int
) -> None:
    there = browser(app)
    enter(there, "olaf", PASSWORD)
    del there.headers["sec-fetch-site"]
    answer = there.post("/v1/rejects/replay", json={}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"].endswith(":cross-site")
    assert there.get("/v1/rejects", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/login", "/logout", "/link/x", "/setup/x"])
def test_forms_of_other_sites_are_refused_without_a_cookie_too(app: FastAPI, path: str) -> None:
    answer = browser(app, site="cross-site").post(path, data={"name": "ada", "password": PASSWORD})
    assert answer.status_code == 403
    assert "must come from a page of this service" in answer.text


def test_signing_out_ends_the_sign_in_at_once_and_only_this_one(app: FastAPI) -> None:
    here, elsewhere = browser(app), browser(app)
    for there in (here, elsewhere):
        enter(there, "vera", PASSWORD)
    kept = here.cookies["tutorpulse"]
    assert here.get("/v1/summary").status_code != 401
    assert here.post("/logout").headers["location"] == "/login"
    assert "tutorpulse" not in here.cookies
    here.cookies["tutorpulse"] = kept
    assert here.get("/v1/summary").status_code == 401
    assert elsewhere.get("/v1/summary").status_code != 401


def test_a_sign_in_ends_when_idle_and_at_its_time(service: Service) -> None:
    moved = replace(
        service.pulse, settings=Settings(signin_idle_hours=1, signin_days=1), clock=Moving(service)
    )
    app = create_app(replace(service, pulse=moved))
    mount(app)
    there = browser(app)

    def works() -> bool:
        app.state.context.door.forget()
        return bool(there.get("/v1/summary").status_code != 401)

    enter(there, "vera", PASSWORD)
    for _ in range(25):
        moved.clock.us += HOUR_US - 60_000_000
        if not works():
            break
    spent_us = moved.clock.us - moved.clock.began_us
    assert DAY_US <= spent_us < DAY_US + HOUR_US
    enter(there, "vera", PASSWORD)
    assert works()
    moved.clock.us += HOUR_US
    assert not works()


class Moving:
    """A clock of the test's own."""

    def __init__(self, service: Service) -> None:
        self.us = self.began_us = service.pulse.clock.now_us()

    def now_us(self) -> int:
        return self.us


def test_too_many_attempts_wait_whoever_is_named_and_wherever_from(service: Service) -> None:
    pulse = replace(service.pulse, settings=Settings(signin_attempts_per_minute=3))
    app = create_app(replace(service, pulse=pulse))
    mount(app)
    for number in range(3):
        assert enter(browser(app, f"10.0.0.{number}"), "Ada", "wrong").status_code == 401
    late = enter(browser(app, "10.0.0.9"), "ada ", PASSWORD)
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 20
    for name in "xyz":
        assert enter(browser(app, "10.1.1.1"), name, "wrong").status_code == 401
    assert enter(browser(app, "10.1.1.1"), "vera", PASSWORD).status_code == 429
    assert enter(browser(app, "10.1.1.2"), "vera", PASSWORD).status_code == 303


def test_who_signed_in_or_was_refused_is_in_the_audit_log(app: FastAPI, service: Service) -> None:
    there = browser(app)
    enter(there, "ada", "wrong password")
    enter(there, "a slipped password", "")
    enter(there, "ada", PASSWORD)
    there.post("/logout")
    with service.states.one() as state:
        told = [(row.actor, row.action, row.outcome) for row in state.audit.newest(None, 4)]
    assert told == [
        ("ada", "sign out", "done"),
        ("ada", "sign in", "done"),
        ("unknown", "sign in", "refused"),
        ("ada", "sign in", "refused"),
    ]


def test_a_form_that_is_too_large_is_refused(app: FastAPI) -> None:
    assert browser(app).post("/login", data={"name": "x" * 20_000}).status_code == 413


def test_without_a_provider_there_is_no_way_to_one(app: FastAPI) -> None:
    there = browser(app)
    assert "organisation" not in there.get("/login").text
    assert there.get("/login/provider").status_code == 404
