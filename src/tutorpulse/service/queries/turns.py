"""Which model served when."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tutorpulse.store.state import State
from tutorpulse.store.state.models import SERVING, ModelEvent

STARTER = "starter"


class Turn(msgspec.Struct, frozen=True):
    """A model (`starter`: no own one) that served from one moment to another, and how it came to.

    `from_us` None: from the beginning; `until_us` None: it serves now. What did not serve (refused, or in shadow) has a moment only: both are it.
    """

    version: str
    from_us: int | None
    until_us: int | None
    action: str
    actor: str
    reason: str
    served: bool = True


def turns(state: State) -> list[Turn]:
    """Every turn on record, the newest first, then the starter, with which every home begins."""
    told = state.models.all()
    serving = [event for event in told if event.action in SERVING]
    ends = {event.number: later.at_us for later, event in pairwise(serving)}
    first = Turn(STARTER, None, serving[-1].at_us if serving else None, "the beginning", "", "")
    return [*(_turn(event, ends) for event in told), *_first(serving, first)]


def _first(serving: Sequence[ModelEvent], first: Turn) -> list[Turn]:
    """The starter came first, unless something is on record from before it all."""
    return [first] if not serving or serving[-1].previous is None else []


def _turn(event: ModelEvent, ends: dict[int, int]) -> Turn:
    until_us = event.at_us if event.action not in SERVING else ends.get(event.number)
    version, served = event.version or STARTER, event.action in SERVING
    return Turn(version, event.at_us, until_us, event.action, event.actor, event.reason, served)
