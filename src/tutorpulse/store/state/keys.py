"""The keys of the API: who may do what, until when. Of a secret only its digest is kept.

A secret is `tp_`, the key's id, `_`, and 256 random bits in hexadecimal. So much chance needs no slow hash: SHA-256 of it
cannot be turned round, and a look-up costs microseconds.
"""

import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Iterable
from typing import Literal

import msgspec

from tutorpulse.clock import MINUTE_US
from tutorpulse.errors import InputError
from tutorpulse.store.state.connection import transaction, write_if_free

SCOPES = ("ingest", "read", "operate", "admin")
"""What a key can allow: send events; read; mark, replay and refresh; all of that, and keys themselves."""

_SECRET = re.compile(r"tp_([0-9a-f]{12})_[0-9a-f]{64}", re.ASCII)
_USE_STEP_US = MINUTE_US


class KeyRow(msgspec.Struct, frozen=True):
    """One key. `scopes` are in the order of `SCOPES`; `expires_us` None: never; `revoked_us` None: not revoked.

    `last_used_us` is true to the minute, None before the first use.
    """

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created_us: int
    expires_us: int | None
    revoked_us: int | None
    last_used_us: int | None

    def allows(self, scope: str) -> bool:
        """Whether it covers a scope; `admin` covers every one."""
        return scope in self.scopes or "admin" in self.scopes

    def holds(self, now_us: int) -> bool:
        """Whether it is neither revoked nor expired at that time."""
        return self.revoked_us is None and (self.expires_us is None or now_us < self.expires_us)

    def standing(self, now_us: int) -> Literal["valid", "expired", "revoked"]:
        """How it stands at that time, in a word."""
        if self.revoked_us is not None:
            return "revoked"
        return "valid" if self.holds(now_us) else "expired"


_LIST = ", ".join(KeyRow.__struct_fields__)


class KeyTable:
    """Makes, finds and revokes keys."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(
        self, name: str, scopes: Iterable[str], created_us: int, expires_us: int | None = None
    ) -> tuple[KeyRow, str]:
        """A new key, and its secret, which nothing can show again.

        Raises:
            InputError: the name is empty, no or an unknown scope is given, or it would have expired already.
        """
        key_id = secrets.token_hex(6)
        row = KeyRow(key_id, _name(name), _scopes(scopes), created_us, expires_us, None, None)
        if not row.holds(created_us):
            raise InputError("The key would have expired already. Give a time in the future.")
        secret = f"tp_{key_id}_{secrets.token_hex(32)}"
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO keys (key_id, name, scopes, created_us, expires_us, digest) VALUES (?, ?, ?, ?, ?, ?)",
                (key_id, row.name, " ".join(row.scopes), created_us, expires_us, _digest(secret)),
            )
        return row, secret

    def find(self, secret: str, now_us: int) -> KeyRow | None:
        """The key of a secret, if it holds at that time; the comparison takes as long for a near miss as for a far one."""
        named = _SECRET.fullmatch(secret)
        if named is None:
            return None
        found = self._connection.execute(
            f"SELECT digest, {_LIST} FROM keys WHERE key_id = ?", (named[1],)
        ).fetchone()
        if found is None or not hmac.compare_digest(found[0], _digest(secret)):
            return None
        row = _row(*found[1:])
        return row if row.holds(now_us) else None

    def used(self, row: KeyRow, now_us: int) -> None:
        """Note a use; at most one a minute is written, and none while somebody else writes: no request waits for that."""
        if now_us - (row.last_used_us or 0) >= _USE_STEP_US:
            write_if_free(
                self._connection,
                "UPDATE keys SET last_used_us = ? WHERE key_id = ? AND COALESCE(last_used_us, 0) <= ?",
                (now_us, row.key_id, now_us - _USE_STEP_US),
            )

    def all(self) -> list[KeyRow]:
        """Every key, revoked and expired ones too, oldest first."""
        found = self._connection.execute(f"SELECT {_LIST} FROM keys ORDER BY created_us, key_id")
        return [_row(*line) for line in found]

    def revoke(self, key_id: str, revoked_us: int) -> KeyRow:
        """Make a key useless for good, and return it; revoking it again changes nothing.

        Raises:
            InputError: no key has that id.
        """
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE keys SET revoked_us = COALESCE(revoked_us, ?) WHERE key_id = ?", (revoked_us, key_id)
            )
        found = self._connection.execute(f"SELECT {_LIST} FROM keys WHERE key_id = ?", (key_id,)).fetchone()
        if found is None:
            raise InputError(f"No key has the id {key_id!r}. `tutorpulse keys list` shows them.")
        return _row(*found)


def _row(
    key_id: str,
    name: str,
    scopes: str,
    created_us: int,
    expires_us: int | None,
    revoked_us: int | None,
    last_used_us: int | None,
) -> KeyRow:
    return KeyRow(key_id, name, tuple(scopes.split()), created_us, expires_us, revoked_us, last_used_us)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _name(name: str) -> str:
    if not name.strip():
        raise InputError("A key needs a name that says whose it is. Give one, such as 'booking service'.")
    return name.strip()


def _scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    asked = set(scopes)
    if not asked or asked - set(SCOPES):
        unknown = ", ".join(sorted(asked - set(SCOPES))) or "none"
        raise InputError(f"A key needs scopes among {', '.join(SCOPES)}; given: {unknown}.")
    return tuple(scope for scope in SCOPES if scope in asked)
