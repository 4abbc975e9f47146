import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tutorpulse.clock import MINUTE_US
from tutorpulse.errors import InputError
from tutorpulse.store.state import SCOPES, State
from tutorpulse.store.state.keys import KeyTable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def keys(path: Path) -> Iterator[KeyTable]:
    state = State(path)
    yield state.keys
    state.close()


def test_a_key_is_found_by_its_secret_alone(keys: KeyTable) -> None:
    row, secret = keys.create("booking", ["read", "ingest"], 10)
    other, _ = keys.create("other", ["admin"], 11)
    assert row.scopes == ("ingest", "read")
    assert keys.find(secret, 12) == row
    assert keys.all() == [row, other]
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    elsewhere = secret.replace(row.key_id, other.key_id)
    for bad in (wrong, elsewhere, secret + "0", secret.upper(), "", "tp_", row.key_id, "tp_é"):
        assert keys.find(bad, 12) is None


def test_the_secret_is_not_in_the_file(keys: KeyTable, path: Path) -> None:
    _, secret = keys.create("booking", ["read"], 10)
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert secret.encode() not in written
    assert secret.rpartition("_")[2].encode() not in written
    assert "booking" in "\n".join(sqlite3.connect(path).iterdump())


def test_an_expired_key_is_not_found_from_that_moment_on(keys: KeyTable) -> None:
    row, secret = keys.create("guest", ["read"], 10, expires_us=20)
    assert keys.find(secret, 19) == row
    assert keys.find(secret, 20) is None


def test_a_revoked_key_is_not_found_and_keeps_the_first_time(keys: KeyTable) -> None:
    row, secret = keys.create("guest", ["read"], 10)
    assert keys.revoke(row.key_id, 15).revoked_us == 15
    assert keys.revoke(row.key_id, 99).revoked_us == 15
    assert keys.find(secret, 16) is None


@pytest.mark.parametrize("scope", SCOPES)
def test_admin_covers_every_scope_and_no_other_does(keys: KeyTable, scope: str) -> None:
    row, _ = keys.create("someone", [scope], 10)
    assert [row.allows(s) for s in SCOPES] == [s == scope or scope == "admin" for s in SCOPES]


def test_a_use_is_not_noted_while_somebody_else_writes_and_is_later(keys: KeyTable, path: Path) -> None:
    row, secret = keys.create("someone", ["read"], 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        keys.used(row, MINUTE_US)
        assert keys.find(secret, MINUTE_US) == row
        other.execute("ROLLBACK")
    keys.used(row, MINUTE_US)
    found = keys.find(secret, MINUTE_US)
    assert found
    assert found.last_used_us == MINUTE_US


def test_use_is_noted_once_a_minute(keys: KeyTable) -> None:
    _, secret = keys.create("someone", ["read"], 0)

    def noted(at_us: int) -> int | None:
        known = keys.find(secret, at_us)
        assert known
        keys.used(known, at_us)
        found = keys.find(secret, at_us)
        assert found
        return found.last_used_us

    start_us = 10 * MINUTE_US
    assert [noted(start_us), noted(start_us + 1), noted(start_us + MINUTE_US)] == [
        start_us,
        start_us,
        start_us + MINUTE_US,
    ]


@pytest.mark.parametrize(
    ("name", "scopes", "expires_us", "message"),
    [
        (" ", ["read"], None, "A key needs a name that says whose it is"),
        ("x", [], None, "needs scopes among ingest, read, operate, admin; given: none"),
        ("x", ["read", "write"], None, "given: write"),
        ("x", ["read"], 10, "would have expired already. Give a time in the future"),
    ],
)
def test_a_useless_key_is_refused(
    keys: KeyTable, name: str, scopes: list[str], expires_us: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        keys.create(name, scopes, 10, expires_us)
    assert keys.all() == []


def test_an_unknown_key_cannot_be_revoked(keys: KeyTable) -> None:
    with pytest.raises(InputError, match=r"No key has the id 'nope'\. `tutorpulse keys list` shows them"):
        keys.revoke("nope", 1)
