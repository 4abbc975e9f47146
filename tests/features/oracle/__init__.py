"""Every feature once more, from raw events in plain Python, written from the specification's text.

Slow and naive on purpose; shares no code with the package. An event is a dict: event_type, event_id, ts_us, received_us
and the payload's fields. None is missing.
"""

from tests.features.oracle.student import Student
from tests.features.oracle.tutor import Tutor
from tests.features.oracle.world import World

__all__ = ["World", "entities"]

KINDS: dict[str, type[Tutor] | type[Student]] = {"tutor": Tutor, "student": Student}


def entities(world: World, kind: str) -> dict[str, Tutor | Student]:
    """Every tutor or student that an event names."""
    return {entity_id: KINDS[kind](world, entity_id) for entity_id in world.ids(kind)}
