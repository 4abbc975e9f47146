"""The users of the dashboard: who they are, what they may do, and how they prove it.

A user has a password (its Argon2 hash is kept), or comes from an OpenID provider (`issuer` and `subject` say who), or neither as
long as an invitation is out. Names are compared without regard to case.
"""

import re
import secrets
import sqlite3
from typing import Literal, TypeAlias, get_args

import msgspec

from tutorpulse.errors import InputError
from tutorpulse.store.state.connection import transaction

Role: TypeAlias = Literal["viewer", "operator", "admin"]

ROLES: dict[Role, tuple[str, ...]] = {
    "viewer": ("read",),
    "operator": ("read", "operate"),
    "admin": ("admin",),
}
"""What each role allows, as the scopes of keys."""

NAME_CHARACTERS_MAX = 64
_NAME = re.compile(
    rf"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{{0,{NAME_CHARACTERS_MAX - 2}}}[^\s\x00-\x1f\x7f])?"
)


class UserRow(msgspec.Struct, frozen=True):
    """One user. `disabled_us` None: may sign in; `seen_us` is the last sign-in, None before the first."""

    user_id: str
    name: str
    role: Role
    password_hash: str | None
    issuer: str | None
    subject: str | None
    created_us: int
    disabled_us: int | None
    seen_us: int | None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the role allows."""
        return ROLES[self.role]

    @property
    def standing(self) -> Literal["active", "invited", "disabled"]:
        """Whether they may sign in; `invited` is who has no way to do so yet."""
        if self.disabled_us is not None:
            return "disabled"
        return "active" if self.password_hash or self.subject else "invited"


_LIST = ", ".join(UserRow.__struct_fields__)


class UserTable:
    """Makes, finds and changes users."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def create(self, name: str, role: str, created_us: int, password_hash: str | None = None) -> UserRow:
        """A new user of this home.

        Raises:
            InputError: the name is taken or is none, or there is no such role.
        """
        return self._add(
            UserRow(
                _new_id(),
                checked_name(name),
                checked_role(role),
                password_hash,
                None,
                None,
                created_us,
                None,
                None,
            )
        )

    def of_provider(self, issuer: str, subject: str, name: str, role: Role, now_us: int) -> UserRow:
        """Whom a provider vouches for: made at their first sign-in, and their role set to what it says now.

        A name that somebody else has gets the subject behind it.
        """
        with transaction(self._connection):
            found = self._one("issuer = ? AND subject = ?", issuer, subject)
            if found is None:
                plain = _fitted(name)
                free = (
                    plain
                    if self.named(plain) is None
                    else _fitted(f"{plain[:20]} {subject}"[:NAME_CHARACTERS_MAX])
                )
                return self._add(UserRow(_new_id(), free, role, None, issuer, subject, now_us, None, None))
            self._connection.execute("UPDATE users SET role = ? WHERE user_id = ?", (role, found.user_id))
        return self.get(found.user_id)

    def all(self) -> list[UserRow]:
        """Every user, disabled ones too, by name."""
        return [
            UserRow(*line) for line in self._connection.execute(f"SELECT {_LIST} FROM users ORDER BY name")
        ]

    def find(self, user_id: str) -> UserRow | None:
        """The user of an id."""
        return self._one("user_id = ?", user_id)

    def get(self, user_id: str) -> UserRow:
        """As `find`.

        Raises:
            InputError: there is none.
        """
        return _there(self.find(user_id), user_id)

    def named(self, name: str) -> UserRow | None:
        """The user of a name."""
        return self._one("name = ?", name.strip())

    def get_named(self, name: str) -> UserRow:
        """As `named`.

        Raises:
            InputError: there is none.
        """
        return _there(self.named(name), name)

    def set_role(self, user_id: str, role: str) -> UserRow:
        """Change what a user may do.

        Raises:
            InputError: there is no such user or role, or they are the last administrator.
        """
        with transaction(self._connection):
            if checked_role(role) != "admin":
                self._keep_an_admin(user_id)
            self._connection.execute("UPDATE users SET role = ? WHERE user_id = ?", (role, user_id))
            return self.get(user_id)

    def set_password(self, user_id: str, password_hash: str) -> UserRow:
        """Set a password's hash; whoever came by a provider may then come either way.

        Raises:
            InputError: there is no such user.
        """
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE users SET password_hash = ? WHERE user_id = ?", (password_hash, user_id)
            )
        return self.get(user_id)

    def disable(self, user_id: str, disabled_us: int | None) -> UserRow:
        """Shut a user out as of a time; None: let them in again.

        Raises:
            InputError: there is no such user, or they are the last administrator.
        """
        with transaction(self._connection):
            if disabled_us is not None:
                self._keep_an_admin(user_id)
            self._connection.execute(
                "UPDATE users SET disabled_us = ? WHERE user_id = ?", (disabled_us, user_id)
            )
            return self.get(user_id)

    def seen(self, user_id: str, now_us: int) -> None:
        """Note a sign-in."""
        with transaction(self._connection):
            self._connection.execute("UPDATE users SET seen_us = ? WHERE user_id = ?", (now_us, user_id))

    def _add(self, row: UserRow) -> UserRow:
        with transaction(self._connection):
            if self.named(row.name) is not None:
                raise InputError(f"There is a user {row.name!r} already. Give another name.")
            self._connection.execute(
                f"INSERT INTO users ({_LIST}) VALUES ({', '.join('?' * len(UserRow.__struct_fields__))})",
                msgspec.structs.astuple(row),
            )
        return row

    def _keep_an_admin(self, user_id: str) -> None:
        admins = [u.user_id for u in self.all() if u.role == "admin" and u.standing == "active"]
        if admins == [user_id]:
            raise InputError("This is the last administrator who can sign in. Make another one first.")

    def _one(self, where: str, *params: str) -> UserRow | None:
        found = self._connection.execute(f"SELECT {_LIST} FROM users WHERE {where}", params).fetchone()
        return UserRow(*found) if found else None


def checked_name(name: str) -> str:
    """A name as it is kept.

    Raises:
        InputError: it is empty, too long or holds control characters.
    """
    stripped = name.strip()
    if not _NAME.fullmatch(stripped):
        raise InputError(
            f"{name!r} is no name of a user. Give 1 to {NAME_CHARACTERS_MAX} characters without line breaks."
        )
    return stripped


def checked_role(role: str) -> Role:
    """A role.

    Raises:
        InputError: it is none.
    """
    for known in get_args(Role):
        if role == known:
            found: Role = known
            return found
    raise InputError(f"{role!r} is no role. Give one of: {', '.join(ROLES)}.")


def _there(row: UserRow | None, asked: str) -> UserRow:
    if row is None:
        raise InputError(f"There is no user {asked!r}. `tutorpulse users list` shows them.")
    return row


def _fitted(name: str) -> str:
    kept = re.sub(r"[\x00-\x1f\x7f]", " ", name).strip()[:NAME_CHARACTERS_MAX].strip()
    return kept or "unnamed"


def _new_id() -> str:
    return secrets.token_hex(6)
