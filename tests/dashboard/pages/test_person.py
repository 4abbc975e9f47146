"""One tutor's or student's page: what is known, why, and what to do."""

import pytest

from tests.dashboard.conftest import Look
from tutorpulse.clock import DAY_US
from tutorpulse.dashboard.pages.deeds import change_of
from tutorpulse.dashboard.pages.person import _places
from tutorpulse.errors import InputError
from tutorpulse.service.live.service import Service
from tutorpulse.service.queries.ranges import Range, ranges
from tutorpulse.service.worklist import tasks
from tutorpulse.store.state import RecommendationRow


def test_the_page_says_what_the_api_says(look: Look) -> None:
    page, told = look("/tutors/t3").text, look("/v1/tutors/t3").json()
    assert f'<p class="figure">{100 * told["current"]["outputs"]["burnout_risk"]:.0f} %</p>' in page
    for driver in told["explanations"][0]["drivers"]:
        assert f"{abs(driver['contribution']):.1f}" in page


def test_the_parts_of_a_page_tell_sessions_partners_and_events(look: Look) -> None:
    assert "sessions completed on" in look("/parts/tutors/t3/sessions").text
    assert 'href="/students/s3"' in look("/parts/tutors/t3/partners").text
    events = look("/parts/tutors/t3/events").text
    assert events.count("Session completed") >= 4


def test_what_would_lower_the_risk_comes_after_the_page_and_says_what_the_api_says(look: Look) -> None:
    assert 'data-part="/parts/tutors/t3/what-if"' in look("/tutors/t3").text
    part, told = look("/parts/tutors/t3/what-if").text, look("/v1/tutors/t3/what-if").json()
    assert (told["sentence"] or told["note"][1:]) in part
    assert (told["caveat"] in part) == bool(told["changes"])


def test_why_it_changed_waits_for_a_second_record(look: Look) -> None:
    assert 'data-part="/parts/tutors/t3/changed"' in look("/tutors/t3").text
    assert "Nothing to compare yet" in look("/parts/tutors/t3/changed").text
    assert look("/parts/tutors/nobody/changed").status_code == 404


def test_why_it_changed_is_told_in_the_words_of_the_api(look: Look, service: Service) -> None:
    with service.states.one() as state:
        rows = state.predictions.history("tutor", "t2")
        rows.columns["as_of_us"] -= 2 * DAY_US
        rows.columns["churn_risk_14d"] /= 2
        rows.columns["model_version"][:] = "gone-1"
        state.predictions.record(rows)
    part = look("/parts/tutors/t2/changed").text
    told = look("/v1/tutors/t2/changes?since=2020-01-01").json()
    for output in told["outputs"]:
        assert output["sentence"] in part
        assert output["change"] == pytest.approx(
            output["data_change"] + output["model_change"] + output["rest"]
        )
    assert "by another model" in part


def test_an_unknown_one_is_told_as_such(look: Look) -> None:
    for nobody in ("nobody", "no%2Fbody", "nobody%0A"):
        answer = look(f"/tutors/{nobody}")
        assert answer.status_code == 404
        assert "body" in answer.text


def test_a_task_is_marked_with_a_note_and_in_the_callers_name(
    look: Look, post: Look, service: Service
) -> None:
    with service.lend() as pulse:
        task = tasks.listed(pulse, tasks.Asked(limit=1)).items[0]
    assert task.action in look(f"/{task.entity_type}s/{task.entity_id}").text
    answer = post(f"/tasks/{task.task_id}", move="dismissed", note="  Spoke yesterday ")
    assert answer.headers["location"] == f"/{task.entity_type}s/{task.entity_id}"
    with service.lend() as pulse:
        after = tasks.task_page(pulse, task.task_id)
    assert (after.task.state, after.task.note, after.trail[-1].done_by) == (
        "dismissed",
        "Spoke yesterday",
        "tests",
    )


def test_of_several_tasks_the_first_ones_forms_stand_open_and_the_others_are_a_click_away(
    look: Look, service: Service
) -> None:
    advice = [
        RecommendationRow(f"r{n}", "tutor", "t3", rule, 0.9, rule, n, "[]")
        for n, rule in enumerate(("first", "second", "third"))
    ]
    with service.states.one() as state:
        state.recommendations.add(advice)
    page = look("/tutors/t3").text
    count = page.count('<form method="post" action="/tasks/')
    assert count >= len(advice)
    assert page.count('<summary aria-label="Act: ') == count - 1


def test_a_task_is_put_off_by_the_days_that_are_offered_only() -> None:
    assert change_of({"move": "snoozed", "days": "3"}, 0).until == "1970-01-04T00:00:00Z"
    with pytest.raises(InputError, match="put off by '5' days"):
        change_of({"move": "snoozed", "days": "5"}, 0)
    with pytest.raises(InputError, match="The form is not as it should be"):
        change_of({"move": "eaten"}, 0)


def test_places_lie_in_order_within_the_line_whatever_the_value() -> None:
    for value in (-50.0, 0.0, 4.0, 7.5, 900.0):
        places = _places(value, Range(2.0, 5.0, 8.0, 10))
        assert places is not None
        low, middle, high, here = places
        assert 0 <= low < middle < high <= 100
        assert (here < low) == (value < 2)
        assert (here > high) == (value > 8)
    assert _places(3.0, Range(3.0, 3.0, 3.0, 5)) is not None
    assert _places(None, Range(1, 2, 3, 4)) is None


def test_ranges_are_of_those_scored_who_have_the_fact(service: Service) -> None:
    found = ranges(service.scored("tutor"))
    assert found["sessions_completed_30d"].count == 6
    assert all(r.low <= r.middle <= r.high for r in found.values())
