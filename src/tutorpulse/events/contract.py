"""The registry of event types, derived from `types`: name, payload, table and columns of each.

The store's tables, the codec, the import mappings and the reference page are all made from `EVENT_TYPES`.
"""

import types as pytypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from tutorpulse.events import types
from tutorpulse.events.fields import Kind
from tutorpulse.events.types import Payload


@dataclass(frozen=True)
class Field:
    """One field of a payload: its name, what its column holds, whether it must be there, its bounds if any.

    `words` are the names that stand for numbers in this field (theirs to the number).
    """

    name: str
    kind: Kind
    required: bool
    minimum: float | None
    maximum: float | None
    words: Mapping[str, float] | None = None


@dataclass(frozen=True)
class EventType:
    """One type of event.

    `table` is the log table that holds it, `aliases` other spellings of its fields (theirs to ours), `one_of` the
    fields of which at least one is required.
    """

    name: str
    payload: type[Payload]
    table: str
    fields: tuple[Field, ...]
    aliases: Mapping[str, str]
    one_of: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What happened, from the payload's docstring."""
        return (self.payload.__doc__ or "").strip()


_TABLES: dict[str, tuple[type[Payload], ...]] = {
    "session_events": (
        types.SessionBooked,
        types.SessionStarted,
        types.SessionCompleted,
        types.SessionCancelled,
        types.SessionRescheduled,
        types.ReviewSubmitted,
    ),
    "request_events": (types.BookingRequested, types.BookingResponded),
    "payment_events": (types.PaymentProcessed, types.RefundIssued, types.PaymentDisputed),
    "tutor_events": (
        types.TutorRegistered,
        types.TutorProfileUpdated,
        types.TutorAvailabilityUpdated,
        types.TutorDeparted,
        types.TutorPaused,
        types.TutorResumed,
    ),
    "student_events": (
        types.StudentRegistered,
        types.StudentDeparted,
        types.StudentPaused,
        types.StudentResumed,
        types.StudentGoalReached,
    ),
    "contact_events": (
        types.IbCallLogged,
        types.SupportTicketOpened,
        types.MessageResponded,
        types.LearningActivity,
        types.GradeReported,
    ),
    "other_events": (types.CustomerHealthUpdate, types.SupplyDemandUpdate, types.ActionTaken),
}

_ALIASES: dict[type[Payload], dict[str, str]] = {
    types.TutorAvailabilityUpdated: {"accepts_instant_book": "instant_book_enabled"},
    types.SessionCompleted: {"actual_duration_minutes": "duration_minutes", "student_rating": "rating"},
}


def _annotated(hint: Any) -> Any:
    """The `Annotated` member of a hint such as `Id` or `Id | None`."""
    if get_origin(hint) in (Union, pytypes.UnionType):
        return next(_annotated(member) for member in get_args(hint) if member is not type(None))
    return hint


def _field(payload: type[Payload], info: msgspec.structs.FieldInfo) -> Field:
    hint = _annotated(get_type_hints(payload, include_extras=True)[info.name])
    assert get_origin(hint) is Annotated, f"{payload.__name__}.{info.name} has no kind"
    meta = next(m for m in get_args(hint)[1:] if isinstance(m, msgspec.Meta) and m.extra)
    assert meta.extra is not None
    words = meta.extra.get("words")
    return Field(info.name, meta.extra["kind"], info.required, meta.ge, meta.le, words)


def snake_case(name: str) -> str:
    """`SessionBooked` to `session_booked`."""
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _event_type(table: str, payload: type[Payload]) -> EventType:
    return EventType(
        name=snake_case(payload.__name__),
        payload=payload,
        table=table,
        fields=tuple(_field(payload, info) for info in msgspec.structs.fields(payload)),
        aliases=_ALIASES.get(payload, {}),
        one_of=payload.ONE_OF,
    )


EVENT_TYPES: dict[str, EventType] = {
    event_type.name: event_type
    for event_type in (
        _event_type(table, payload) for table, payloads in _TABLES.items() for payload in payloads
    )
}
"""Every type of the contract by its name."""

TABLES: tuple[str, ...] = tuple(_TABLES)
"""The log tables, one per family of types that are read together."""


def table_columns(table: str) -> dict[str, Kind]:
    """The payload columns of a log table: the union of its types' fields, first mention first."""
    columns: dict[str, Kind] = {}
    for event_type in EVENT_TYPES.values():
        if event_type.table == table:
            for field in event_type.fields:
                kind = columns.setdefault(field.name, field.kind)
                assert kind is field.kind, f"{table}.{field.name} is {kind} and {field.kind}"
    return columns
