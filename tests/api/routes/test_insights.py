"""Insights on the predecessor's paths."""

import pytest

from tests.api.conftest import Ask
from tests.api.test_app import problem
from tests.store.test_state import insight
from tutorpulse.service.live.service import Service


@pytest.fixture
def written(service: Service) -> list[str]:
    """Ids of seven insights about tutors, the last ones written."""
    ids = [f"made-{i}" for i in range(7)]
    with service.states.one() as state:
        state.insights.add([insight(alert_id, f"t{i}", timestamp_us=5 + i) for i, alert_id in enumerate(ids)])
    return ids


def test_pages_go_from_the_newest_back_and_new_ones_do_not_shift_them(
    ask: Ask, service: Service, written: list[str]
) -> None:
    first = ask("GET", "/insights/recent?limit=3&entity_type=tutor").json()
    assert [i["alert_id"] for i in first["insights"]] == written[:3:-1]
    assert first["count"] == 3
    with service.states.one() as state:
        state.insights.add([insight("newer", timestamp_us=99)])
    second = ask("GET", f"/insights/recent?limit=3&entity_type=tutor&nextToken={first['nextToken']}").json()
    assert [i["alert_id"] for i in second["insights"]] == written[3:0:-1]


def test_aggregations_are_over_all_pages_whatever_the_page(ask: Ask, written: list[str]) -> None:
    page = ask("GET", "/insights/recent?limit=1&aggregations=true").json()
    counts = ask("GET", "/insights/aggregations").json()
    assert page["aggregations"] == counts
    assert counts["total"] >= 7
    assert (
        counts["total"]
        == sum(counts["by_entity_type"].values())
        == sum(counts["by_prediction_type"].values())
    )
    assert "aggregations" not in ask("GET", "/insights/recent").json()


def test_insight_means_all_kinds_and_a_kind_only_itself(ask: Ask, written: list[str]) -> None:
    everything = ask("GET", "/insights/aggregations?entity_type=insight").json()
    assert everything == ask("GET", "/insights/aggregations").json()
    tutors = ask("GET", "/insights/aggregations?entity_type=tutor").json()
    assert set(tutors["by_entity_type"]) == {"tutor"}
    assert tutors["total"] == everything["by_entity_type"]["tutor"]
    assert ask("GET", "/insights/aggregations?prediction_type=none").json()["total"] == 0
    problem(ask("GET", "/insights/recent?entity_type=subject"), "invalid")


def test_since_keeps_what_is_of_that_time_or_after_it(ask: Ask, written: list[str]) -> None:
    assert ask("GET", "/insights/recent?since=2100-01-01").json() == {"insights": [], "count": 0}


def test_one_insight_is_found_by_its_id(ask: Ask, written: list[str]) -> None:
    found = ask("GET", f"/insights/{written[0]}").json()
    assert (found["alert_id"], found["timestamp"]) == (written[0], "1970-01-01T00:00:00.000005Z")
    assert "There is no insight 'none'" in problem(ask("GET", "/insights/none"), "not-found").detail


def test_a_stream_cannot_begin_after_what_never_was(ask: Ask) -> None:
    refused = ask("GET", "/insights/stream", headers={"last-event-id": "never"})
    assert "Last-Event-ID 'never' is no event of this stream" in problem(refused, "invalid").detail
