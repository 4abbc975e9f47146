"""Populations that are kept: of a log that is written all the time, with and without what it tells of its own changes."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.service.logs import NOW_US, event, home_with, lessons
from tutorpulse.clock import DAY_US, midnight_before
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.features import references as module
from tutorpulse.features.compute import compute
from tutorpulse.features.references import References
from tutorpulse.store.log import EventStore

_AT_US = NOW_US + DAY_US // 2


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventStore]:
    with EventStore.open(home_with(tmp_path, lessons(6, 60))) as opened:
        yield opened


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the log was asked about its content."""
    found, content = list[str](), module._content

    def noted(store: EventStore, condition: str, before: module._Content) -> module._Content:
        found.append(condition)
        return content(store, condition, before)

    monkeypatch.setattr(module, "_content", noted)
    return found


def arrives(log: EventStore, received_us: int, line: bytes) -> None:
    log.append(decode_lines(line, Arrival(now_us=received_us, source="test")))


def call(student: str, hours_ago: float) -> bytes:
    return _line(event("learning_activity", hours_ago / 24, student_id=student, questions_asked=3))


def _line(said: dict[str, object]) -> bytes:
    return msgspec.json.encode({name: value for name, value in said.items() if name != "received_at"})


def look(log: EventStore, kept: References) -> np.ndarray:
    ids = np.array(["s1", "s3"], object)
    return compute(log, "student", _AT_US, _AT_US, ids, references=kept).features


def test_while_only_events_of_today_come_the_log_is_not_asked_whether_its_past_stayed(
    log: EventStore, asked: list[str]
) -> None:
    kept = References(log.planner)
    look(log, kept)
    assert len(asked) == 1
    for minute in range(3):
        arrives(log, _AT_US, call(f"s{minute}", -1 - minute))
        look(log, kept)
    assert len(asked) == 1
    np.testing.assert_array_equal(look(log, kept), look(log, References()))


def test_an_event_that_was_received_before_midnight_changes_the_population_by_the_next_look(
    log: EventStore, asked: list[str]
) -> None:
    kept = References(log.planner)
    before = look(log, kept)
    for student in range(20):
        arrives(log, midnight_before(_AT_US), call(f"new{student}", 3))
    after = look(log, kept)
    assert len(asked) == 2
    np.testing.assert_array_equal(after, look(log, References()))
    assert not np.array_equal(before, after, equal_nan=True)


def test_an_erasure_changes_the_population_by_the_next_look(log: EventStore) -> None:
    kept = References(log.planner)
    before = look(log, kept)
    for student in ("s0", "s2", "s4"):
        log.erase("student", student)
    after = look(log, kept)
    np.testing.assert_array_equal(after, look(log, References()))
    assert not np.array_equal(before, after, equal_nan=True)


def test_without_a_planner_the_log_is_asked_each_time(log: EventStore, asked: list[str]) -> None:
    kept = References()
    for _ in range(3):
        look(log, kept)
    assert len(asked) == 3
