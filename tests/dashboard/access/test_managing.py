"""The pages of users, keys and the audit log."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dashboard.access.browsers import browser, enter
from tests.dashboard.access.conftest import PASSWORD
from tutorpulse.service.live.service import Service

OTHER = "staple correct horse"


@pytest.fixture
def ada(app: FastAPI) -> TestClient:
    there = browser(app)
    enter(there, "ada", PASSWORD)
    return there


def user_id(service: Service, name: str) -> str:
    with service.states.one() as state:
        return state.users.get_named(name).user_id


def test_somebody_is_invited_and_the_link_is_shown_once(
    app: FastAPI, ada: TestClient, service: Service
) -> None:
    page = ada.post("/settings/users", data={"name": "mia", "role": "operator"})
    link = re.search(r"http://127\.0\.0\.1:8600(/link/[\w-]+)", page.text)
    assert link
    assert link[1] not in ada.get("/settings/users").text
    there = browser(app)
    there.post(link[1], data={"password": OTHER, "again": OTHER})
    assert there.get("/v1/rejects").status_code == 200
    again = ada.post("/settings/users", data={"name": "MIA", "role": "viewer"})
    assert (again.status_code, "There is a user" in again.text) == (422, True)


def test_a_role_changed_or_taken_away_counts_at_once(app: FastAPI, ada: TestClient, service: Service) -> None:
    olaf, there = user_id(service, "olaf"), browser(app)
    enter(there, "olaf", PASSWORD)

    def status() -> int:
        return int(there.get("/v1/rejects").status_code)

    assert status() == 200
    assert "olaf is viewer now" in ada.post(f"/settings/users/{olaf}/role", data={"role": "viewer"}).text
    assert status() == 403
    ada.post(f"/settings/users/{olaf}/role", data={"role": "operator"})
    assert status() == 200
    assert "olaf is shut out" in ada.post(f"/settings/users/{olaf}/disable").text
    assert status() == 401
    assert enter(there, "olaf", PASSWORD).status_code == 401
    assert "may sign in again" in ada.post(f"/settings/users/{olaf}/enable").text
    enter(there, "olaf", PASSWORD)
    assert "signed out of 1 browsers" in ada.post(f"/settings/users/{olaf}/sign-out").text
    assert status() == 401
    assert "/link/" in ada.post(f"/settings/users/{olaf}/reset").text


@pytest.mark.parametrize(
    ("deed", "data", "said"),
    [
        ("role", {"role": "boss"}, "is no role"),
        ("explode", {}, "is nothing that can be done"),
        ("disable", {}, "the last administrator"),
    ],
)
def test_what_cannot_be_done_to_a_user_is_told(
    ada: TestClient, service: Service, deed: str, data: dict[str, str], said: str
) -> None:
    answer = ada.post(f"/settings/users/{user_id(service, 'ada')}/{deed}", data=data)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_a_key_is_made_shown_once_works_and_is_revoked(app: FastAPI, ada: TestClient) -> None:
    page = ada.post("/settings/keys", data={"name": "till", "scope-read": "1", "days": "2"})
    secret = re.search(r"tp_[0-9a-f]{12}_[0-9a-f]{64}", page.text)
    assert secret
    assert secret[0] not in ada.get("/settings/keys").text
    program = TestClient(app, headers={"x-api-key": secret[0]})
    assert program.get("/v1/rejects").status_code == 403
    assert program.get("/metrics").status_code == 200
    key_id = secret[0].split("_")[1]
    assert "The key of till is revoked" in ada.post(f"/settings/keys/{key_id}/revoke").text
    assert program.get("/metrics").status_code == 401


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "x"}, "A key needs scopes"),
        ({"name": "x", "scope-read": "1", "days": "soon"}, "is no number of days"),
    ],
)
def test_a_key_that_cannot_be_made_is_told(ada: TestClient, data: dict[str, str], said: str) -> None:
    answer = ada.post("/settings/keys", data=data)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert ada.post("/settings/keys/nope/revoke").status_code == 422


def test_what_was_done_on_pages_is_on_the_page_of_the_audit_log(ada: TestClient) -> None:
    ada.post("/settings/users", data={"name": "lee", "role": "viewer"})
    ada.post("/settings/users", data={"name": "lee", "role": "viewer"})
    page = ada.get("/settings/audit?action=invite+user").text
    rows = re.findall(r"<td>user ada</td><td>invite user</td><td>user lee</td><td>(\w+)</td>", page)
    assert rows == ["refused", "done"]
    assert "Nobody did anything" in ada.get("/settings/audit?actor=nobody").text


@pytest.mark.parametrize("path", ["/settings/users", "/settings/keys", "/settings/audit"])
def test_these_pages_are_for_administrators(app: FastAPI, path: str) -> None:
    there = browser(app)
    enter(there, "olaf", PASSWORD)
    assert there.get(path).status_code == 403
    assert there.get("/").text.count("Sign out") == 1


def test_names_are_text_and_no_markup(ada: TestClient) -> None:
    ada.post("/settings/users", data={"name": "<b>bold</b>", "role": "viewer"})
    page = ada.get("/settings/users").text
    assert "&lt;b&gt;bold" in page
    assert "<b>bold" not in page
