"""Ids that the same parts always give, so that what is written twice is there once."""

import hashlib
from collections.abc import Iterable

from tutorpulse.clock import SECOND_US

_STABLE_BYTES = 8
_TIMED_BYTES = 7
"""Within one second a whole refresh may write some hundred thousand rows: that two of these get one id has a chance of less than one in a million."""


def stable_id(*parts: object) -> str:
    """Sixteen hexadecimal digits that the same parts always give."""
    return _digest(_STABLE_BYTES, parts)


def timed_id(at_us: int, *parts: object) -> str:
    """Twenty-two hexadecimal digits that the same parts at the same time always give: eight of the second since the epoch, and a digest of all.

    What comes about together stands together in a table ordered by such ids: of ids in no order each new row was another page to write.
    """
    return f"{at_us // SECOND_US:08x}{_digest(_TIMED_BYTES, (*parts, at_us))}"


def _digest(size: int, parts: Iterable[object]) -> str:
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
