"""Erases one tutor or student from the log and the state."""

from dataclasses import dataclass

from tutorpulse.errors import UnknownEntityError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import Pulse


@dataclass(frozen=True)
class ErasedEverywhere:
    """What an erasure removed."""

    events: int
    rejects: int
    state_rows: int


def erase_entity(pulse: Pulse, entity_type: EntityType, entity_id: str) -> ErasedEverywhere:
    """Remove every event, reject, prediction, insight and recommendation of an entity.

    Sessions are of two: with a tutor's, the students lose theirs, and the next refresh knows no better. An erasure that was
    interrupted is simply run again.

    Raises:
        UnknownEntityError: nothing is known of it, neither in the log nor in the state.
    """
    rows = pulse.state.erase(entity_type, entity_id)
    try:
        erased = pulse.store.erase(entity_type, entity_id)
    except UnknownEntityError:
        if not rows:
            raise
        return ErasedEverywhere(0, 0, rows)
    return ErasedEverywhere(erased.events, erased.rejects, rows)
