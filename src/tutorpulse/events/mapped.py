"""Applying a mapping: rows of a foreign table to parsed events, or to the reason why a row gives none."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tutorpulse.errors import InputError
from tutorpulse.events import mapping as declared
from tutorpulse.events.cells import row_json, to_text, to_time, to_value
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.fields import Kind
from tutorpulse.events.identity import Occurrences
from tutorpulse.events.mapping import ROW_ID, Condition, Rule, Source, as_source
from tutorpulse.events.tolerant import aliases

Row: TypeAlias = Mapping[str, Any]
Getter: TypeAlias = Callable[[Row], object]
Mapped: TypeAlias = tuple[int, dict[str, Any] | RefusalError]
"""The index of the row, and an event that it is."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
_ROW_DIGEST_BYTES = 16


def check_columns(mapping: declared.Mapping, columns: Sequence[str], file: str) -> None:
    """Refuse a table that lacks a column of the mapping.

    Raises:
        InputError: naming the missing columns and those that are there.
    """
    missing = sorted(mapping.columns() - set(columns))
    if missing:
        raise InputError(
            f"{file} has no column {' or '.join(missing)}, which the mapping reads; it has {', '.join(columns)}. "
            "Name the file's columns in the mapping."
        )


class RowMapper:
    """Applies one mapping to the rows of one file, given in any pieces."""

    def __init__(self, mapping: declared.Mapping) -> None:
        zone = ZoneInfo(mapping.timezone)
        self._rules = [_compiled(rule, mapping, zone) for rule in mapping.events]
        self._row_ids = Occurrences() if mapping.uses_row_id() else None
        self._dropped = None if mapping.unknown_columns == "drop" else frozenset(mapping.columns())

    def events(self, rows: Sequence[Row | RefusalError]) -> list[Mapped]:
        """The rows' events in order; a row that meets no rule's conditions has none. A refusal in place of a row stays one."""
        if self._row_ids is not None:
            rows = self._with_ids(rows, self._row_ids)
        return [(i, event) for i, row in enumerate(rows) for event in self._of_row(row)]

    def _with_ids(self, rows: Sequence[Row | RefusalError], seen: Occurrences) -> list[Row | RefusalError]:
        digests = [hashlib.blake2b(row_json(row), digest_size=_ROW_DIGEST_BYTES).digest() for row in rows]
        numbers = seen.number(digests).tolist()
        return [
            row if isinstance(row, RefusalError) else {**row, ROW_ID: _row_id(digest, number)}
            for row, digest, number in zip(rows, digests, numbers, strict=True)
        ]

    def _of_row(self, row: Row | RefusalError) -> list[dict[str, Any] | RefusalError]:
        if isinstance(row, RefusalError):
            return [row]
        events: list[dict[str, Any] | RefusalError] = []
        for applies, make in self._rules:
            if applies(row):
                try:
                    events.append(make(row) | self._kept(row))
                except RefusalError as refusal:
                    events.append(refusal)
        return events

    def _kept(self, row: Row) -> dict[str, Any]:
        if self._dropped is None:
            return {}
        kept = {
            name: cell
            for name, cell in row.items()
            if name not in self._dropped and name != ROW_ID and cell is not None
        }
        return {"columns": kept} if kept else {}


def _row_id(digest: bytes, number: int) -> str:
    return digest.hex() + (f"-{number}" if number else "")


def _compiled(
    rule: Rule, mapping: declared.Mapping, zone: tzinfo
) -> tuple[Callable[[Row], bool], Callable[[Row], dict[str, Any]]]:
    tests = [_test(condition) for condition in rule.when]
    event_type = EVENT_TYPES[rule.type]
    kinds = {field.name: field.kind for field in event_type.fields}
    kinds |= {theirs: kinds[ours] for theirs, ours in aliases(event_type).items()}
    fields = {
        name: _getter(as_source(s), kinds[name], f"payload.{name}", zone) for name, s in rule.fields.items()
    }
    envelope = {"timestamp": _getter(as_source(rule.time), Kind.TIME, "timestamp", zone)}
    if rule.id is not None:
        envelope["event_id"] = _getter(as_source(rule.id), Kind.ID, "event_id", zone)
    if mapping.received is not None:
        envelope["received_at"] = _getter(as_source(mapping.received), Kind.TIME, "received_at", zone)

    required = [field.name for field in event_type.fields if field.required and field.name in fields]

    def make(row: Row) -> dict[str, Any]:
        event: dict[str, Any] = {name: get(row) for name, get in envelope.items()}
        event["event_type"] = rule.type
        event["payload"] = payload = {name: get(row) for name, get in fields.items()}
        if event["timestamp"] is None:
            raise _nothing_in(rule.time, "timestamp")
        for name in required:
            if payload[name] is None:
                raise _nothing_in(rule.fields[name], f"payload.{name}")
        return event

    return lambda row: all(test(row) for test in tests), make


def _nothing_in(source: str | Source, field: str) -> RefusalError:
    return RefusalError(f"The column {as_source(source).column} is empty", field)


def _test(condition: Condition) -> Callable[[Row], bool]:
    column = condition.column
    if condition.present is not None:
        wanted = condition.present
        return lambda row: (to_value(Kind.TEXT, row.get(column)) is not None) is wanted
    listed = condition.among if condition.among is not None else condition.not_among or []
    texts, inside = {to_text(value) for value in listed}, condition.among is not None
    return lambda row: ((cell := row.get(column)) is not None and to_text(cell) in texts) is inside


def _getter(source: Source, kind: Kind, field: str, zone: tzinfo) -> Getter:
    if source.template is not None:
        return partial(_fill, re.split(r"\{([^{}]*)\}", source.template), field)
    if source.constant is not None:
        value = to_value(kind, source.constant, zone)
        return lambda _: value
    own_zone = ZoneInfo(source.timezone) if source.timezone else zone
    return partial(_read, source, kind, field, own_zone)


def _fill(parts: list[str], field: str, row: Row) -> str:
    """Text and column names in turn."""
    cells = [row.get(name) for name in parts[1::2]]
    if None in cells:
        raise RefusalError(f"The column {parts[1::2][cells.index(None)]} is empty", field)
    filled = [text for pair in zip(parts[::2], map(to_text, cells), strict=False) for text in pair]
    return "".join(filled) + parts[-1]


def _read(source: Source, kind: Kind, field: str, zone: tzinfo, row: Row) -> object:
    cell = row.get(str(source.column))
    if source.values is not None and cell is not None:
        cell = _replaced(source, to_text(cell), field)
    if kind is Kind.TIME:
        cell = _as_time(source, cell, zone)
    value = to_value(kind, cell, zone)
    if source.multiply is not None and isinstance(value, int | float):
        return value * source.multiply
    return value


def _replaced(source: Source, text: str, field: str) -> object:
    value = (source.values or {}).get(text, source.otherwise)
    if value is None:
        raise RefusalError(f"The mapping has no value for {text!r:.140} in column {source.column}", field)
    return value


def _as_time(source: Source, cell: object, zone: tzinfo) -> object:
    if source.epoch is not None:
        number = to_value(Kind.NUMBER, cell)
        if isinstance(number, int | float):
            return _from_epoch(number * _EPOCH_US[source.epoch], cell)
    if source.format is not None and isinstance(cell, str):
        try:
            return to_time(datetime.strptime(cell.strip(), source.format), zone)  # noqa: DTZ007  (zoned by to_time)
        except ValueError:
            return cell
    return cell


def _from_epoch(us: float, cell: object) -> object:
    try:
        return _EPOCH + timedelta(microseconds=us)
    except (OverflowError, ValueError):
        return cell
