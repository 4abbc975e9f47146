"""The audit log: every action is in it, and nothing of its content."""

from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient

from tutorpulse.api.auditing import act_of
from tutorpulse.service.live.service import Service
from tutorpulse.store.state.audit import Act, Actor

Ask = Callable[..., httpx.Response]


class Route:
    def __init__(self, path: str) -> None:
        self.path = path


def test_an_action_is_in_the_log_with_who_and_what_and_without_content(ask: Ask) -> None:
    body = {"state": "done", "note": "a private word"}
    assert ask("POST", "/v1/recommendations/nope", json=body).status_code == 404
    assert ask("POST", "/v1/rejects/replay", json={}).status_code == 200
    newest = ask("GET", "/v1/audit", params={"limit": 2}).json()
    told = [
        {k: e[k] for k in ("actor_kind", "actor", "action", "target_kind", "target_id", "outcome")}
        for e in newest["items"]
    ]
    who = {"actor_kind": "key", "actor": "tests"}
    assert told == [
        {**who, "action": "replay rejects", "target_kind": "", "target_id": "", "outcome": "done"},
        {
            **who,
            "action": "mark recommendation",
            "target_kind": "recommendation",
            "target_id": "nope",
            "outcome": "refused",
        },
    ]
    assert "private" not in str(newest)


def test_what_a_key_may_not_do_is_in_the_log_as_refused(
    ask: Ask, client: TestClient, key: Callable[..., str]
) -> None:
    headers = {"x-api-key": key("read")}
    assert client.post("/v1/rejects/replay", headers=headers, json={}).status_code == 403
    assert ask("GET", "/v1/audit").json()["items"][0]["outcome"] == "refused"


def test_reading_and_sending_events_are_no_actions(ask: Ask) -> None:
    before = ask("GET", "/v1/audit").json()["items"][:1]
    assert ask("POST", "/v1/events", json=[]).status_code == 200
    assert ask("GET", "/v1/summary").status_code == 200
    assert ask("GET", "/v1/audit").json()["items"][:1] == before


def test_pages_of_the_log_follow_one_another_while_it_grows(ask: Ask, service: Service) -> None:
    with service.states.one() as state:
        for number in range(5):
            state.audit.add(number, Actor("user", "pager", "u1"), Act(f"act {number}"))
    seen, cursor = [], None
    for _ in range(3):
        page = ask(
            "GET", "/v1/audit", params={"actor": "pager", "limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [entry["action"] for entry in page["items"]]
        cursor = page["next_cursor"]
        with service.states.one() as state:
            state.audit.add(9, Actor("user", "other"), Act("meanwhile"))
    assert seen == [f"act {number}" for number in (4, 3, 2, 1, 0)]
    assert cursor is None
    assert len(ask("GET", "/v1/audit", params={"action": "act 3"}).json()["items"]) == 1


def test_the_log_is_for_administrators(client: TestClient, key: Callable[..., str]) -> None:
    assert client.get("/v1/audit", headers={"x-api-key": key("operate")}).status_code == 403


@pytest.mark.parametrize(
    ("path", "params", "act"),
    [
        (
            "/v1/alerts/{alert_id}/acknowledge",
            {"alert_id": "a7"},
            Act("POST /v1/alerts/{alert_id}/acknowledge", "alert", "a7"),
        ),
        (
            "/v1/tutors/{entity_id:path}",
            {"entity_id": "t/1"},
            Act("POST /v1/tutors/{entity_id:path}", "tutor", "t/1"),
        ),
        ("/v1/refresh", {}, Act("POST /v1/refresh")),
    ],
)
def test_a_route_that_names_no_act_is_named_by_its_path(path: str, params: dict[str, str], act: Act) -> None:
    assert act_of({"method": "POST", "path": "/x", "route": Route(path), "path_params": params}) == act
