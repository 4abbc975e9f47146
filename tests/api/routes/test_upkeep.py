"""Scoring everybody, and erasing somebody, over HTTP."""

from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient

from tutorpulse.service.live.service import Service
from tutorpulse.settings import Settings
from tutorpulse.store.livestats import DEFAULT_LIMITS, limits_of

Ask = Callable[..., httpx.Response]


def test_everybody_is_scored_and_counted(ask: Ask) -> None:
    answer = ask("POST", "/v1/refresh")
    assert answer.status_code == 200
    told = answer.json()
    assert told["tutors_processed"] == sum(told["tutor_segments"].values()) == 6
    assert ask("GET", "/v1/audit").json()["items"][0]["action"] == "refresh"


def test_somebody_erased_is_gone_from_log_state_lists_and_audit_log(ask: Ask, service: Service) -> None:
    with service.states.one() as state:
        noted = max((row.number for row in state.audit.newest(None, 1)), default=0)
    assert ask("GET", "/v1/tutors/t5").status_code == 200
    erased = ask("DELETE", "/v1/tutors/t5")
    assert erased.status_code == 200
    assert erased.json()["events"] > 0
    assert erased.json()["state_rows"] > 0
    assert ask("GET", "/v1/tutors/t5").status_code == 404
    assert "t5" not in service.pulse.store.entity_ids("tutor").tolist()
    assert "t5" not in [item["entity_id"] for item in ask("GET", "/v1/tutors").json()["items"]]
    with service.states.one() as state:
        rows = [row for row in state.audit.newest(None, 10) if row.number > noted]
    assert [(row.action, row.target_id) for row in rows] == [("erase tutor", "")]
    assert ask("DELETE", "/v1/tutors/t5").status_code == 404


@pytest.mark.parametrize("path", ["/v1/students/-", "/v1/tutors/-"])
def test_the_placeholder_cannot_be_erased(ask: Ask, path: str) -> None:
    answer = ask("DELETE", path)
    assert (answer.status_code, "stands for an unknown" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "scope"), [("DELETE", "/v1/tutors/t1", "operate"), ("POST", "/v1/refresh", "read")]
)
def test_neither_is_for_everybody(
    client: TestClient, key: Callable[..., str], method: str, path: str, scope: str
) -> None:
    assert client.request(method, path, headers={"x-api-key": key(scope)}).status_code == 403


def test_how_much_may_wait_is_a_setting() -> None:
    chosen = limits_of(Settings(queue_mb_max=1, queue_bodies_max=2, journal_mb_max=3))
    assert (chosen.waiting_bytes, chosen.waiting_bodies, chosen.journal_bytes) == (1_000_000, 2, 3_000_000)
    assert chosen.step_s == DEFAULT_LIMITS.step_s
