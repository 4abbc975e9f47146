"""Which model served when: one turn ends where the next begins."""

from pathlib import Path

from tutorpulse.service.queries.turns import turns
from tutorpulse.store.state import State


def told(state: State) -> list[tuple[str, int | None, int | None, str]]:
    return [(t.version, t.from_us, t.until_us, t.action) for t in turns(state)]


def test_every_home_begins_with_the_starter(tmp_path: Path) -> None:
    assert told(State(tmp_path / "s")) == [("starter", None, None, "the beginning")]


def test_a_turn_ends_where_the_next_begins_and_what_was_refused_never_served(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    state.models.add(10, "trained", "a", None, "ann")
    state.models.add(20, "refused", "b", "a", "upkeep", "worse")
    state.models.add(25, "in shadow", "c", "a", "ann")
    state.models.add(30, "promoted", "c", "a", "ann")
    state.models.add(40, "rolled back", "a", "c", "bob", "wrong")
    state.models.add(50, "promoted", None, "a", "ann")
    assert told(state) == [
        ("starter", 50, None, "promoted"),
        ("a", 40, 50, "rolled back"),
        ("c", 30, 40, "promoted"),
        ("c", 25, 25, "in shadow"),
        ("b", 20, 20, "refused"),
        ("a", 10, 30, "trained"),
        ("starter", None, 10, "the beginning"),
    ]
    assert [t.action for t in turns(state) if not t.served] == ["in shadow", "refused"]


def test_a_record_that_begins_in_the_midst_makes_nothing_up(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    state.models.add(10, "promoted", "b", "a", "ann")
    assert told(state) == [("b", 10, None, "promoted")]
