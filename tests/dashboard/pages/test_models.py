"""The page of models: what served, what drifts, and who may change it."""

from collections.abc import Callable

import msgspec
from fastapi.testclient import TestClient

from tests.api.conftest import LIVE_US
from tests.dashboard.conftest import Look
from tutorpulse.api.examples import DRIFT
from tutorpulse.model import registry
from tutorpulse.model.artifact import Artifact
from tutorpulse.service.live.service import Service


def test_drift_is_shown_once_it_was_judged_with_the_facts_that_moved_the_risk(
    look: Look, service: Service
) -> None:
    assert "Not judged yet" in look("/models").text
    with service.states.one() as state:
        state.models.keep_drift("tutor", LIVE_US, msgspec.json.encode(DRIFT["items"][0]).decode())
    text = look("/models").text
    assert "Not judged yet" not in text
    for told in ("Hold", "0.870", "Days since last session", "+1.2"):
        assert told in text


def test_an_administrator_puts_a_model_in_force_and_takes_it_back(
    own: Artifact, look: Look, post: Look, service: Service
) -> None:
    models = service.pulse.home.models_path
    answer = post("/models", move="promote", version=own.version, reason="a try")
    assert answer.headers["location"] == "/models#served-title"
    assert registry.current_version(models) == own.version
    text = look("/models").text
    assert text.index("a try") < text.index("the beginning")
    post("/models", move="rollback", reason="no better")
    assert registry.current_version(models) is None
    with service.states.one() as state:
        assert [turn.reason for turn in state.models.all()] == ["no better", "a try"]
        acts = [entry.action for entry in state.audit.newest(None, 2)]
    assert acts == ["roll back model", "promote model"]


def test_an_administrator_has_a_model_score_in_shadow_and_the_page_says_which(
    own: Artifact, look: Look, post: Look, service: Service
) -> None:
    models = service.pulse.home.models_path
    text = look("/models").text
    assert f"Have {own.version} score in shadow" in text
    assert "Have starter-" not in text  # It serves: it has no shadow of its own.
    post("/models", move="shadow", version=own.version, reason="a look")
    assert registry.shadow_version(models) == own.version
    text = look("/models").text
    assert f"</span></span>: {own.version}" in text
    assert f"Take {own.version} out of shadow" in text
    post("/models", move="unshadow", reason="seen")
    assert registry.shadow_version(models) is None
    with service.states.one() as state:
        acts = [(entry.action, entry.target_id) for entry in state.audit.newest(None, 2)]
    assert acts == [("lift shadow", ""), ("cast shadow", own.version)]


def test_what_cannot_be_done_is_told(post: Look) -> None:
    assert post("/models", move="promote", version="nope").status_code == 404
    assert post("/models", move="burn").status_code == 422


def test_whoever_does_not_administer_changes_no_model(
    browser_like: TestClient, key: Callable[..., str]
) -> None:
    headers = {"authorization": f"Bearer {key('operate')}"}
    assert browser_like.post("/models", data={"move": "rollback"}, headers=headers).status_code == 403
    assert browser_like.post("/models", data={"move": "unshadow"}, headers=headers).status_code == 403
    assert "Take back" not in browser_like.get("/models", headers=headers).text
