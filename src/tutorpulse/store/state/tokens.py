"""What a browser shows: sign-ins (the cookie) and one-time links. Of each secret only its digest is kept.

A secret is 256 random bits: SHA-256 of it cannot be turned round, and whoever looks one up by its digest learns nothing from how long that takes.
"""

import hashlib
import secrets
import sqlite3
from typing import Literal, TypeAlias

import msgspec

from tutorpulse.clock import MINUTE_US
from tutorpulse.store.state.connection import transaction, write_if_free

Purpose: TypeAlias = Literal["invite", "reset", "enter"]
"""What a link is for: to set a first password, another password, or to enter without one."""

_USE_STEP_US = MINUTE_US


class SignIn(msgspec.Struct, frozen=True):
    """One browser that signed in. `seen_us` is true to the minute, `expires_us` the end however much it is used."""

    signin_id: str
    user_id: str
    created_us: int
    seen_us: int
    expires_us: int


_LIST = ", ".join(SignIn.__struct_fields__)


class SignInTable:
    """Begins, finds and ends sign-ins."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, user_id: str, now_us: int, expires_us: int) -> tuple[SignIn, str]:
        """A new sign-in and its secret. Those that have expired are forgotten."""
        row = SignIn(secrets.token_hex(6), user_id, now_us, now_us, expires_us)
        secret = secrets.token_urlsafe(32)
        with transaction(self._connection):
            self._connection.execute("DELETE FROM signins WHERE expires_us <= ?", (now_us,))
            self._connection.execute(
                f"INSERT INTO signins (digest, {_LIST}) VALUES (?, ?, ?, ?, ?, ?)",
                (digest(secret), *msgspec.structs.astuple(row)),
            )
        return row, secret

    def find(self, secret: str, now_us: int, idle_us: int) -> SignIn | None:
        """The sign-in of a secret, if it has neither expired nor been idle for `idle_us`."""
        found = self._connection.execute(
            f"SELECT {_LIST} FROM signins WHERE digest = ? AND expires_us > ? AND seen_us > ?",
            (digest(secret), now_us, now_us - idle_us),
        ).fetchone()
        return SignIn(*found) if found else None

    def used(self, row: SignIn, now_us: int) -> None:
        """Note a use; at most one a minute is written, and none while somebody else writes: no request waits for that."""
        if now_us - row.seen_us >= _USE_STEP_US:
            write_if_free(
                self._connection,
                "UPDATE signins SET seen_us = ? WHERE signin_id = ? AND seen_us <= ?",
                (now_us, row.signin_id, now_us - _USE_STEP_US),
            )

    def end(self, signin_id: str) -> None:
        """End one."""
        self._delete("signin_id = ?", signin_id)

    def end_all(self, user_id: str) -> int:
        """End all of a user's, and say how many there were."""
        return self._delete("user_id = ?", user_id)

    def counts(self, now_us: int) -> dict[str, int]:
        """How many each user has that have not expired, by user id."""
        return dict(
            self._connection.execute(
                "SELECT user_id, COUNT(*) FROM signins WHERE expires_us > ? GROUP BY user_id", (now_us,)
            ).fetchall()
        )

    def _delete(self, where: str, value: str) -> int:
        with transaction(self._connection):
            return self._connection.execute(f"DELETE FROM signins WHERE {where}", (value,)).rowcount


class Link(msgspec.Struct, frozen=True):
    """A link that works once, until it expires."""

    user_id: str
    purpose: Purpose
    expires_us: int


class LinkTable:
    """Makes, shows and takes one-time links."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self, user_id: str, purpose: Purpose, expires_us: int) -> str:
        """The secret of a new link; an earlier one of the same user and purpose works no more."""
        secret = secrets.token_urlsafe(32)
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM user_links WHERE user_id = ? AND purpose = ?", (user_id, purpose)
            )
            self._connection.execute(
                "INSERT INTO user_links (digest, user_id, purpose, expires_us) VALUES (?, ?, ?, ?)",
                (digest(secret), user_id, purpose, expires_us),
            )
        return secret

    def find(self, secret: str, now_us: int) -> Link | None:
        """The link of a secret, if it was not used and has not expired."""
        found = self._connection.execute(
            "SELECT user_id, purpose, expires_us FROM user_links WHERE digest = ? AND expires_us > ?",
            (digest(secret), now_us),
        ).fetchone()
        return Link(*found) if found else None

    def take(self, secret: str, now_us: int) -> Link | None:
        """As `find`, and it works no more; of two who take it at once one gets it."""
        with transaction(self._connection):
            found = self.find(secret, now_us)
            self._connection.execute("DELETE FROM user_links WHERE digest = ?", (digest(secret),))
            return found

    def drop(self, user_id: str) -> None:
        """Make all links of a user useless."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM user_links WHERE user_id = ?", (user_id,))


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
