"""Models over HTTP: what became of them, which one serves, which one scores in shadow."""

from collections.abc import Callable

from tests.api.conftest import Ask
from tutorpulse.model.artifact import Artifact
from tutorpulse.service.live.service import Service


def test_a_model_is_promoted_and_taken_back_by_who_may(
    own: Artifact, ask: Ask, key: Callable[..., str]
) -> None:
    operator = {"authorization": f"Bearer {key('operate')}"}
    refused = ask("POST", "/v1/models/promote", json={"version": own.version}, headers=operator)
    assert refused.status_code == 403
    promoted = ask("POST", "/v1/models/promote", json={"version": own.version, "reason": "a try"})
    assert promoted.json() == {"version": own.version, "previous": None}
    turn = ask("GET", "/v1/models/history").json()["items"][0]
    assert (turn["action"], turn["version"], turn["actor"], turn["reason"]) == (
        "promoted",
        own.version,
        "tests",
        "a try",
    )
    back = ask("POST", "/v1/models/rollback", json={})
    assert back.json() == {"version": None, "previous": own.version}


def test_a_model_scores_in_shadow_and_leaves_it_for_who_may(
    own: Artifact, ask: Ask, key: Callable[..., str]
) -> None:
    asked = {"version": own.version, "reason": "a look"}
    for scope in ("read", "operate"):
        limited = {"authorization": f"Bearer {key(scope)}"}
        assert ask("POST", "/v1/models/shadow", json=asked, headers=limited).status_code == 403
        assert ask("POST", "/v1/models/shadow/end", json={}, headers=limited).status_code == 403
    assert ask("POST", "/v1/models/shadow", json=asked).json() == {
        "version": own.version,
        "previous": None,
    }
    assert ask("GET", "/v1/models").json()["shadow"] == own.version
    turn = ask("GET", "/v1/models/history").json()["items"][0]
    assert (turn["action"], turn["version"], turn["actor"], turn["reason"]) == (
        "in shadow",
        own.version,
        "tests",
        "a look",
    )
    ended = ask("POST", "/v1/models/shadow/end", json={"reason": "seen"})
    assert ended.json() == {"version": None, "previous": own.version}
    assert ask("POST", "/v1/models/shadow/end", json={}).json() == {"version": None, "previous": None}
    acts = [entry for entry in ask("GET", "/v1/audit").json()["items"] if entry["action"] == "cast shadow"]
    assert (acts[0]["target_id"], acts[0]["outcome"]) == (own.version, "done")


def test_what_cannot_score_in_shadow_is_a_problem(ask: Ask) -> None:
    assert ask("POST", "/v1/models/shadow", json={"version": "nope"}).status_code == 404
    assert ask("POST", "/v1/models/shadow", json={}).status_code == 422
    serving = ask("POST", "/v1/models/shadow", json={"version": "starter"})
    assert serving.status_code == 422
    assert "serves already" in serving.json()["detail"]


def test_what_cannot_be_promoted_is_a_problem(ask: Ask) -> None:
    assert ask("POST", "/v1/models/promote", json={"version": "nope"}).status_code == 404
    assert ask("POST", "/v1/models/promote", json={"versions": "nope"}).status_code == 422
    assert ask("POST", "/v1/models/rollback", json={"reason": "x" * 3000}).status_code == 422


def test_drift_is_told_when_it_was_judged(service: Service, ask: Ask) -> None:
    assert ask("GET", "/v1/models/drift").json() == {"items": []}
