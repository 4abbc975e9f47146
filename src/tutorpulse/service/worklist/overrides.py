"""Segments set by hand."""

import secrets

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.decisions.segments import SEGMENTS
from tutorpulse.decisions.tasks import OVERRIDE_DAYS_MAX
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import find
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import OverrideList, OverrideRequest, ShownOverride
from tutorpulse.service.worklist.shown import shown_override
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.overrides import OverrideRow


def set_override(pulse: Pulse, wanted: OverrideRequest, by: str) -> ShownOverride:
    """Set a segment by hand, in place of the entity's earlier override. The model goes on predicting; both are shown.

    Raises:
        UnknownEntityError: there is no such entity.
        InputError: its kind has no such segment, or the end is not within `OVERRIDE_DAYS_MAX`.
    """
    find(pulse, wanted.entity_id, wanted.entity_type)
    now_us, expires_us = moment_us(pulse), parse_time(wanted.expires)
    if wanted.segment not in SEGMENTS[wanted.entity_type]:
        known = ", ".join(SEGMENTS[wanted.entity_type])
        raise InputError(f"A {wanted.entity_type} has no segment {wanted.segment!r}. Give one of {known}.")
    if not now_us < expires_us <= now_us + OVERRIDE_DAYS_MAX * DAY_US:
        raise InputError(
            f"An override must end within {OVERRIDE_DAYS_MAX} days from now, not at {wanted.expires}."
        )
    row = OverrideRow(
        secrets.token_hex(8),
        wanted.entity_type,
        wanted.entity_id,
        wanted.segment,
        wanted.owner or by,
        wanted.reason,
        now_us,
        expires_us,
    )
    with pulse.state.transaction():
        pulse.state.overrides.set(row)
        pulse.state.actions.add(_deed(row, "override set", by, now_us))
    return shown_override(row, now_us)


def end_override(pulse: Pulse, override_id: str, by: str) -> ShownOverride:
    """End an override before its time; one that is over stays as it is.

    Raises:
        UnknownEntityError: there is none of that id.
    """
    now_us = moment_us(pulse)
    with pulse.state.transaction():
        row = pulse.state.overrides.end(override_id, now_us, by)
        if row.ended_us == now_us:
            pulse.state.actions.add(_deed(row, "override ended", by, now_us))
    return shown_override(row, now_us)


def overrides_in_force(pulse: Pulse, kind: EntityType | None = None) -> OverrideList:
    """Those in force, by kind and entity."""
    now_us = moment_us(pulse)
    rows = pulse.state.overrides.in_force(now_us, kind)
    return OverrideList(tuple(shown_override(row, now_us) for row in rows))


def _deed(row: OverrideRow, action: str, by: str, now_us: int) -> ActionRow:
    note = row.reason if action == "override set" else None
    return ActionRow(row.entity_type, row.entity_id, now_us, by, action, row.override_id, note, row.segment)
