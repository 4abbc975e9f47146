"""What operators set by hand: asked by whatever alerts, lists who needs someone, shows somebody, or judges predictions."""

from collections.abc import Iterable
from dataclasses import dataclass

from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import ShownOverride, ShownState
from tutorpulse.service.worklist.shown import shown_override, shown_state
from tutorpulse.store.state import State


def set_apart(
    state: State, kind: EntityType, now_us: int, entity_ids: Iterable[str] | None = None
) -> dict[str, str]:
    """Whom operators set apart, with the state of each by id: to be left out of alerts, of lists of who needs someone and of
    the track record. None: of everybody of the kind.
    """
    return {row.entity_id: row.state for row in state.entity_states.holding(now_us, kind, entity_ids)}


@dataclass(frozen=True)
class ByHand:
    """What operators say of one entity, marked wherever it is shown: the segment that one set, the state that one knows of."""

    override: ShownOverride | None = None
    apart: ShownState | None = None


def by_hand(
    state: State, kind: EntityType, now_us: int, entity_ids: Iterable[str] | None = None
) -> dict[str, ByHand]:
    """What operators say now, by entity; whoever they say nothing of is left out. None: of everybody of the kind."""
    ids = None if entity_ids is None else list(entity_ids)
    overrides = {
        row.entity_id: shown_override(row, now_us) for row in state.overrides.in_force(now_us, kind, ids)
    }
    apart = {
        row.entity_id: shown_state(row, now_us) for row in state.entity_states.holding(now_us, kind, ids)
    }
    return {who: ByHand(overrides.get(who), apart.get(who)) for who in overrides.keys() | apart.keys()}


def override_of(pulse: Pulse, kind: EntityType, entity_id: str) -> ShownOverride | None:
    """The segment that is set by hand now, if one is."""
    now_us = moment_us(pulse)
    rows = pulse.state.overrides.in_force(now_us, kind, [entity_id])
    return shown_override(rows[0], now_us) if rows else None


def apart_of(pulse: Pulse, kind: EntityType, entity_id: str) -> ShownState | None:
    """The state that an operator set and that holds now, if one does."""
    now_us = moment_us(pulse)
    rows = pulse.state.entity_states.holding(now_us, kind, [entity_id])
    return shown_state(rows[0], now_us) if rows else None
