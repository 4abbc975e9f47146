"""Models over HTTP: what became of them, which one serves, which one scores in shadow."""

from collections.abc import Callable

import pytest

from tests.api.conftest import Ask
from tests.model.made import HASH, artifact_of
from tutorpulse.model import registry
from tutorpulse.model.artifact import save
from tutorpulse.service.lifecycle import promoting
from tutorpulse.service.live.service import Service

OWN = artifact_of()


def test_a_model_is_promoted_and_taken_back_by_who_may(
    service: Service, ask: Ask, key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    models = service.pulse.home.models_path
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    save(OWN, models)
    operator = {"authorization": f"Bearer {key('operate')}"}
    refused = ask("POST", "/v1/models/promote", json={"version": OWN.version}, headers=operator)
    assert refused.status_code == 403
    try:
        promoted = ask("POST", "/v1/models/promote", json={"version": OWN.version, "reason": "a try"})
        assert promoted.json() == {"version": OWN.version, "previous": None}
        turn = ask("GET", "/v1/models/history").json()["items"][0]
        assert (turn["action"], turn["version"], turn["actor"], turn["reason"]) == (
            "promoted",
            OWN.version,
            "tests",
            "a try",
        )
        back = ask("POST", "/v1/models/rollback", json={})
        assert back.json() == {"version": None, "previous": OWN.version}
    finally:
        registry.deactivate(models)


def test_a_model_scores_in_shadow_and_leaves_it_for_who_may(
    service: Service, ask: Ask, key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    models = service.pulse.home.models_path
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    save(OWN, models)
    asked = {"version": OWN.version, "reason": "a look"}
    for scope in ("read", "operate"):
        limited = {"authorization": f"Bearer {key(scope)}"}
        assert ask("POST", "/v1/models/shadow", json=asked, headers=limited).status_code == 403
        assert ask("POST", "/v1/models/shadow/end", json={}, headers=limited).status_code == 403
    try:
        assert ask("POST", "/v1/models/shadow", json=asked).json() == {
            "version": OWN.version,
            "previous": None,
        }
        assert ask("GET", "/v1/models").json()["shadow"] == OWN.version
        turn = ask("GET", "/v1/models/history").json()["items"][0]
        assert (turn["action"], turn["version"], turn["actor"], turn["reason"]) == (
            "in shadow",
            OWN.version,
            "tests",
            "a look",
        )
        ended = ask("POST", "/v1/models/shadow/end", json={"reason": "seen"})
        assert ended.json() == {"version": None, "previous": OWN.version}
        assert ask("POST", "/v1/models/shadow/end", json={}).json() == {"version": None, "previous": None}
    finally:
        registry.lift_shadow(models)
    acts = [entry for entry in ask("GET", "/v1/audit").json()["items"] if entry["action"] == "cast shadow"]
    assert (acts[0]["target_id"], acts[0]["outcome"]) == (OWN.version, "done")


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
