"""A table's cell (text from CSV, a typed value from Parquet) as the value that a field of an event takes.

What cannot be read as the field's kind is passed on as it is, for the contract to refuse with its reason.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import msgspec

from tutorpulse.events.fields import Kind
from tutorpulse.events.strict import UNREADABLE

_FLAGS = {"true": True, "t": True, "yes": True, "y": True, "1": True} | {
    "false": False,
    "f": False,
    "no": False,
    "n": False,
    "0": False,
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ITEM_SEPARATOR = ";"
_CELL = msgspec.json.Encoder(order="sorted", enc_hook=str)


def to_value(kind: Kind, cell: object, zone: tzinfo = UTC) -> object:
    """The cell as a value of that kind; None stays None, and empty text is None.

    Ids and text from numbers drop a fraction of zero. Flags are true/false, yes/no, 1/0. Times without an offset are local to `zone`, a date
    is its first instant there. Lists are JSON arrays or text between semicolons.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    return _CONVERTERS[kind](cell, zone)


def to_text(cell: object) -> str:
    """The cell as text: 5.0 as 5, true and false as JSON has them, midnight as a plain date."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == datetime.min.time() and cell.tzinfo is None:
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat()
        case _:
            return str(cell)


def to_time(cell: object, zone: tzinfo) -> object:
    """A date, a time, or ISO 8601 text as a time with an offset.

    A local time that a clock change skips or repeats is taken by the offset before the change.
    """
    if isinstance(cell, str):
        try:
            cell = datetime.fromisoformat(cell.strip())
        except ValueError:
            return cell
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=zone)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=zone)
    return cell


def row_json(row: object) -> bytes:
    """A row as JSON, keys sorted."""
    return _CELL.encode(row)


def _to_number(cell: object, _: tzinfo) -> object:
    if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()):
        return float(cell)
    return cell


def _to_flag(cell: object, _: tzinfo) -> object:
    return _FLAGS.get(to_text(cell).strip().lower(), cell)


def _to_list(cell: object, _: tzinfo) -> object:
    if not isinstance(cell, str):
        return cell
    if cell.lstrip().startswith("["):
        return _from_json(cell, UTC)
    return [item.strip() for item in cell.split(_ITEM_SEPARATOR) if item.strip()]


def _from_json(cell: object, _: tzinfo) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return msgspec.json.decode(cell)
    except UNREADABLE:
        return cell


def _text(cell: object, _: tzinfo) -> str:
    return to_text(cell)


_CONVERTERS: dict[Kind, Callable[[Any, tzinfo], object]] = {
    Kind.ID: _text,
    Kind.TEXT: _text,
    Kind.NUMBER: _to_number,
    Kind.FLAG: _to_flag,
    Kind.TIME: to_time,
    Kind.TEXT_LIST: _to_list,
    Kind.JSON: _from_json,
}
