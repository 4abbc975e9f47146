"""How what waits for a receiver becomes messages: one each while they are few, one digest where they are many.

In any window of `window_us` a receiver is sent `messages_max` messages at most, the last of them a digest; after a digest the next
message comes when the window is over. Nothing that waits is ever left out of a message for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

T = TypeVar("T")
Form: TypeAlias = Literal["single", "digest", "batch"]


@dataclass(frozen=True)
class Limits:
    """See the settings `alert_messages_max`, `alert_storm_minutes` and `alert_gather_seconds`."""

    messages_max: int
    window_us: int
    gather_us: int


@dataclass(frozen=True)
class Made:
    """A message that was made."""

    made_us: int
    form: str


def bundles(
    waiting: Sequence[T], oldest_us: int, made: Sequence[Made], limits: Limits, now_us: int
) -> list[tuple[Form, list[T]]]:
    """What of `waiting`, in order, goes into which messages now; the rest waits on.

    `oldest_us` is since when the first of it waits, `made` the receiver's earlier messages.
    """
    recent = [message for message in made if message.made_us > now_us - limits.window_us]
    if not waiting or any(message.form == "digest" for message in recent):
        return []
    room = limits.messages_max - len(recent)
    if len(waiting) < room:
        return [("single", [item]) for item in waiting]
    if room < 1 or now_us - oldest_us < limits.gather_us:
        return []
    return [("digest" if len(waiting) > 1 else "single", list(waiting))]


def batches(waiting: Sequence[T], size: int) -> list[tuple[Form, list[T]]]:
    """For machines: all of it at once, `size` in a message at most."""
    return [("batch", list(waiting[start : start + size])) for start in range(0, len(waiting), size)]
