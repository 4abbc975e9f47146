from tests.api.conftest import Ask
from tests.api.test_app import problem
from tutorpulse.service.live.service import Service

BAD = {
    "event_id": "to-be-corrected",
    "event_type": "review_submitted",
    "timestamp": "2024-10-01T00:00:00Z",
    "payload": {"session_id": "t1-s1-2", "student_id": "s1", "tutor_id": "t1", "rating": 11},
}


def test_a_reject_is_listed_corrected_and_then_an_event(ask: Ask, service: Service) -> None:
    assert ask("POST", "/v1/events", json=BAD).json()["rejected"] == 1
    assert ask("POST", "/v1/rejects/replay", json={"rejects": []}).json()["tried"] == 0
    listed = ask("GET", "/v1/rejects?limit=1000").json()["items"]
    mine = next(reject for reject in listed if reject["event"] == BAD)
    assert (mine["state"], mine["source"], mine["field"]) == ("open", "api:tests", "payload.rating")
    again = {"rejects": [{"reject_id": mine["reject_id"]}]}
    still = ask("POST", "/v1/rejects/replay", json=again).json()
    assert (still["tried"], still["replayed"]) == (1, 0)
    assert still["rejects"][0]["reason"] == mine["reason"]
    corrected = BAD | {"payload": BAD["payload"] | {"rating": 5}}  # type: ignore[operator]
    again["rejects"][0]["event"] = corrected  # type: ignore[assignment]
    assert ask("POST", "/v1/rejects/replay", json=again).json() == {"tried": 1, "replayed": 1, "rejects": []}
    assert service.pulse.store.reject(mine["reject_id"]).state == "replayed"
    assert ask("POST", "/v1/events", json=corrected).json()["duplicate"] == 1


def test_rejects_come_in_pages(ask: Ask) -> None:
    for i in range(3):
        ask("POST", "/v1/events", json={"event_type": f"nonsense {i}"})
    ask("POST", "/v1/rejects/replay", json={"rejects": []})
    everything = ask("GET", "/v1/rejects?limit=1000").json()["items"]
    seen, cursor = [], ""
    while True:
        page = ask("GET", f"/v1/rejects?limit=2{cursor}").json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == everything


def test_a_replay_that_cannot_be_is_refused(ask: Ask) -> None:
    unknown = ask("POST", "/v1/rejects/replay", json={"rejects": [{"reject_id": "none"}]})
    assert "No reject 'none'" in problem(unknown, "not-found").detail
    wrong = ask("POST", "/v1/rejects/replay", json={"reject": []})
    assert "unknown field `reject`" in problem(wrong, "invalid").detail
    assert problem(ask("GET", "/v1/rejects?cursor=x"), "invalid")
