"""Cells of tables as values of fields."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tutorpulse.clock import datetime_to_us, parse_time
from tutorpulse.events.cells import row_json, to_text, to_value
from tutorpulse.events.fields import Kind

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("cell", [None, "", "  "])
def test_empty_is_missing(kind: Kind, cell: object) -> None:
    assert to_value(kind, cell) is None


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (Kind.ID, 7, "7"),
        (Kind.ID, 7.0, "7"),
        (Kind.ID, "007", "007"),
        (Kind.TEXT, True, "true"),
        (Kind.TEXT, 1.5, "1.5"),
        (Kind.TEXT, datetime(2025, 1, 2), "2025-01-02"),  # noqa: DTZ001  (as DuckDB gives a date)
        (Kind.NUMBER, "12.50", 12.5),
        (Kind.NUMBER, " -3 ", -3.0),
        (Kind.NUMBER, "1e3", 1000.0),
        (Kind.NUMBER, "1_000", "1_000"),
        (Kind.NUMBER, "nan", "nan"),
        (Kind.NUMBER, "positive", "positive"),
        (Kind.NUMBER, 4, 4),
        (Kind.FLAG, "Yes", True),
        (Kind.FLAG, "0", False),
        (Kind.FLAG, 1.0, True),
        (Kind.FLAG, False, False),
        (Kind.FLAG, "maybe", "maybe"),
        (Kind.TEXT_LIST, "a; b;", ["a", "b"]),
        (Kind.TEXT_LIST, '["a;b"]', ["a;b"]),
        (Kind.TEXT_LIST, ["a"], ["a"]),
        (Kind.JSON, '{"mon":[1]}', {"mon": [1]}),
        (Kind.JSON, "{", "{"),
        (Kind.TIME, "soon", "soon"),
        (Kind.TIME, "2025-07-01T10:00:00Z", datetime(2025, 7, 1, 10, tzinfo=UTC)),
        (Kind.TIME, "2025-07-01 10:00", datetime(2025, 7, 1, 8, tzinfo=UTC)),
        (Kind.TIME, datetime(2025, 7, 1, 10), datetime(2025, 7, 1, 8, tzinfo=UTC)),  # noqa: DTZ001
        (Kind.TIME, "2025-07-01", datetime(2025, 6, 30, 22, tzinfo=UTC)),
        (Kind.TIME, date(2025, 1, 1), datetime(2024, 12, 31, 23, tzinfo=UTC)),
        (Kind.TIME, 5, 5),
    ],
)
def test_cell_as_value(kind: Kind, cell: object, value: Any) -> None:
    found = to_value(kind, cell, MADRID)
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2025-10-26T02:30", "2025-10-26T00:30Z"), ("2025-03-30T02:30", "2025-03-30T01:30Z")],
)
def test_hour_that_a_clock_change_repeats_or_skips_is_counted_from_before(local: str, utc: str) -> None:
    found = to_value(Kind.TIME, local, MADRID)
    assert isinstance(found, datetime)
    assert datetime_to_us(found) == parse_time(utc)


def test_text_of_a_time_keeps_the_time() -> None:
    assert to_text(datetime(2025, 1, 2, 3, tzinfo=UTC)) == "2025-01-02T03:00:00+00:00"


def test_row_json_does_not_depend_on_the_order_of_columns() -> None:
    assert row_json({"b": 1, "a": date(2025, 1, 1)}) == b'{"a":"2025-01-01","b":1}'
    assert row_json({"a": date(2025, 1, 1), "b": 1}) == row_json({"b": 1, "a": date(2025, 1, 1)})
