import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutorpulse.clock import MINUTE_US
from tutorpulse.errors import InputError
from tutorpulse.store.state import State, connection
from tutorpulse.store.state.schema import STEPS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    opened = State(path)
    yield opened
    opened.close()


def test_a_state_without_users_is_brought_up_to_date_and_keeps_its_keys(path: Path) -> None:
    before = next(k for k, step in enumerate(STEPS) if any("TABLE users" in line for line in step))
    connection.open_connection(path, STEPS[:before]).close()
    with sqlite3.connect(path) as old:
        old.execute("INSERT INTO keys VALUES ('k', 'till', 'read', x'00', 1, NULL, NULL, NULL)")
    old.close()
    state = State(path)
    assert [row.name for row in state.keys.all()] == ["till"]
    assert state.users.create("dana", "viewer", 1) == state.users.named("dana")
    state.close()


def test_names_are_one_whatever_their_case(state: State) -> None:
    dana = state.users.create(" Dana ", "viewer", 1)
    assert dana.name == "Dana"
    assert state.users.get_named("dANA") == dana
    with pytest.raises(InputError, match=r"There is a user 'DANA' already\. Give another name"):
        state.users.create("DANA", "viewer", 2)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_name_that_is_none_is_refused(state: State, name: str) -> None:
    with pytest.raises(InputError, match=r"is no name of a user\. Give 1 to 64 characters"):
        state.users.create(name, "viewer", 1)


@pytest.mark.parametrize("name", ["é", "x" * 64, "Dana Example"])
def test_a_name_of_one_to_64_characters_is_taken(state: State, name: str) -> None:
    assert state.users.create(name, "viewer", 1).name == name


def test_an_unknown_role_or_user_is_refused(state: State) -> None:
    with pytest.raises(InputError, match=r"'boss' is no role\. Give one of: viewer, operator, admin"):
        state.users.create("dana", "boss", 1)
    with pytest.raises(InputError, match=r"There is no user 'nobody'\. `tutorpulse users list` shows them"):
        state.users.get_named("nobody")


def test_the_last_administrator_stays_one(state: State) -> None:
    ann = state.users.create("ann", "admin", 1, "hash")
    state.users.create("invited", "admin", 1)
    for attempt in (
        lambda: state.users.disable(ann.user_id, 2),
        lambda: state.users.set_role(ann.user_id, "viewer"),
    ):
        with pytest.raises(
            InputError, match=r"the last administrator who can sign in\. Make another one first"
        ):
            attempt()
    state.users.create("bea", "admin", 1, "hash")
    assert state.users.disable(ann.user_id, 2).standing == "disabled"
    assert state.users.disable(ann.user_id, None).standing == "active"


def test_whom_a_provider_vouches_for_is_one_user_with_the_role_it_says_now(state: State) -> None:
    state.users.create("dana", "admin", 1)
    first = state.users.of_provider("https://id.example", "7", "dana", "viewer", 5)
    again = state.users.of_provider("https://id.example", "7", "renamed", "operator", 6)
    other = state.users.of_provider("https://id.example", "8", "\n", "viewer", 7)
    assert (first.name, first.standing) == ("dana 7", "active")
    assert (again.user_id, again.name, again.role) == (first.user_id, "dana 7", "operator")
    assert other.name == "unnamed"


def test_a_sign_in_ends_when_idle_and_at_its_time(state: State) -> None:
    user = state.users.create("dana", "viewer", 0)
    row, secret = state.signins.begin(user.user_id, 0, 100 * MINUTE_US)
    idle_us = 10 * MINUTE_US
    assert state.signins.find(secret, idle_us - 1, idle_us) == row
    assert state.signins.find(secret, idle_us, idle_us) is None
    for minute in range(0, 99, 9):
        state.signins.used(row, minute * MINUTE_US)
    assert state.signins.find(secret, 100 * MINUTE_US - 1, idle_us)
    assert state.signins.find(secret, 100 * MINUTE_US, idle_us) is None


def test_use_is_written_once_a_minute(state: State) -> None:
    _, secret = state.signins.begin("u", 0, 10 * MINUTE_US)
    for at_us, seen_us in ((MINUTE_US - 1, 0), (MINUTE_US, MINUTE_US), (MINUTE_US + 1, MINUTE_US)):
        known = state.signins.find(secret, at_us, MINUTE_US * 10)
        assert known
        state.signins.used(known, at_us)
        found = state.signins.find(secret, at_us, MINUTE_US * 10)
        assert found
        assert found.seen_us == seen_us


def test_ended_sign_ins_let_nobody_in(state: State) -> None:
    rows = [state.signins.begin("u", 0, 100) for _ in range(3)]
    state.signins.end(rows[0][0].signin_id)
    assert state.signins.find(rows[0][1], 1, 99) is None
    assert state.signins.counts(1) == {"u": 2}
    assert state.signins.end_all("u") == 2
    assert all(state.signins.find(secret, 1, 99) is None for _, secret in rows)


def test_neither_cookies_nor_links_are_in_the_file(state: State, path: Path) -> None:
    _, cookie = state.signins.begin("u", 0, 100)
    link = state.links.create("u", "invite", 100)
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert cookie.encode() not in written
    assert link.encode() not in written


def test_a_link_works_once_until_it_expires_or_is_replaced(state: State) -> None:
    replaced = state.links.create("u", "reset", 100)
    secret = state.links.create("u", "reset", 100)
    other = state.links.create("u", "enter", 100)
    assert state.links.find(replaced, 1) is None
    assert state.links.find(secret, 100) is None
    taken = state.links.take(secret, 99)
    assert taken
    assert (taken.user_id, taken.purpose) == ("u", "reset")
    assert state.links.take(secret, 99) is None
    state.links.drop("u")
    assert state.links.find(other, 1) is None
