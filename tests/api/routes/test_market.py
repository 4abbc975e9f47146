from tests.api.conftest import Ask
from tests.api.test_app import problem
from tests.service.live.homes import LIVE_US
from tutorpulse.clock import DAY_US, format_time


def test_the_summary_counts_whom_the_lists_show(ask: Ask) -> None:
    summary = ask("GET", "/v1/summary").json()
    for kind in ("tutor", "student"):
        for segment, count in summary[f"{kind}_segments"].items():
            assert len(ask("GET", f"/v1/{kind}s?segment={segment}&limit=1000").json()["items"]) == count
    assert summary["total_processed"] == summary["tutors_processed"] + summary["students_processed"]


def test_shares_of_a_kind_add_up_to_one(ask: Ask) -> None:
    told = ask("GET", "/v1/segments").json()
    for kind in ("tutor", "student"):
        mine = [s for s in told["segments"] if s["entity_type"] == kind]
        assert len(mine) == 4
        assert abs(sum(s["share"] for s in mine) - 1) < 1e-9
        assert sum(told["statuses"][kind].values()) >= sum(s["count"] for s in mine)


def test_everybody_once_entered_a_segment_and_the_cursor_goes_on_from_there(ask: Ask) -> None:
    everybody = ask("GET", "/v1/tutors?limit=1000").json()["items"]
    page = ask("GET", "/v1/segments/moves?entity_type=tutor&limit=1000").json()
    assert {m["entity_id"] for m in page["items"] if m["left"] is None} >= {i["entity_id"] for i in everybody}
    assert ask("GET", f"/v1/segments/moves?cursor={page['next_cursor']}&entity_type=tutor").json() == {
        "items": [],
        "next_cursor": page["next_cursor"],
    }
    segment = page["items"][0]["entered"]
    some = ask("GET", f"/v1/segments/moves?segment={segment}").json()["items"]
    assert all(segment in (m["left"], m["entered"]) for m in some)
    later = format_time(LIVE_US + DAY_US)
    assert ask("GET", f"/v1/segments/moves?since={later}").json()["items"] == []
    assert "cursor" in problem(ask("GET", "/v1/segments/moves?cursor=!"), "invalid").detail


def test_models_tell_which_is_in_force_and_the_catalog_has_every_feature(ask: Ask) -> None:
    models = ask("GET", "/v1/models").json()
    assert [m["version"] for m in models["models"] if m["in_force"]] == [models["serving"]]
    assert models["models"][0]["starter"]
    catalog = ask("GET", "/v1/features?entity_type=tutor").json()
    assert [f["place"] for f in catalog["features"]][:46] == list(range(1, 47))
    assert catalog["features"][46]["place"] is None
    assert {f["entity_type"] for f in ask("GET", "/v1/features").json()["features"]} == {"tutor", "student"}


def test_a_recommendation_that_is_not_there_cannot_be_marked(ask: Ask) -> None:
    refused = ask("POST", "/v1/recommendations/none", json={"state": "done"})
    assert "No recommendation has the id 'none'" in problem(refused, "not-found").detail
    wrong = ask("POST", "/v1/recommendations/none", json={"state": "open"})
    assert "Invalid enum value 'open'" in problem(wrong, "invalid").detail


def test_a_marked_recommendation_leaves_the_page(ask: Ask) -> None:
    pages = [
        ask("GET", f"/v1/{kind}s/{kind[0]}{i}").json() for kind in ("tutor", "student") for i in range(6)
    ]
    page = next(page for page in pages if page["recommendations"])
    first = page["recommendations"][0]["recommendation_id"]
    told = ask("POST", f"/v1/recommendations/{first}", json={"state": "done", "note": "called"}).json()
    assert (told["state"], told["decided_by"], told["note"]) == ("done", "tests", "called")
    again = ask("GET", f"/v1/{page['entity_type']}s/{page['entity_id']}").json()
    assert first not in {r["recommendation_id"] for r in again["recommendations"]}
