"""Whom operators set apart: asked by whatever alerts, lists who needs someone, or judges predictions."""

from collections.abc import Iterable

from tutorpulse.features.frame import EntityType
from tutorpulse.store.state import State


def set_apart(
    state: State, kind: EntityType, now_us: int, entity_ids: Iterable[str] | None = None
) -> dict[str, str]:
    """Whom operators set apart, with the state of each by id: to be left out of alerts, of lists of who needs someone and of
    the track record. None: of everybody of the kind.
    """
    return {row.entity_id: row.state for row in state.entity_states.holding(now_us, kind, entity_ids)}
