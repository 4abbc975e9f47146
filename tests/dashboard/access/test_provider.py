"""Sign-in by an OpenID provider, from our page to theirs and back."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import oidc_provider_mock
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from oidc_provider_mock import User

from tests.dashboard.access.browsers import browser
from tutorpulse.api.app import create_app
from tutorpulse.dashboard.mounting import mount
from tutorpulse.service.access import users
from tutorpulse.service.live.service import Service
from tutorpulse.settings import Settings

PEOPLE = [
    User(sub="7", claims={"preferred_username": "dana", "groups": ["ops"]}),
    User(sub="9", claims={"groups": []}),
]


@pytest.fixture(scope="module")
def app(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    secret = tmp_path_factory.mktemp("provider") / "secret"
    secret.write_text("hush")
    with oidc_provider_mock.run_server_in_thread(user_claims=PEOPLE, require_nonce=True) as server:
        settings = Settings(
            oidc_issuer=f"http://localhost:{server.server_port}",
            oidc_client_id="pulse",
            oidc_client_secret_file=str(secret),
            oidc_operators=("ops",),
            signin_attempts_per_minute=1_000.0,
        )
        made = create_app(replace(service, pulse=replace(service.pulse, settings=settings)))
        mount(made)
        yield made


def come_back(there: TestClient, subject: str) -> httpx.Response:
    """To the provider as `/login` leads, sign in there, and follow the way back."""
    address = there.get("/login/provider?next=/settings/keys").headers["location"]
    back = urlsplit(httpx.post(address, data={"sub": subject}).headers["location"])
    assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8600"
    answer: httpx.Response = there.get(f"{back.path}?{back.query}", headers={"sec-fetch-site": "cross-site"})
    return answer


def test_whom_the_provider_knows_comes_in_with_their_role(app: FastAPI, service: Service) -> None:
    there = browser(app)
    assert "Sign in with your organisation" in there.get("/login?next=/settings/keys").text
    done = come_back(there, "7")
    assert (done.status_code, done.headers["location"]) == (303, "/settings/keys")
    assert there.get("/v1/rejects").status_code == 200
    assert there.get("/v1/audit").status_code == 403
    with service.states.one() as state:
        assert (state.users.get_named("dana").role, state.audit.newest(None, 1)[0].action) == (
            "operator",
            "sign in by provider",
        )


def test_who_has_no_role_here_stays_outside(app: FastAPI) -> None:
    there = browser(app)
    answer = come_back(there, "9")
    assert (answer.status_code, "gives you a role here" in answer.text) == (401, True)
    assert there.get("/v1/summary").status_code == 401


def test_who_was_shut_out_here_stays_outside(app: FastAPI, service: Service) -> None:
    come_back(browser(app), "7")
    with service.states.one() as state:
        dana = state.users.get_named("dana").user_id
        users.shut_out(state, dana, 1)
        answer = come_back(browser(app), "7")
        assert (answer.status_code, "You are shut out here" in answer.text) == (401, True)
        state.users.disable(dana, None)


def test_an_answer_that_another_browser_asked_for_is_refused(app: FastAPI) -> None:
    address = browser(app).get("/login/provider").headers["location"]
    back = urlsplit(httpx.post(address, data={"sub": "7"}).headers["location"])
    answer = browser(app).get(f"{back.path}?{back.query}")
    assert (answer.status_code, "begun elsewhere" in answer.text) == (401, True)


def test_a_provider_that_does_not_answer_is_told_on_the_page(service: Service) -> None:
    settings = Settings(oidc_issuer="http://127.0.0.1:9", oidc_client_id="pulse", oidc_viewers=("*",))
    made = create_app(replace(service, pulse=replace(service.pulse, settings=settings)))
    mount(made)
    answer = browser(made).get("/login/provider")
    assert (answer.status_code, "cannot be reached" in answer.text) == (401, True)
