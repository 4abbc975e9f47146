"""Tables in the contract's own words: columns of the envelope beside the payload's fields, one event in each row."""

from collections.abc import Collection, Mapping
from typing import Any

from tutorpulse.errors import InputError
from tutorpulse.events.cells import to_text, to_value
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Kind
from tutorpulse.events.tolerant import aliases

_ENVELOPE = {
    "event_type": Kind.TEXT,
    "timestamp": Kind.TIME,
    "event_id": Kind.ID,
    "received_at": Kind.TIME,
}
_NEEDED = ("event_type", "timestamp")


def _kinds(name: str) -> dict[str, Kind]:
    event_type = EVENT_TYPES[name]
    kinds = {field.name: field.kind for field in event_type.fields}
    return kinds | {theirs: kinds[ours] for theirs, ours in aliases(event_type).items()}


_KINDS = {name: _kinds(name) for name in EVENT_TYPES}


def check_columns(columns: Collection[str], file: str) -> None:
    """Refuse a table that lacks the envelope's columns.

    Raises:
        InputError: naming them, and those that are there.
    """
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise InputError(
            f"{file} has no column {' or '.join(missing)}; it has {', '.join(columns)}. "
            "Say with --mapping what its columns mean."
        )


def event_from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a parsed event. Empty cells are absent; columns that its type does not know go to the payload, as extra."""
    event = {name: to_value(kind, row[name]) for name, kind in _ENVELOPE.items() if name in row}
    kinds = _KINDS.get(to_text(event["event_type"]), {})
    payload = {
        name: to_value(kinds[name], cell) if name in kinds else cell
        for name, cell in row.items()
        if name not in _ENVELOPE and cell is not None
    }
    return event | {"payload": {name: value for name, value in payload.items() if value is not None}}
