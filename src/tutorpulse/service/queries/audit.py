"""The audit log, a page at a time."""

from tutorpulse.clock import format_time
from tutorpulse.service.queries import cursors
from tutorpulse.service.queries.upkeep_shapes import AuditEntry, AuditList
from tutorpulse.store.state import State
from tutorpulse.store.state.audit import AuditRow


def listed(state: State, actor: str | None, action: str | None, cursor: str | None, limit: int) -> AuditList:
    """The newest entries first, of one actor and of one action where these are given. New entries do not shift later pages.

    Raises:
        InputError: the cursor is none of this list.
    """
    before = cursors.decode(cursor, int) if cursor else None
    rows = state.audit.newest(before, limit + 1, actor, action)
    shown = rows[:limit]
    token = cursors.encode(shown[-1].number) if len(rows) > limit else None
    return AuditList([entry_of(row) for row in shown], token)


def entry_of(row: AuditRow) -> AuditEntry:
    """As it is shown."""
    return AuditEntry(
        row.number,
        format_time(row.at_us),
        row.actor_kind,
        row.actor,
        row.actor_id,
        row.action,
        row.target_kind,
        row.target_id,
        row.outcome,
    )
