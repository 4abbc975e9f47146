from collections.abc import Iterator
from pathlib import Path

import pytest

from tutorpulse.store.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def test_turns_are_kept_in_order_and_the_newest_that_served_is_found(state: State) -> None:
    state.models.add(1, "trained", "a", None, "ann")
    state.models.add(2, "refused", "b", "a", "upkeep", "no better")
    state.models.add(3, "promoted", "b", "a", "ann")
    assert [(e.number, e.action) for e in state.models.all()] == [
        (3, "promoted"),
        (2, "refused"),
        (1, "trained"),
    ]
    found = state.models.before("b")
    assert found is not None
    assert (found.at_us, found.previous) == (3, "a")
    assert state.models.before("c") is None


def test_drift_is_that_of_the_newest_look(state: State) -> None:
    state.models.keep_drift("tutor", 1, "{}")
    state.models.keep_drift("student", 2, "{}")
    state.models.keep_drift("tutor", 3, "[]")
    assert state.models.drift() == [("student", 2, "{}"), ("tutor", 3, "[]")]
