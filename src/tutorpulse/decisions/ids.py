"""Ids that the same parts always give, so that what is written twice is there once."""

import hashlib

_MILLISECOND_US = 1_000


def stable_id(*parts: object) -> str:
    """Sixteen hexadecimal digits that the same parts always give."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def timed_id(at_us: int, *parts: object) -> str:
    """Twenty-eight hexadecimal digits that the same parts at the same time always give: milliseconds since the epoch, then `stable_id`.

    What comes about together stands together in a table ordered by such ids: of ids in no order each new row was another page to write.
    """
    return f"{at_us // _MILLISECOND_US:012x}{stable_id(*parts, at_us)}"
