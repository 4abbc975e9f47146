"""A history read from a real log."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.store.batches import batch_of
from tutorpulse.clock import DAY_US
from tutorpulse.store.home import Home
from tutorpulse.store.log import EventStore
from tutorpulse.training.labels import Rows, labels
from tutorpulse.training.reading import read_history

NEVER = 10_000 * DAY_US


def _at(day: float) -> int:
    return int(day * DAY_US)


def _held(
    number: int, day: float, tutor: str = "ann", student: str = "stu", **more: object
) -> dict[str, object]:
    return {
        "event_id": f"session-{number}",
        "event_type": "session_completed",
        "ts_us": _at(day),
        "session_id": f"s{number}",
        "tutor_id": tutor,
        "student_id": student,
    } | more


def _told(name: str, day: float, **payload: object) -> dict[str, object]:
    return {"event_id": f"{name}-{day}", "event_type": name, "ts_us": _at(day)} | payload


EVENTS = [
    _told("student_registered", 1, student_id="stu"),
    _told("student_registered", 2, student_id="never"),
    _held(1, 5, rating=5.0),
    _held(2, 20),
    _held(3, 30, tutor="bob", rating=3.0),
    _held(4, 40, tutor="bob"),
    _held(5, 50, tutor="-"),
    _held(6, 52, no_show=True),
    _held(7, 53, was_cancelled=True),
    _told("learning_activity", 60, student_id="stu"),
    _told("student_paused", 61, student_id="stu", until=_at(70)),
    _told("student_goal_reached", 75, student_id="stu", goal="exam"),
    _told("student_departed", 80, student_id="stu"),
    _held(8, 90) | {"received_us": _at(300)},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStore]:
    path: Path = tmp_path_factory.mktemp("home")
    with EventStore.open(Home.open(path / "home", create=True)) as opened:
        opened.append(batch_of(EVENTS))
        yield opened


def test_a_student_is_read_with_everything_that_labels_need(store: EventStore) -> None:
    history = read_history(store, "student", _at(200))
    assert history.entity_ids.tolist() == ["never", "stu"]
    assert (history.activity.us / DAY_US).tolist() == [5, 20, 30, 40, 50, 52, 60]
    assert (history.completed.us / DAY_US).tolist() == [5, 20, 30, 40, 50]
    assert (history.registered_us / DAY_US).tolist() == [2, 1]
    assert history.first_session_us[1] == _at(5)
    assert history.first_session_us[0] > NEVER
    assert (history.departures.us / DAY_US).tolist() == [80]
    assert (history.goals.us / DAY_US).tolist() == [75]
    assert (history.pauses.end_us / DAY_US).tolist() == [70]


def test_what_came_later_is_not_known(store: EventStore) -> None:
    history = read_history(store, "student", _at(35))
    assert (history.activity.us / DAY_US).tolist() == [5, 20, 30]
    assert len(history.departures) == len(history.goals) == 0
    assert read_history(store, "student", _at(300)).activity.us.max() == _at(90)


def test_the_placeholder_is_no_entity_and_no_pair(store: EventStore) -> None:
    history = read_history(store, "tutor", _at(200))
    assert history.entity_ids.tolist() == ["ann", "bob"]
    assert (history.first_sessions.moments.us / DAY_US).tolist() == [5, 30]


def test_first_sessions_succeed_with_a_second_one_and_no_low_rating(store: EventStore) -> None:
    history = read_history(store, "student", _at(200))
    assert (history.first_sessions.moments.us / DAY_US).tolist() == [5, 30]
    assert history.first_sessions.success.tolist() == [1, 0]


def test_labels_of_a_read_history(store: EventStore) -> None:
    history = read_history(store, "student", _at(200))
    got = labels(history, Rows(np.array([1, 1]), np.array([_at(21), _at(55)])), _at(30))
    assert got["session_velocity"].tolist() == [2 / 4, 0]
    assert got["inactive_14d"].tolist() == [0, 0]
    assert got["exit_30d"].tolist() == [0, 0]


def test_unknown_ids_have_no_code(store: EventStore) -> None:
    history = read_history(store, "student", _at(200))
    assert history.codes(np.array(["stu", "x", "never"], dtype=object)).tolist() == [1, -1, 0]
    assert read_history(store, "student", 0).codes(np.array(["stu"], dtype=object)).tolist() == [-1]
