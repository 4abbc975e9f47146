"""Paused, on leave, goal reached: states that operators set, kept apart from churn.

The log is told too, in events that the contract has (`tutor_paused`, `student_goal_reached`): so status, labels, training and the
track record know of them by the one rule there is. The row here says who set it, and holds at once.
"""

import secrets

from tutorpulse.clock import format_time, parse_time
from tutorpulse.decisions.tasks import check_state
from tutorpulse.errors import InputError
from tutorpulse.features.frame import EntityType
from tutorpulse.service.page import find
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.moment import moment_us
from tutorpulse.service.worklist.shapes import ShownState, StateList, StateRequest
from tutorpulse.service.worklist.shown import shown_state
from tutorpulse.service.worklist.telling import tell_log
from tutorpulse.store.state.actions import ActionRow
from tutorpulse.store.state.entity_states import EntityStateRow


def set_state(pulse: Pulse, wanted: StateRequest, by: str) -> ShownState:
    """Put somebody into a state, in place of an earlier one, and tell the log.

    Raises:
        UnknownEntityError: there is no such entity. InputError: its kind has no such state, or the end is past.
    """
    now_us = moment_us(pulse)
    find(pulse, wanted.entity_id, wanted.entity_type)
    check_state(wanted.entity_type, wanted.state)
    until_us = None if wanted.until is None else parse_time(wanted.until)
    if until_us is not None and until_us <= now_us:
        raise InputError(f"{wanted.until} is past. Give a time to come, or none.")
    row = EntityStateRow(
        secrets.token_hex(8),
        wanted.entity_type,
        wanted.entity_id,
        wanted.state,
        by,
        wanted.note,
        now_us,
        until_us,
    )
    _tell_begun(pulse, row)
    with pulse.state.transaction():
        pulse.state.entity_states.set(row)
        pulse.state.actions.add(_deed(row, "state set", by, now_us, wanted.note))
    return shown_state(row, now_us)


def end_state(pulse: Pulse, state_id: str, by: str) -> ShownState:
    """End a state; one that is over stays as it is. A pause ends in the log too; a goal that was reached stays reached there.

    Raises:
        UnknownEntityError: there is none of that id.
    """
    now_us = moment_us(pulse)
    row = pulse.state.entity_states.get(state_id)
    if not row.holds(now_us):
        return shown_state(row, now_us)
    if row.state != "goal_reached":
        tell_log(
            pulse.store,
            f"{row.entity_type}_resumed",
            f"state-{state_id}-ended",
            now_us,
            **{f"{row.entity_type}_id": row.entity_id},
        )
    with pulse.state.transaction():
        ended = pulse.state.entity_states.end(state_id, now_us, by)
        pulse.state.actions.add(_deed(row, "state ended", by, now_us))
    return shown_state(ended, now_us)


def states_held(pulse: Pulse, kind: EntityType | None = None) -> StateList:
    """The states that hold, by kind and entity."""
    now_us = moment_us(pulse)
    return StateList(
        tuple(shown_state(row, now_us) for row in pulse.state.entity_states.holding(now_us, kind))
    )


def _tell_begun(pulse: Pulse, row: EntityStateRow) -> None:
    who = {f"{row.entity_type}_id": row.entity_id}
    identifier = f"state-{row.state_id}"
    if row.state == "goal_reached":
        tell_log(pulse.store, "student_goal_reached", identifier, row.since_us, **who)
        return
    until = None if row.until_us is None else format_time(row.until_us)
    tell_log(pulse.store, f"{row.entity_type}_paused", identifier, row.since_us, until=until, **who)


def _deed(row: EntityStateRow, action: str, by: str, now_us: int, note: str | None = None) -> ActionRow:
    return ActionRow(row.entity_type, row.entity_id, now_us, by, action, row.state_id, note, row.state)
