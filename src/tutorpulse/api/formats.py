"""Lists in other formats than JSON: CSV, and Arrow's stream format where pyarrow is installed."""

import csv
import io
from collections.abc import Sequence
from importlib.util import find_spec
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec

from tutorpulse.api.problems import ProblemError
from tutorpulse.service.spreadsheets import harmless

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
FORMATS = (JSON, CSV, ARROW)
_ANY = {"*/*": JSON, "application/*": JSON, "text/*": CSV}
_FIRST = ("entity_id", "entity_type", "status", "segment", "confidence", "model_version", "as_of")
"""The columns that come first, in this order."""


def chosen(accept: str) -> str:
    """The format that `Accept` prefers, by its weights, then by order; JSON where it says nothing.

    Raises:
        ProblemError: it names none that there is.
    """
    for media_type in _preferred(accept or "*/*"):
        found = _ANY.get(media_type, media_type)
        if found in FORMATS and (found != ARROW or find_spec("pyarrow")):
            return found
    missing = "" if find_spec("pyarrow") else " Arrow needs `pip install 'tutorpulse[arrow]'` on the server."
    raise ProblemError(
        "not-acceptable", f"There is no format {accept!r}. Accept one of {', '.join(FORMATS)}.{missing}"
    )


def _preferred(accept: str) -> list[str]:
    weighted = [(_weight(part), part.partition(";")[0].strip().lower()) for part in accept.split(",")]
    return [media_type for weight, media_type in sorted(weighted, key=lambda w: -w[0]) if weight > 0]


def _weight(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            return float(value) if value.replace(".", "", 1).isdecimal() else 0.0
    return 1.0


def encoded(items: Sequence[msgspec.Struct], shape: type[msgspec.Struct], media_type: str) -> bytes:
    """Items of one shape as CSV (with a header, what is not known is empty) or Arrow (what is not known is null)."""
    names = sorted(shape.__struct_fields__, key=_place)
    columns = {name: [getattr(item, name) for item in items] for name in names}
    return _csv(columns) if media_type == CSV else _arrow(columns, shape)


def _place(name: str) -> tuple[bool, int]:
    return (name not in _FIRST, _FIRST.index(name) if name in _FIRST else 0)


def _csv(columns: dict[str, list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """Text that a spreadsheet would run is made harmless; numbers stay numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    return harmless(value) if isinstance(value, str) else value


def _arrow(columns: dict[str, list[Any]], shape: type[msgspec.Struct]) -> bytes:
    import pyarrow as pa

    types: dict[object, Any] = {bool: pa.bool_(), float: pa.float64()}
    hints = get_type_hints(shape)
    schema = pa.schema([(name, types.get(_bare(hints[name]), pa.string())) for name in columns])
    table = pa.table(columns, schema=schema)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _bare(hint: object) -> object:
    """The type of a field that may be None, without that."""
    return next((part for part in get_args(hint) if part is not NoneType), hint)
