"""Lists, pages, history, and why a prediction moved."""

import io

import pyarrow as pa
import pytest

from tests.api.conftest import Ask
from tests.api.test_app import problem
from tests.service.live.homes import LIVE_US
from tutorpulse.clock import DAY_US, format_time
from tutorpulse.service.live.service import Service
from tutorpulse.store.state.runs import RunTable


def items(ask: Ask, path: str) -> list[dict[str, object]]:
    """Every item of a list, page after page."""
    found: list[dict[str, object]] = []
    while path:
        response = ask("GET", path)
        assert response.status_code == 200, response.text
        found += response.json()["items"]
        path = response.headers.get("link", "").partition(">")[0].removeprefix("<")
    return found


def test_pages_of_any_size_make_the_same_list(ask: Ask) -> None:
    whole = items(ask, "/v1/tutors?sort=-burnout_risk&limit=1000")
    assert len(whole) >= 6
    assert items(ask, "/v1/tutors?sort=-churn_risk_14d&limit=2") == whole
    risks = [item["burnout_risk"] for item in whole]
    assert risks == sorted(risks, reverse=True)  # type: ignore[type-var]


def test_tutors_burn_out_and_students_churn(ask: Ask) -> None:
    tutor, student = items(ask, "/v1/tutors")[0], items(ask, "/v1/students")[0]
    assert tutor["entity_type"] == "tutor"
    assert "burnout_risk" in tutor
    assert "churn_risk_14d" not in tutor
    assert "churn_risk_14d" in student


def test_filters_narrow_the_list(ask: Ask) -> None:
    everybody = items(ask, "/v1/students?sort=entity_id")
    risks = sorted(float(item["churn_risk_14d"]) for item in everybody)  # type: ignore[arg-type]
    some = items(ask, f"/v1/students?risk_min={risks[2]}&risk_max={risks[-2]}")
    assert len(some) == len(risks) - 3
    segments = {item["segment"] for item in everybody}
    by_segment = [len(items(ask, f"/v1/students?segment={segment}")) for segment in segments]
    assert sum(by_segment) == len(everybody)
    both = "&".join(f"segment={segment}" for segment in segments)
    assert len(
        items(ask, f"/v1/students?{both}&status=active&status=new&health_min=0&risk_30d_max=1")
    ) == len(everybody)
    assert items(ask, "/v1/students?status=departed") == []


def test_a_subject_is_one_that_was_taught(ask: Ask) -> None:
    everybody = {item["entity_id"] for item in items(ask, "/v1/tutors")}
    taught = {item["entity_id"] for item in items(ask, "/v1/tutors?subject=maths&limit=2")}
    assert taught == {"t0", "t1", "t2"}
    assert taught < everybody
    assert items(ask, "/v1/tutors?subject=mathematics") == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "segment=thriving",
            "There is no segment 'thriving' here. Give one of churning, at_risk, healthy, star.",
        ),
        ("status=asleep", "There is no status 'asleep' here."),
        ("sort=name", "Lists cannot be sorted by 'name'. Give one of entity_id,"),
        ("cursor=abc", "The cursor is none of this list."),
        ("cursor=" + "x" * 1025, "cursor: String should have at most 1024 characters"),
        ("limit=1001", "limit: Input should be less than or equal to 1000"),
        ("limit=%0C1", r"limit: Value error, '\x0c1' is not a number. Write digits, as in 20 or 0.5"),
        ("limit=1_0", "limit: Value error, '1_0' is not a number."),
        ("risk_min=2", "risk_min: Input should be less than or equal to 1"),
        ("risk_max=+0.5", "risk_max: Value error, ' 0.5' is not a number."),
        ("health_max=nan", "health_max: Value error, 'nan' is not a number."),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(ask: Ask, query: str, said: str) -> None:
    assert said in problem(ask("GET", f"/v1/tutors?{query}"), "invalid").detail


def test_a_cursor_of_another_order_is_refused(ask: Ask) -> None:
    cursor = ask("GET", "/v1/tutors?limit=1").json()["next_cursor"]
    for sort in ("entity_id", "health_score"):
        refused = ask("GET", f"/v1/tutors?limit=1&sort={sort}&cursor={cursor}")
        assert "belongs to a list sorted by '-churn_risk_14d'" in problem(refused, "invalid").detail


def test_a_list_in_csv_and_arrow_says_the_same_and_links_to_its_next_page(ask: Ask) -> None:
    path = "/v1/tutors?limit=2&sort=entity_id"
    told = [item["entity_id"] for item in ask("GET", path).json()["items"]]
    text = ask("GET", path, headers={"accept": "text/csv"})
    assert text.headers["content-type"].startswith("text/csv")
    assert 'rel="next"' in text.headers["link"]
    assert [line.split(",")[0] for line in text.text.splitlines()[1:]] == told
    arrow = ask("GET", path, headers={"accept": "application/vnd.apache.arrow.stream"})
    assert pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()["entity_id"].to_pylist() == told
    problem(ask("GET", path, headers={"accept": "image/png"}), "not-acceptable")


def test_who_has_the_list_is_given_nothing_but_where_it_goes_on(ask: Ask) -> None:
    first = ask("GET", "/v1/tutors?limit=2")
    again = ask("GET", "/v1/tutors?limit=2", headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["link"] == first.headers["link"]
    assert (
        ask("GET", "/v1/tutors?limit=1", headers={"if-none-match": first.headers["etag"]}).status_code == 200
    )


def test_a_page_holds_all_there_is_of_one(ask: Ask) -> None:
    page = ask("GET", "/v1/tutors/t1").json()
    assert page["entity_id"] == "t1"
    assert page["current"]["outputs"]["burnout_risk"] is not None
    assert [e["output"] for e in page["explanations"]] == ["burnout_risk", "health_score"]
    assert len(page["facts"]) > 46
    assert page["history"]


def test_nobody_by_that_name_is_a_problem_on_every_path(ask: Ask) -> None:
    for rest in ("", "/history", "/what-if", "/changes?since=2024-01-01&until=2024-10-03"):
        refused = ask("GET", f"/v1/tutors/s1{rest}")
        assert "No tutor 's1' is known" in problem(refused, "not-found").detail


def test_an_id_may_hold_what_a_path_does_not(ask: Ask) -> None:
    for method, quoted, said in (
        ("GET", "a%2Fb", "'a/b'"),
        ("DELETE", "%0A", r"'\n'"),
        ("GET", "a%0A", r"'a\n'"),
    ):
        refused = ask(method, f"/v1/tutors/{quoted}")
        assert said in problem(refused, "not-found").detail


def test_history_is_within_its_times(ask: Ask) -> None:
    whole = ask("GET", "/v1/tutors/t1/history").json()
    assert whole["items"]
    later = ask("GET", f"/v1/tutors/t1/history?since={format_time(LIVE_US + DAY_US)}").json()
    assert later["items"] == []
    assert "until" in problem(ask("GET", "/v1/tutors/t1/history?until=soon"), "invalid").detail


def test_without_two_records_there_is_nothing_to_compare(ask: Ask) -> None:
    refused = ask("GET", "/v1/tutors/t1/changes?since=2020-01-01&until=2020-02-01")
    assert (
        "There are no two predictions of record between 2020-01-01T00:00:00Z"
        in problem(refused, "nothing-yet").detail
    )


def test_what_would_lower_a_risk_is_told_or_why_nothing_does(ask: Ask) -> None:
    found = ask("GET", "/v1/tutors/t1/what-if").json()
    assert found["output"] == "burnout_risk"
    assert found["value"] == pytest.approx(
        ask("GET", "/v1/tutors/t1").json()["current"]["outputs"]["burnout_risk"], abs=1e-6
    )
    assert bool(found["changes"]) == bool(found["sentence"]) == (found["value_then"] is not None)
    assert found["changes"] or found["note"]
    assert "no promise" in found["caveat"]


def test_a_page_costs_no_query_however_much_later_everybody_was_refreshed(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutorpulse.service.live.reading.features_of", None)
    monkeypatch.setattr(RunTable, "last", lambda _self: None)
    assert ask("GET", "/v1/tutors/t1").json()["facts"]
