"""Invitations, passwords, resets and who is shut out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.errors import InputError, SignInError
from tutorpulse.service.access import passwords, users
from tutorpulse.service.access.callers import by_key, by_sign_in
from tutorpulse.service.access.users import Lasting
from tutorpulse.settings import Settings
from tutorpulse.store.state import State

GOOD, OTHER = "correct horse battery", "staple correct horse"
LASTS = Lasting(HOUR_US, DAY_US)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def test_a_password_is_kept_as_an_argon2id_hash(state: State) -> None:
    dana = users.create(state, "dana", "viewer", GOOD, 1)
    assert dana.password_hash
    assert dana.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert users.check(state, "Dana", GOOD).user_id == dana.user_id


@pytest.mark.parametrize(
    ("name", "password"), [("dana", OTHER), ("nobody", GOOD), ("dana", ""), ("invited", "")]
)
def test_a_wrong_name_or_password_is_told_the_same(state: State, name: str, password: str) -> None:
    users.create(state, "dana", "viewer", GOOD, 1)
    users.invite(state, "invited", "viewer", 1)
    with pytest.raises(SignInError, match="The name or the password is wrong, or the user is shut out"):
        users.check(state, name, password)


def test_an_unknown_name_costs_a_hash_like_a_known_one(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, asked = passwords._hasher(), []
    monkeypatch.setattr(passwords, "_hasher", lambda: Counting(hasher, asked))
    with pytest.raises(SignInError):
        users.check(state, "nobody", GOOD)
    assert asked == [GOOD]


class Counting:
    """A hasher that notes which passwords it was asked about."""

    def __init__(self, hasher: object, asked: list[str]) -> None:
        self._hasher, self._asked = hasher, asked

    def verify(self, password_hash: str, password: str) -> bool:
        self._asked.append(password)
        return bool(self._hasher.verify(password_hash, password))  # type: ignore[attr-defined]


@pytest.mark.parametrize("length", [11, 257])
def test_a_password_of_the_wrong_length_is_refused(state: State, length: int) -> None:
    with pytest.raises(InputError, match=f"A password has 12 to 256 characters; this has {length}"):
        users.create(state, "dana", "viewer", "x" * length, 1)
    assert state.users.all() == []


def test_an_invitation_sets_the_first_password_once(state: State) -> None:
    dana, secret = users.invite(state, "dana", "operator", 0)
    assert dana.standing == "invited"
    assert users.looked_at(state, secret, 7 * DAY_US - 1)[1] == dana
    with pytest.raises(InputError, match="12 to 256"):
        users.set_password(state, secret, "short", 1)
    assert users.set_password(state, secret, GOOD, 2).standing == "active"
    assert users.check(state, "dana", GOOD).role == "operator"
    for at_us in (3, 7 * DAY_US):
        with pytest.raises(SignInError, match="This link was used, has expired, or was replaced"):
            users.set_password(state, secret, OTHER, at_us)


def test_a_reset_ends_every_sign_in_and_leaves_the_old_password_until_then(state: State) -> None:
    dana = users.create(state, "dana", "viewer", GOOD, 1)
    _, cookie = users.begin(state, dana, 2, LASTS)
    _, secret = users.reset(state, dana.user_id, 3)
    assert users.check(state, "dana", GOOD)
    assert by_sign_in(state, cookie, 4, LASTS)
    users.set_password(state, secret, OTHER, 5)
    assert by_sign_in(state, cookie, 6, LASTS) is None
    assert users.check(state, "dana", OTHER)
    with pytest.raises(SignInError):
        users.check(state, "dana", GOOD)


def test_resetting_who_never_set_a_password_invites_anew(state: State) -> None:
    dana, first = users.invite(state, "dana", "viewer", 0)
    _, second = users.reset(state, dana.user_id, DAY_US)
    with pytest.raises(SignInError):
        users.looked_at(state, first, DAY_US)
    assert users.looked_at(state, second, 8 * DAY_US - 1)[0].purpose == "invite"


def test_whoever_is_shut_out_is_out_everywhere(state: State) -> None:
    users.create(state, "boss", "admin", GOOD, 1)
    dana = users.create(state, "dana", "admin", GOOD, 1)
    _, cookie = users.begin(state, dana, 2, LASTS)
    _, secret = users.reset(state, dana.user_id, 3)
    users.shut_out(state, dana.user_id, 4)
    assert by_sign_in(state, cookie, 5, LASTS) is None
    for attempt in (lambda: users.check(state, "dana", GOOD), lambda: users.looked_at(state, secret, 5)):
        with pytest.raises(SignInError):
            attempt()
    with pytest.raises(InputError, match=r"dana is shut out\. Let them in first"):
        users.reset(state, dana.user_id, 6)


def test_a_link_that_lets_in_sets_no_password_and_works_once(state: State) -> None:
    dana = state.users.create("dana", "admin", 1)
    secret = state.links.create(dana.user_id, "enter", 100)
    with pytest.raises(SignInError):
        users.set_password(state, secret, GOOD, 2)
    assert users.enter(state, secret, 3) == dana
    with pytest.raises(SignInError):
        users.enter(state, secret, 4)
    _, invitation = users.invite(state, "guest", "viewer", 5)
    with pytest.raises(SignInError):
        users.enter(state, invitation, 6)


def test_a_caller_may_do_what_their_role_says_now(state: State) -> None:
    users.create(state, "boss", "admin", GOOD, 1)
    dana = users.create(state, "dana", "viewer", GOOD, 1)
    _, cookie = users.begin(state, dana, 2, LASTS)
    may = {}
    for role in ("viewer", "operator", "admin"):
        state.users.set_role(dana.user_id, role)
        caller = by_sign_in(state, cookie, 3, LASTS)
        assert caller
        assert (caller.kind, caller.name, caller.role) == ("user", "dana", role)
        may[role] = [scope for scope in ("ingest", "read", "operate", "admin") if caller.allows(scope)]
    assert may == {
        "viewer": ["read"],
        "operator": ["read", "operate"],
        "admin": ["ingest", "read", "operate", "admin"],
    }
    assert by_key(state, cookie, 3) is None


def test_how_long_a_sign_in_lasts_is_a_setting() -> None:
    assert users.lasting(Settings(signin_idle_hours=0.5, signin_days=2)) == Lasting(HOUR_US // 2, 2 * DAY_US)
