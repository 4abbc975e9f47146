"""Who asks: a key, or somebody who signed in. Both allow scopes."""

from dataclasses import dataclass
from typing import Literal, Self

from tutorpulse.service.access.users import Lasting
from tutorpulse.store.state import KeyRow, State
from tutorpulse.store.state.audit import Actor
from tutorpulse.store.state.users import Role, UserRow


@dataclass(frozen=True)
class Caller:
    """Whoever was let in. `role` and `signin_id` are a user's; None and empty for a key."""

    kind: Literal["key", "user"]
    caller_id: str
    name: str
    scopes: tuple[str, ...]
    role: Role | None = None
    signin_id: str = ""

    @classmethod
    def of_key(cls, row: KeyRow) -> Self:
        """Whoever has this key."""
        return cls("key", row.key_id, row.name, row.scopes)

    @classmethod
    def of_user(cls, row: UserRow, signin_id: str) -> Self:
        """Whoever signed in as this user."""
        return cls("user", row.user_id, row.name, row.scopes, row.role, signin_id)

    @property
    def actor(self) -> Actor:
        """As the audit log names them."""
        return Actor(self.kind, self.name, self.caller_id)

    def allows(self, scope: str) -> bool:
        """Whether they may do what needs a scope; `admin` covers every one."""
        return scope in self.scopes or "admin" in self.scopes


def by_key(state: State, secret: str, now_us: int) -> Caller | None:
    """Who has the key of a secret, if it holds; the use is noted."""
    row = state.keys.find(secret, now_us)
    if row is None:
        return None
    state.keys.used(row, now_us)
    return Caller.of_key(row)


def by_sign_in(state: State, secret: str, now_us: int, lasts: Lasting) -> Caller | None:
    """Who signed in with the secret that a browser shows, if that still lasts and they are not shut out; the use is noted."""
    signin = state.signins.find(secret, now_us, lasts.idle_us)
    user = state.users.find(signin.user_id) if signin else None
    if signin is None or user is None or user.disabled_us is not None:
        return None
    state.signins.used(signin, now_us)
    return Caller.of_user(user, signin.signin_id)
