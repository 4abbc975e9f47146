"""Shapes of what is answered about the audit log and erasures."""

import msgspec


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what, when, and to whom or what. `actor_kind` is user, key or shell; the target's id is empty where there is none, or it was erased."""

    number: int
    at: str
    actor_kind: str
    actor: str
    actor_id: str
    action: str
    target_kind: str
    target_id: str
    outcome: str


class AuditList(msgspec.Struct, frozen=True):
    """A page of the audit log, the newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class ErasedEntity(msgspec.Struct, frozen=True):
    """How much an erasure removed: events, rejects, and rows of predictions, insights and recommendations."""

    events: int
    rejects: int
    state_rows: int
