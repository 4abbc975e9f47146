"""Models over HTTP: what became of them, and which one serves."""

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


def test_what_cannot_be_promoted_is_a_problem(ask: Ask) -> None:
    assert ask("POST", "/v1/models/promote", json={"version": "nope"}).status_code == 404
    assert ask("POST", "/v1/models/promote", json={"versions": "nope"}).status_code == 422
    assert ask("POST", "/v1/models/rollback", json={"reason": "x" * 3000}).status_code == 422


def test_drift_is_told_when_it_was_judged(service: Service, ask: Ask) -> None:
    assert ask("GET", "/v1/models/drift").json() == {"items": []}
