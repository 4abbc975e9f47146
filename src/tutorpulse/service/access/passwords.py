"""Passwords, hashed with Argon2id at the parameters of RFC 9106's second choice (64 MiB)."""

import threading
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tutorpulse.errors import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 256

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 64 MiB and a core for some tens of milliseconds: a crowd at the door must not take the machine."""


def hashed(password: str) -> str:
    """The hash of a new password.

    Raises:
        InputError: it has under 12 or over 256 characters, or argon2-cffi is not installed.
    """
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise InputError(
            f"A password has {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters; this has {len(password)}."
        )
    with _AT_ONCE:
        return _hasher().hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one of a hash. None fits nothing, and takes as long to say so.

    Raises:
        InputError: argon2-cffi is not installed.
    """
    hasher = _hasher()
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _AT_ONCE:
            return hasher.verify(password_hash or _decoy(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


@cache
def _hasher() -> "PasswordHasher":
    if find_spec("argon2") is None:
        raise InputError("Passwords need argon2-cffi. Install with `pip install 'tutorpulse[serve]'`.")
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


@cache
def _decoy() -> str:
    return _hasher().hash("nobody has this password")
