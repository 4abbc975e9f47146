"""Events of a batch back in the contract's own words, to be shown or written."""

from typing import Any

import msgspec
import numpy as np

from tutorpulse.clock import format_time
from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import LIST_SEPARATOR, Kind


def event_records(batch: EventBatch, limit: int) -> list[dict[str, object]]:
    """The first `limit` valid events in order of arrival, each as a native event without its missing fields."""
    places = sorted(
        (int(position), index, row)
        for index, rows in enumerate(batch.rows)
        for row, position in enumerate(rows.position[:limit])
    )
    return [_record(batch.rows[index], row) for _, index, row in places[: max(limit, 0)]]


def _record(rows: TypeRows, row: int) -> dict[str, object]:
    payload = {
        field.name: _value(field.kind, rows.columns[field.name][row])
        for field in EVENT_TYPES[rows.event_type].fields
        if field.name in rows.columns and not _is_missing(rows.columns[field.name][row])
    }
    record: dict[str, object] = {
        "event_id": rows.event_id[row],
        "event_type": rows.event_type,
        "timestamp": format_time(int(rows.ts_us[row])),
        "received_at": format_time(int(rows.received_us[row])),
        "payload": payload,
    }
    return record if rows.extra[row] is None else record | {"extra": msgspec.json.decode(rows.extra[row])}


def _is_missing(cell: object) -> bool:
    return cell is None or cell is np.ma.masked


def _value(kind: Kind, cell: Any) -> object:
    match kind:
        case Kind.TIME:
            return format_time(int(cell))
        case Kind.TEXT_LIST:
            return cell.split(LIST_SEPARATOR)[1:-1]
        case Kind.JSON:
            return msgspec.json.decode(cell)
        case Kind.NUMBER:
            return float(cell)
        case Kind.FLAG:
            return bool(cell)
        case _:
            return cell
