"""The work list of a made-up marketplace: order, what operators make of tasks, and what the log is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import session
from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, HOUR_US, FixedClock, format_time
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.service.page import page
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.apart import set_apart
from tutorpulse.service.worklist.shapes import StateRequest, Task, TaskChange
from tutorpulse.service.worklist.states import end_state, set_state
from tutorpulse.service.worklist.tasks import Asked, change_task, listed, task_page
from tutorpulse.service.worklist.values import keep_values
from tutorpulse.store.state.worths import EffectRow

RISKY = {"churn_risk_14d": 0.7}


@pytest.fixture
def world() -> World:
    """Two tutors at risk, bob dearer than ann; cid's risk is higher, and nothing is at stake with him."""
    tutors = {
        "ann": One(outputs=RISKY),
        "bob": One(outputs=RISKY),
        "cid": One(outputs={"churn_risk_14d": 0.9}),
    }
    return World(tutors=tutors, students={"stu": One()})


@pytest.fixture
def pulse(tmp_path: Path, world: World) -> Iterator[Pulse]:
    sessions = [session(0, "ann", 30.0), session(1, "bob", 90.0)]
    with opened(tmp_path / "home", NOW_US, *sessions) as made:
        refresh(made, world.scorer())
        keep_values(made)
        yield made


def checks(pulse: Pulse, **asked: object) -> list[Task]:
    """The wellness checks on the list."""
    found = listed(pulse, Asked(kind="tutor", rule="tutor_wellness_check", **asked))  # type: ignore[arg-type]
    return list(found.items)


def deeds(pulse: Pulse) -> list[tuple[str, str, int]]:
    found = pulse.store.query(
        "SELECT entity_id, recommendation, ts_us FROM other_events WHERE event_type = 'action_taken'"
    )
    return list(
        zip(
            found["entity_id"].tolist(),
            found["recommendation"].tolist(),
            found["ts_us"].tolist(),
            strict=True,
        )
    )


def test_tasks_come_by_risk_times_value_at_stake(pulse: Pulse) -> None:
    found = checks(pulse)
    assert [task.entity_id for task in found] == ["bob", "ann", "cid"]
    assert [task.benefit for task in found] == pytest.approx([0.7 * 90 / 3, 0.7 * 30 / 3, 0.0])
    assert found[0].unit == "price"


def test_what_an_action_was_shown_to_help_moves_its_tasks(pulse: Pulse) -> None:
    content = '{"measured": {"rule": "tutor_wellness_check", "share_avoided": 0.25, "variance": 0.01, "decided": true}}'
    pulse.state.worths.replace_effects([EffectRow("tutor_wellness_check", 1, 0.25, None, content)])
    assert [task.benefit for task in checks(pulse)] == pytest.approx([0.25 * 21, 0.25 * 7, 0.0])


def test_who_is_helped_goes_before_who_is_riskiest_once_that_is_known(pulse: Pulse) -> None:
    uplift = '{"constant": 0.1, "churn_risk_14d": -0.5, "health_score": 0.0, "session_velocity": 0.0}'
    pulse.state.worths.replace_effects([EffectRow("tutor_wellness_check", 1, None, uplift, "{}")])
    assert [task.benefit for task in checks(pulse)] == pytest.approx([0.25 * 30, 0.25 * 10, 0.0])


def test_a_task_is_due_as_its_rule_says_and_overdue_after(pulse: Pulse) -> None:
    task = checks(pulse)[0]
    assert (task.due, task.overdue) == (format_time(NOW_US + 48 * HOUR_US), False)
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(DAY_US)
    assert not checks(pulse)[0].overdue
    assert checks(pulse, due_before=format_time(NOW_US + 48 * HOUR_US)) == []


def test_pages_of_tasks_hold_each_once(pulse: Pulse) -> None:
    whole = [task.task_id for task in listed(pulse, Asked()).items]
    found, cursor = [], None
    while True:
        some = listed(pulse, Asked(cursor=cursor, limit=1))
        found += [task.task_id for task in some.items]
        cursor = some.next_cursor
        if cursor is None:
            break
    assert found == whole
    assert len(whole) == 3


def test_done_tells_the_log_once_leaves_the_list_and_stays(pulse: Pulse) -> None:
    task = checks(pulse)[0]
    told = change_task(pulse, task.task_id, TaskChange("done", "called", "reached"), "carla")
    assert (told.task.state, told.task.decided_by, told.task.outcome) == ("done", "carla", "reached")
    assert deeds(pulse) == [("bob", "tutor_wellness_check", NOW_US)]
    assert "bob" not in {t.entity_id for t in checks(pulse)}
    assert [t.entity_id for t in checks(pulse, state="done")] == ["bob"]
    for move in ("done", "dismissed"):
        with pytest.raises(
            InputError, match=rf"done already and the log says so; it cannot be {move}. Add a note"
        ):
            change_task(pulse, task.task_id, TaskChange(move), "dan")  # type: ignore[arg-type]
    assert len(deeds(pulse)) == 1


def test_dismissed_tells_the_log_nothing_and_may_become_done(pulse: Pulse) -> None:
    task = checks(pulse)[0]
    change_task(pulse, task.task_id, TaskChange("dismissed", "knows already"), "carla")
    assert deeds(pulse) == []
    with pytest.raises(InputError, match="dismissed already; it cannot be snoozed"):
        change_task(pulse, task.task_id, TaskChange("snoozed", until="2030-01-01"), "carla")
    change_task(pulse, task.task_id, TaskChange("done"), "carla")
    assert len(deeds(pulse)) == 1


def test_a_task_that_is_put_off_comes_back(pulse: Pulse) -> None:
    task = checks(pulse)[0]
    until = format_time(NOW_US + HOUR_US)
    assert (
        change_task(pulse, task.task_id, TaskChange("snoozed", until=until), "carla").task.snoozed_until
        == until
    )
    assert len(checks(pulse)) == 2
    assert [t.entity_id for t in checks(pulse, state="snoozed")] == ["bob"]
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(HOUR_US)
    assert len(checks(pulse)) == 3


def test_the_trail_says_who_did_what(pulse: Pulse) -> None:
    task_id = checks(pulse)[0].task_id
    change_task(pulse, task_id, TaskChange("assigned", owner="dan"), "carla")
    change_task(pulse, task_id, TaskChange("noted", "call back on Monday"), "dan")
    assert [(a.done_by, a.action, a.detail, a.note) for a in task_page(pulse, task_id).trail] == [
        ("carla", "assigned", "dan", None),
        ("dan", "noted", None, "call back on Monday"),
    ]
    assert [t.entity_id for t in checks(pulse, owner="dan")] == ["bob"]
    assert len(checks(pulse, owner="")) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (TaskChange("snoozed"), "snoozed needs it: until when"),
        (TaskChange("done", until="2030-01-01"), "`until` goes with snoozed"),
        (TaskChange("snoozed", until="2001-01-01"), "2001-01-01 is past"),
        (TaskChange("noted"), "nothing to note"),
        (TaskChange("dismissed", outcome="reached"), "`outcome` goes with done"),
        (TaskChange("done", owner="dan"), "`owner` goes with assigned"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(pulse: Pulse, change: TaskChange, message: str) -> None:
    with pytest.raises(InputError, match=message):
        change_task(pulse, checks(pulse)[0].task_id, change, "carla")


def test_a_task_that_is_not_there(pulse: Pulse) -> None:
    with pytest.raises(UnknownEntityError, match="No recommendation has the id 'none'"):
        task_page(pulse, "none")


def test_a_deed_in_a_log_that_ended_long_ago_is_dated_by_that_log(tmp_path: Path, world: World) -> None:
    with opened(tmp_path / "old", NOW_US + 300 * DAY_US, session(0, "ann", 30.0)) as pulse:
        refresh(pulse, world.scorer())
        change_task(pulse, checks(pulse)[0].task_id, TaskChange("done"), "carla")
        assert deeds(pulse)[0][2] == NOW_US
        assert pulse.store.newest_us() == NOW_US


def test_whoever_is_set_apart_has_no_open_task_until_that_ends(pulse: Pulse) -> None:
    state = set_state(pulse, StateRequest("tutor", "bob", "on_leave", note="exams"), "carla")
    assert set_apart(pulse.state, "tutor", NOW_US) == {"bob": "on_leave"}
    assert [t.entity_id for t in checks(pulse)] == ["ann", "cid"]
    assert pulse.store.counts()["tutor_paused"] == 1
    ended = end_state(pulse, state.state_id, "dan")
    assert (ended.holds, ended.ended_by) == (False, "dan")
    assert set_apart(pulse.state, "tutor", NOW_US) == {}
    assert pulse.store.counts()["tutor_resumed"] == 1
    assert [t.entity_id for t in checks(pulse)] == ["bob", "ann", "cid"]


def test_a_goal_is_a_students(pulse: Pulse) -> None:
    set_state(pulse, StateRequest("student", "stu", "goal_reached"), "carla")
    assert pulse.store.counts()["student_goal_reached"] == 1
    with pytest.raises(InputError, match=r"A tutor cannot be 'goal_reached'. Give one of paused, on_leave"):
        set_state(pulse, StateRequest("tutor", "ann", "goal_reached"), "carla")


def test_a_task_put_off_leaves_the_page_too(pulse: Pulse, world: World) -> None:
    task_id = checks(pulse)[0].task_id
    assert task_id in {r.recommendation_id for r in page(pulse, world.scorer(), "bob").recommendations}
    change_task(pulse, task_id, TaskChange("snoozed", until=format_time(NOW_US + HOUR_US)), "carla")
    assert task_id not in {r.recommendation_id for r in page(pulse, world.scorer(), "bob").recommendations}
