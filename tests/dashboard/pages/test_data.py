"""The data page: what came in, and rejects that are corrected and tried again."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.dashboard.conftest import Look
from tutorpulse.service.live.service import Service

_BAD = '{"event_id": "bad-1", "event_type": "tutor_registered", "timestamp": "yesterday", "payload": {"tutor_id": "t77"}}'
_GOOD = _BAD.replace("yesterday", "2024-10-01T09:00:00Z")


def _post_event(client: TestClient, secret: str, body: str) -> None:
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    assert client.post("/v1/events", content=body, headers=headers).status_code == 200


def test_a_reject_is_shown_whole_corrected_and_taken(
    look: Look, post: Look, browser_like: TestClient, key: Callable[..., str], service: Service
) -> None:
    _post_event(browser_like, key("ingest"), _BAD)
    service.live.flush(10)
    page = look("/data").text
    assert "yesterday" in page
    reject_id = page.split('name="reject_id" value="')[1].split('"')[0]
    again = post("/data/rejects", move="replay", reject_id=reject_id, event=_BAD)
    assert again.headers["location"] == "/data?tried=1&replayed=0#rejects"
    taken = post("/data/rejects", move="replay", reject_id=reject_id, event=_GOOD)
    assert taken.headers["location"] == "/data?tried=1&replayed=1#rejects"
    assert "t77" in service.pulse.store.entity_ids("tutor").tolist()


def test_a_reject_is_dismissed(
    look: Look, post: Look, browser_like: TestClient, key: Callable[..., str], service: Service
) -> None:
    _post_event(browser_like, key("ingest"), _BAD.replace("bad-1", "bad-2").replace("t77", "t78"))
    service.live.flush(10)
    page = look("/data").text
    post("/data/rejects", move="dismiss", reject_id=page.split('name="reject_id" value="')[1].split('"')[0])
    assert "t78" not in look("/data").text
    assert "t78" in look("/data?state=dismissed").text


def test_whoever_only_looks_sees_no_reject(browser_like: TestClient, key: Callable[..., str]) -> None:
    answer = browser_like.get("/data", headers={"authorization": f"Bearer {key('read')}"})
    assert "Not for every eye" in answer.text


def test_what_cannot_be_tried_is_told(post: Look) -> None:
    assert "is no JSON" in post("/data/rejects", move="replay", reject_id="x", event="{").text
    assert post("/data/rejects", move="replay", reject_id="x").status_code == 404
    assert "cannot be made" in post("/data/rejects", move="eat").text


def test_every_feature_stands_in_the_catalog(look: Look) -> None:
    text, told = look("/data").text, look("/v1/features").json()
    assert all(f"<code>{feature['name']}</code>" in text for feature in told["features"])
