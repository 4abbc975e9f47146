"""Cursors: where a page ended, opaque to whoever holds it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from tutorpulse.errors import InputError

T = TypeVar("T")
_LONGEST = 1_024


def encode(position: object) -> str:
    """The cursor of a position, in letters, digits, `-` and `_`."""
    return urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str, kind: type[T]) -> T:
    """The position that `encode` made a cursor of.

    Raises:
        InputError: it is no cursor of that kind.
    """
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError):
        raise InputError(
            "The cursor is none of this list. Give `next_cursor` of the page before, unchanged, or none to begin anew."
        ) from None
