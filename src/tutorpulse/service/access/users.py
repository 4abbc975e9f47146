"""What happens to users: invited, signed in, given another password, shut out."""

from dataclasses import dataclass

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.errors import InputError, SignInError
from tutorpulse.service.access import passwords
from tutorpulse.settings import Settings
from tutorpulse.store.state import State
from tutorpulse.store.state.tokens import Link, SignIn
from tutorpulse.store.state.users import UserRow

INVITATION_US = 7 * DAY_US
RESET_US = DAY_US
_REFUSED = "The name or the password is wrong, or the user is shut out. Try again, or ask an administrator."
_USED = "This link was used, has expired, or was replaced by a newer one. Ask an administrator for another."


@dataclass(frozen=True)
class Lasting:
    """How long a sign-in lasts: unused, and at most."""

    idle_us: int
    most_us: int


def lasting(settings: Settings) -> Lasting:
    """As the settings say."""
    return Lasting(int(settings.signin_idle_hours * HOUR_US), int(settings.signin_days * DAY_US))


def create(state: State, name: str, role: str, password: str, now_us: int) -> UserRow:
    """A new user with a password.

    Raises:
        InputError: the name is taken or is none, there is no such role, or the password is too short or long.
    """
    return state.users.create(name, role, now_us, passwords.hashed(password))


def invite(state: State, name: str, role: str, now_us: int) -> tuple[UserRow, str]:
    """A new user without a password, and the secret of the link to set one, good for 7 days.

    Raises:
        InputError: the name is taken or is none, or there is no such role.
    """
    with state.transaction():
        user = state.users.create(name, role, now_us)
        return user, state.links.create(user.user_id, "invite", now_us + INVITATION_US)


def reset(state: State, user_id: str, now_us: int) -> tuple[UserRow, str]:
    """The secret of a link to set another password, good for a day (for who never set one: another invitation).

    Until it is used the old password stays good.

    Raises:
        InputError: there is no such user, or they are shut out.
    """
    user = state.users.get(user_id)
    if user.disabled_us is not None:
        raise InputError(f"{user.name} is shut out. Let them in first with `tutorpulse users enable`.")
    if user.standing == "invited":
        return user, state.links.create(user_id, "invite", now_us + INVITATION_US)
    return user, state.links.create(user_id, "reset", now_us + RESET_US)


def looked_at(state: State, secret: str, now_us: int) -> tuple[Link, UserRow]:
    """A link that works, and whose it is; looking does not use it up.

    Raises:
        SignInError: it works no more.
    """
    link = state.links.find(secret, now_us)
    user = state.users.find(link.user_id) if link else None
    if link is None or user is None or user.disabled_us is not None:
        raise SignInError(_USED)
    return link, user


def set_password(state: State, secret: str, password: str, now_us: int) -> UserRow:
    """Take a link and set its user's password; whoever was signed in as that user is so no more.

    Raises:
        SignInError: the link works no more. InputError: the password is too short or long; the link stays good.
    """
    looked_at(state, secret, now_us)
    password_hash = passwords.hashed(password)
    with state.transaction():
        link, user = looked_at(state, secret, now_us)
        if link.purpose == "enter":
            raise SignInError(_USED)
        state.links.drop(user.user_id)
        state.signins.end_all(user.user_id)
        return state.users.set_password(user.user_id, password_hash)


def enter(state: State, secret: str, now_us: int) -> UserRow:
    """Take a link that lets its user in without a password.

    Raises:
        SignInError: it works no more, or is for something else.
    """
    with state.transaction():
        link, user = looked_at(state, secret, now_us)
        if link.purpose != "enter":
            raise SignInError(_USED)
        state.links.take(secret, now_us)
        return user


def check(state: State, name: str, password: str) -> UserRow:
    """The user of a name and a password.

    Raises:
        SignInError: they do not belong together, or the user is shut out: which of these is not told, nor by how long it takes.
    """
    user = state.users.named(name)
    fits = passwords.fits(None if user is None else user.password_hash, password)
    if user is None or not fits or user.disabled_us is not None:
        raise SignInError(_REFUSED)
    if user.password_hash and passwords.outdated(user.password_hash):
        state.users.set_password(user.user_id, passwords.hashed(password))
    return user


def begin(state: State, user: UserRow, now_us: int, lasts: Lasting) -> tuple[SignIn, str]:
    """Sign a user in: the sign-in, and the secret that their browser keeps."""
    with state.transaction():
        state.users.seen(user.user_id, now_us)
        return state.signins.begin(user.user_id, now_us, now_us + lasts.most_us)


def shut_out(state: State, user_id: str, now_us: int) -> UserRow:
    """Disable a user: signed out everywhere, and no link works.

    Raises:
        InputError: there is no such user, or they are the last administrator.
    """
    with state.transaction():
        user = state.users.disable(user_id, now_us)
        state.links.drop(user_id)
        state.signins.end_all(user_id)
    return user
