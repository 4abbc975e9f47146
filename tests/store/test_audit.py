from collections.abc import Iterator
from pathlib import Path

import pytest

from tutorpulse.store.state import State
from tutorpulse.store.state.audit import Act, Actor

DANA = Actor("user", "dana", "u1")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def test_erasing_somebody_takes_their_id_out_of_the_log_and_keeps_the_entries(state: State) -> None:
    state.audit.add(1, DANA, Act("watch", "tutor", "ann"))
    state.audit.add(2, DANA, Act("watch", "student", "ann"))
    state.erase("tutor", "ann")
    assert [(row.target_kind, row.target_id) for row in state.audit.newest(None, 9)] == [
        ("student", "ann"),
        ("tutor", ""),
    ]


def test_long_texts_are_cut(state: State) -> None:
    state.audit.add(1, Actor("user", "d" * 900), Act("x" * 900, "tutor", "t" * 900), "refused")
    (row,) = state.audit.newest(None, 9)
    assert {len(row.actor), len(row.action), len(row.target_id)} == {200}
