"""The work list over HTTP, with real keys on a real home."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.api.conftest import Ask
from tests.api.test_app import problem
from tests.service.live.homes import LIVE_US
from tests.waiting import until
from tutorpulse.clock import DAY_US, SECOND_US, FixedClock, format_time
from tutorpulse.service.live.service import Service

UNTIL = format_time(LIVE_US + 10 * DAY_US)
WHO = {"entity_type": "tutor", "entity_id": "t1"}


def test_a_task_is_listed_done_in_the_keys_name_and_in_the_log(ask: Ask, service: Service) -> None:
    listed = ask("GET", "/v1/tasks?limit=1000").json()["items"]
    assert [t["benefit"] for t in listed] == sorted((t["benefit"] for t in listed), reverse=True)
    assert all(t["unit"] == "sessions" for t in listed)
    task = listed[0]
    body = {"move": "done", "outcome": "reached", "note": "called"}
    page = ask("POST", f"/v1/tasks/{task['task_id']}", json=body).json()
    assert (page["task"]["state"], page["task"]["decided_by"]) == ("done", "tests")
    assert [(a["done_by"], a["action"], a["detail"]) for a in page["trail"]] == [("tests", "done", "reached")]
    assert ask("GET", f"/v1/tasks/{task['task_id']}").json() == page
    assert service.pulse.store.counts()["action_taken"] == 1
    again = ask("POST", f"/v1/tasks/{task['task_id']}", json={"move": "snoozed", "until": UNTIL})
    assert "done already" in problem(again, "invalid").detail
    assert task["task_id"] not in {t["task_id"] for t in ask("GET", "/v1/tasks?limit=1000").json()["items"]}


def test_reading_needs_read_and_acting_operate(client: TestClient, key: Callable[..., str]) -> None:
    headers = {"authorization": f"Bearer {key('read')}"}
    assert client.get("/v1/tasks", headers=headers).status_code == 200
    for path in ("/v1/tasks/x", "/v1/overrides", "/v1/states", "/v1/feedback", "/v1/reviews"):
        refused = client.post(path, headers=headers, json={})
        assert problem(refused, "key-lacks-scope").status == 403, path


def test_a_segment_set_by_hand_is_marked_wherever_it_is_shown(ask: Ask) -> None:
    before = ask("GET", "/v1/tutors/t1").json()["current"]["segment"]
    other = "star" if before != "star" else "at_risk"
    body = WHO | {"segment": other, "expires": UNTIL, "reason": "agreed by phone", "owner": "ann"}
    made = ask("POST", "/v1/overrides", json=body).json()
    page = ask("GET", "/v1/tutors/t1").json()
    assert (page["current"]["segment"], page["override"]["segment"]) == (before, other)
    item = next(
        t for t in ask("GET", f"/v1/tutors?segment={other}").json()["items"] if t["entity_id"] == "t1"
    )
    assert (item["segment"], item["model_segment"], item["override_owner"]) == (other, before, "ann")
    assert "t1" not in {t["entity_id"] for t in ask("GET", f"/v1/tutors?segment={before}").json()["items"]}
    shares = {
        s["segment"]: s["count"]
        for s in ask("GET", "/v1/segments").json()["segments"]
        if s["entity_type"] == "tutor"
    }
    assert shares[other] >= 1
    assert sum(shares.values()) == 6
    assert ask("GET", "/v1/summary").json()["tutor_segments"] == shares
    ended = ask("POST", f"/v1/overrides/{made['override_id']}/end").json()
    assert (ended["in_force"], ended["ended_by"]) == (False, "tests")
    item = next(t for t in ask("GET", "/v1/tutors").json()["items"] if t["entity_id"] == "t1")
    assert (item["segment"], item["model_segment"], item["override_owner"]) == (before, None, None)


def test_states_verdicts_reviews_and_the_record(ask: Ask, service: Service) -> None:
    state = ask("POST", "/v1/states", json=WHO | {"state": "on_leave", "until": UNTIL}).json()
    assert [s["entity_id"] for s in ask("GET", "/v1/states").json()["items"]] == ["t1"]
    items = {t["entity_id"]: t["operator_state"] for t in ask("GET", "/v1/tutors").json()["items"]}
    assert items == {"t1": "on_leave"} | {f"t{i}": None for i in (0, 2, 3, 4, 5)}
    assert ask("GET", "/v1/tutors/t1").json()["set_apart"]["set_by"] == "tests"
    verdict = WHO | {"about": "burnout_risk", "verdict": "wrong", "reason": "moved"}
    assert ask("POST", "/v1/feedback", json=verdict).json()["given_by"] == "tests"
    assert ask("GET", "/v1/feedback").json()["items"][0]["wrong"] == 1
    review = ask("POST", "/v1/reviews", json=WHO | {"reason": "why so high"}).json()
    answer = {"outcome": "upheld", "answer": "the lessons are all there"}
    assert ask("POST", f"/v1/reviews/{review['review_id']}", json=answer).json()["state"] == "answered"
    assert isinstance(service.pulse.clock, FixedClock)
    service.pulse.clock.advance(SECOND_US)
    assert ask("POST", f"/v1/states/{state['state_id']}/end").json()["holds"] is False
    until(lambda: len(ask("GET", "/v1/tutors/t1/record").json()["why"]) == 2)
    record = ask("GET", "/v1/tutors/t1/record").json()
    assert [s["state"] for s in record["states"]] == ["on_leave"]
    assert [a["action"] for a in record["trail"]][-5:] == [
        "state set",
        "feedback wrong",
        "review asked",
        "review answered",
        "state ended",
    ]
    assert {e["event_type"] for e in record["events"]} >= {
        "session_completed",
        "tutor_paused",
        "tutor_resumed",
    }
    assert record["page"]["entity_id"] == "t1"


def test_without_trials_nothing_is_claimed_of_actions(ask: Ask) -> None:
    told = ask("GET", "/v1/playbooks").json()
    assert told["items"] == []
    assert "helping one may cost another" in told["limits"][0]
