"""How the numbers in columns of events are spelt: words, ids, and the tag that makes event ids a world's own.

What a column holds: text is a number into a table of words (-1: missing), ids are numbers (-1: missing), times are
microseconds (-1: missing), numbers are floats or whole (NaN: missing), flags are booleans, or 0, 1 and -1 (missing). A
column of objects holds ids as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from tutorpulse.simulate.parameters import Parameters, as_toml
from tutorpulse.simulate.population import CHANNELS, GRADES, METHODS, REGIONS
from tutorpulse.simulate.state import World

ACTIONS = ("wellness_check_in", "reduce_hours", "call", "assign_tutor")
SIDES = ("tutor", "student", "platform")
KINDS = ("tutor", "student")

ID_FORMATS = {
    "tutor_id": "tutor_%05d",
    "student_id": "student_%06d",
    "session_id": "session_%07d",
    "request_id": "request_%07d",
    "call_id": "call_%06d",
}
"""Ids by field; numbers begin with 1 there, with 0 here."""

EVENT_DIGITS = 8
"""Digits of an event's number at least."""

_WORDS: dict[str, tuple[str, ...]] = {
    "grade_level": GRADES,
    "region": REGIONS,
    "acquisition_channel": CHANNELS,
    "method": METHODS,
    "cancelled_by": SIDES,
    "rescheduled_by": SIDES,
    "no_show_by": SIDES,
    "session_type": ("recurring", "single", "first"),
    "goal": ("exam passed", "grade reached", "course finished"),
    "category": ("scheduling", "billing", "technical", "quality"),
    "entity_type": KINDS,
    "recommendation": ACTIONS,
}
_REASONS: dict[str, tuple[str, ...]] = {
    "tutor_departed": ("workload", "other job", "too few lessons", "personal"),
    "student_departed": ("no longer needed", "cost", "not satisfied", "other offer"),
    "ib_call_logged": ("scheduling", "billing", "complaint", "progress"),
}


@dataclass(frozen=True)
class Names:
    """The spelling of one world."""

    parameters: Parameters
    tag: str

    def words(self, event_type: str, field: str) -> Sequence[str]:
        """The table of words of a text field."""
        own: dict[str, Sequence[str]] = {
            "subject": self.parameters.market.subjects,
            "tier": self.parameters.market.tiers,
            "timezone": self.parameters.calendar.zones,
            "reason": _REASONS.get(event_type, ()),
        }
        return own.get(field) or _WORDS[field]

    def subjects(self, mask: int) -> list[str]:
        """The subjects whose bits are set."""
        return [word for bit, word in enumerate(self.parameters.market.subjects) if mask >> bit & 1]

    def event_id(self, number: int) -> str:
        """The id of the event of that number, in order of making."""
        return f"{self.tag}-{number:0{EVENT_DIGITS}d}"


def names_of(world: World) -> Names:
    """The spelling of a world; one of another seed, size, day or parameters has other event ids."""
    text = f"{world.seed} {world.day} {len(world.tutors)} {len(world.students)} {as_toml(world.parameters)}"
    return Names(world.parameters, "sim" + blake2b(text.encode(), digest_size=4).hexdigest())


def entity_id(kind: str, number: int) -> str:
    """The id of a tutor or student by its number (from 0)."""
    return ID_FORMATS[f"{kind}_id"] % (number + 1)
