"""The work list, what operators set, reviews and playbooks: shown, and done by forms."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import QueryParams

from tests.dashboard.conftest import Look
from tests.service.live.homes import LIVE_US, PAIRS, SILENT, served
from tutorpulse.clock import DAY_US, parse_time, us_to_datetime
from tutorpulse.dashboard.pages.tasks import asked_of
from tutorpulse.dashboard.viewer import Viewer
from tutorpulse.errors import InputError
from tutorpulse.service.live.service import Service
from tutorpulse.service.page import page
from tutorpulse.service.worklist import feedback, overrides, reviews, states, tasks
from tutorpulse.service.worklist.shapes import Task
from tutorpulse.store.state.holdouts import HoldoutRow

ANN = Viewer("ann", "operator")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Some of them have fallen silent, so that there is something to do."""
    with served(tmp_path_factory.mktemp("served"), [*PAIRS, *SILENT]) as service:
        yield service


def first(service: Service, state: str = "open") -> Task:
    with service.lend() as pulse:
        return tasks.listed(pulse, tasks.Asked(state=state, limit=1)).items[0]  # type: ignore[arg-type]


def asked(query: str) -> tasks.Asked:
    return asked_of(QueryParams(query), ANN, LIVE_US)


def test_the_address_holds_the_filters() -> None:
    assert asked("") == tasks.Asked(limit=25)
    found = asked("state=done&kind=tutor&owner=me&rule=r&id=t1&due=week")
    assert (found.state, found.kind, found.owner, found.rule, found.entity_id) == (
        "done",
        "tutor",
        "ann",
        "r",
        "t1",
    )
    assert found.due_before is not None
    assert us_to_datetime(parse_time(found.due_before)) == us_to_datetime(LIVE_US) + timedelta(days=7)
    assert asked("owner=nobody").owner == ""
    assert asked("owner=zoe").owner == "zoe"
    for wrong in ("state=eaten", "kind=subject", "due=never"):
        with pytest.raises(InputError, match="of tasks"):
            asked(wrong)


def test_the_list_stands_in_the_order_of_the_api_with_what_each_is_worth(look: Look) -> None:
    told = look("/v1/tasks?limit=25").json()["items"]
    text = look("/tasks").text
    places = [text.index(f'href="/tasks/{task["task_id"]}"') for task in told]
    assert places == sorted(places)
    assert len(told) > 3


def test_a_task_is_assigned_noted_put_off_and_done_with_its_outcome_and_leads_back(
    look: Look, post: Look, service: Service
) -> None:
    task = first(service)
    path, back = f"/tasks/{task.task_id}", "/tasks?kind=tutor"
    assert post(path, move="assigned", owner="zoe", back=back).headers["location"] == back
    assert task.task_id in look("/tasks?owner=zoe").text
    assert post(path, move="noted", note="call at noon", back=path).headers["location"] == path
    assert "call at noon" in look(path).text
    assert post(path, move="snoozed", days="3", back="//elsewhere").headers["location"].startswith("/")
    assert "//elsewhere" not in post(path, move="noted", note="x", back="//elsewhere").headers["location"]
    assert task.task_id not in look("/tasks").text
    assert task.task_id in look("/tasks?state=snoozed").text
    assert post(path, move="done", outcome="reached", note="spoke").status_code == 303
    text = look("/tasks?state=done").text
    assert task.task_id in text
    assert "by tests, reached" in text
    with service.lend() as pulse:
        shown = tasks.task_page(pulse, task.task_id)
    assert (shown.task.state, shown.task.outcome) == ("done", "reached")
    assert [deed.action for deed in shown.trail][-1] == "done"


def test_a_segment_is_set_by_hand_marked_and_ended(look: Look, post: Look, service: Service) -> None:
    form = {"entity_type": "tutor", "entity_id": "t4", "segment": "star", "reason": "knows her"}
    assert "An override ends after one of" in post("/overrides", **form, days="9").text
    assert post("/overrides", **form, days="30").headers["location"] == "/tutors/t4"
    text = look("/tutors/t4").text
    assert "tests set this segment by hand until" in text
    assert "knows her" in look("/tasks/by-hand").text
    rows = look("/rows/tutors?q=t4").json()["items"]
    assert (rows[0]["segment"], rows[0]["override_owner"]) == ("star", "tests")
    assert look("/rows/tutors?segment=star").json()["total"] == len(
        look("/rows/tutors?segment=star").json()["items"]
    )
    partner = look("/parts/students/s4/partners").text
    assert "set by tests" in partner
    with service.lend() as pulse:
        made = next(o for o in overrides.overrides_in_force(pulse).items if o.entity_id == "t4")
        assert parse_time(made.expires) - parse_time(made.since) == 30 * DAY_US
    assert (
        post(f"/overrides/{made.override_id}/end", back="/tasks/by-hand").headers["location"]
        == "/tasks/by-hand"
    )
    assert "set this segment by hand" not in look("/tutors/t4").text


def test_somebody_is_set_apart_marked_and_it_ends(look: Look, post: Look, service: Service) -> None:
    form = {"entity_type": "student", "entity_id": "s4"}
    assert post("/states", **form, state="goal_reached", note="passed").headers["location"] == "/students/s4"
    assert "tests set s4 apart: goal reached" in look("/students/s4").text
    assert "passed" in look("/tasks/by-hand").text
    assert look("/rows/students?q=s4&status=all").json()["items"][0]["operator_state"] == "goal_reached"
    with service.lend() as pulse:
        state = next(s for s in states.states_held(pulse).items if s.entity_id == "s4")
    assert post(f"/states/{state.state_id}/end").headers["location"] == "/students/s4"
    assert "set s4 apart" not in look("/students/s4").text
    assert post("/states", entity_type="tutor", entity_id="t4", state="goal_reached").status_code == 422


def test_a_prediction_is_judged_and_a_wrong_one_needs_a_reason(
    look: Look, post: Look, service: Service
) -> None:
    form = {"entity_type": "tutor", "entity_id": "t5", "about": "burnout_risk"}
    assert "give a reason" in post("/verdicts", **form, verdict="wrong").text
    assert post("/verdicts", **form, verdict="wrong", reason="on holiday").headers["location"] == "/tutors/t5"
    assert "on holiday" in look("/tutors/t5").text
    with service.lend() as pulse:
        counts = {(c.entity_type, c.about): c.wrong for c in feedback.feedback_counts(pulse.state).items}
    assert counts["tutor", "burnout_risk"] == 1


def test_a_review_is_asked_from_the_record_and_answered_from_the_list(
    look: Look, post: Look, service: Service
) -> None:
    form = {"entity_type": "tutor", "entity_id": "t5", "reason": "February is missing"}
    assert post("/reviews", **form, back="record").headers["location"] == "/tutors/t5/record"
    assert "February is missing" in look("/tutors/t5").text
    assert "February is missing" in look("/tasks/reviews").text
    with service.lend() as pulse:
        (asked_,) = reviews.reviews_listed(pulse.state, True).items
    path = f"/reviews/{asked_.review_id}"
    answer = post(path, outcome="upheld", answer="It was a pause", back="/tasks/reviews")
    assert answer.headers["location"] == "/tasks/reviews"
    assert "It was a pause" in look("/tasks/reviews").text
    assert "was answered by tests already" in post(path, outcome="upheld", answer="again").text


def test_a_record_holds_what_the_api_holds_with_the_names_of_who_acted(look: Look, service: Service) -> None:
    told, text = look("/v1/tutors/t5/record").json(), look("/tutors/t5/record").text
    for span in told["events"]:
        assert span["event_type"].replace("_", " ").capitalize() in text
    for sentence in (*told["why"], *told["principles"]):
        assert sentence.split("'")[0][:40] in text
    assert text.count("tests") >= len(told["trail"])
    with service.lend() as pulse:
        scorer = service.scorer()
        assert scorer is not None
        assert len(page(pulse, scorer, "t5", "tutor").facts) == len(told["page"]["facts"])


def test_playbooks_say_not_enough_yet_or_that_nothing_is_tried(look: Look, service: Service) -> None:
    assert "Nothing is tried" in look("/parts/playbooks").text
    with service.lend() as pulse:
        pulse.state.holdouts.add(
            [
                HoldoutRow("student_call", "", "student", f"s{n}", LIVE_US, arm, 0.2, 0.5, 50.0, 1.0)
                for n, arm in ((1, "act"), (2, "hold"))
            ]
        )
    text = look("/parts/playbooks").text
    assert "Nothing is tried" in text or "Not enough yet" in text
    assert "not tried" in look("/tasks/playbooks").text


def test_whoever_only_looks_finds_no_forms_and_is_refused(
    browser_like: TestClient, key: Callable[..., str], service: Service
) -> None:
    headers = {"authorization": f"Bearer {key('read')}"}
    for path in ("/tasks", "/tasks/by-hand", "/tasks/reviews", "/tutors/t3", "/tutors/t3/record", "/alerts"):
        text = browser_like.get(path, headers=headers).text
        assert text.count('method="post"') == 1, "the theme's alone"
    refused = browser_like.post(f"/tasks/{first(service).task_id}", data={"move": "done"}, headers=headers)
    assert refused.status_code == 403
