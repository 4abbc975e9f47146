"""The tables fetch the rows that they show, filtered and sorted as the address says."""

import csv
import io
from datetime import date, timedelta

from fastapi.testclient import TestClient

from tests.dashboard.conftest import Look


def _rows(look: Look, query: str) -> dict[str, object]:
    answer = look(f"/rows/tutors?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_rows_come_by_place_and_their_total_is_of_all_pages(look: Look) -> None:
    every = _rows(look, "sort=entity_id")
    assert every["total"] == 6
    ids = [item["entity_id"] for item in every["items"]]  # type: ignore[index, attr-defined]
    assert ids == sorted(ids)
    some = _rows(look, "sort=entity_id&start=2&limit=3")
    assert [item["entity_id"] for item in some["items"]] == ids[2:5]  # type: ignore[index, attr-defined]
    assert some["total"] == 6


def test_a_part_of_an_id_finds_it_whatever_its_case(look: Look) -> None:
    assert [item["entity_id"] for item in _rows(look, "q=T3")["items"]] == ["t3"]  # type: ignore[index, attr-defined]
    assert _rows(look, "q=%25")["total"] == 0


def test_bounds_keep_only_what_lies_between(look: Look) -> None:
    risks = [item["burnout_risk"] for item in _rows(look, "sort=burnout_risk")["items"]]  # type: ignore[index, attr-defined]
    middle = risks[3]
    kept = _rows(look, f"burnout_risk_min={middle}")
    assert kept["total"] == sum(risk >= middle for risk in risks)


def test_bounds_of_a_time_are_days_both_included(look: Look) -> None:
    day = str(_rows(look, "limit=1")["items"][0]["as_of"])[:10]  # type: ignore[index]
    before, after = (f"{date.fromisoformat(day) + timedelta(days=step)}" for step in (-1, 1))
    assert _rows(look, f"as_of_min={day}&as_of_max={day}")["total"] == 6
    assert _rows(look, f"as_of_min={after}")["total"] == _rows(look, f"as_of_max={before}")["total"] == 0


def test_segments_are_sorted_from_worst_to_best(look: Look) -> None:
    order = ("churning", "at_risk", "healthy", "star")
    found = [order.index(item["segment"]) for item in _rows(look, "sort=segment")["items"]]  # type: ignore[index, attr-defined]
    assert found == sorted(found)


def test_what_is_no_filter_is_refused_with_what_to_do(look: Look) -> None:
    for query, said in (
        ("burnout_risk_min=high", "burnout_risk_min is 'high', which is no number"),
        ("as_of_min=soon", "'soon' is not a time"),
        ("segment=best", "There is no segment 'best'"),
        ("sort=name", "cannot be sorted by 'name'"),
        ("limit=5000", "At most 1,000 rows"),
    ):
        answer = look(f"/rows/tutors?{query}", headers={"accept": "*/*"})
        assert answer.status_code == 422, query
        assert said in answer.json()["detail"]


def test_csv_holds_every_row_that_passes_once_with_one_header(look: Look) -> None:
    answer = look("/csv/tutors?sort=entity_id")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["entity_id"] for line in lines] == [f"t{i}" for i in range(6)]
    assert answer.headers["content-disposition"] == 'attachment; filename="tutors.csv"'
    assert look("/csv/tutors?q=nobody").text.startswith("entity_id,")


def test_a_view_is_saved_for_everybody_and_removed(look: Look, browser_like: TestClient, post: Look) -> None:
    answer = post("/views", page="/tutors", name="The worst", query="segment=churning&sort=health_score")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/tutors?segment=churning&sort=health_score",
    )
    page = look("/tutors").text
    assert "The worst" in page
    view_id = page.split("/views/")[1].split("/remove")[0]
    assert post(f"/views/{view_id}/remove").status_code == 303
    assert "The worst" not in look("/tutors").text
    assert post(f"/views/{view_id}/remove").status_code == 404


def test_a_view_of_filters_that_do_not_exist_is_refused(post: Look) -> None:
    assert post("/views", page="/tutors", name="x", query="segment=best").status_code == 422
    assert post("/views", page="/models", name="x", query="").status_code == 422
    assert post("/views", page="/tutors", name=" ", query="").status_code == 422
