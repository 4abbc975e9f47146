"""Rows of a foreign table as events, by a mapping."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import datetime_to_us, parse_time
from tutorpulse.errors import InputError
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.mapped import Row, RowMapper, check_columns
from tutorpulse.events.mapping import parse_mapping


def mapper(text: str) -> RowMapper:
    return RowMapper(parse_mapping(text.encode(), "m.toml"))


def lesson(fields: str = "", head: str = "", rule: str = "") -> RowMapper:
    return mapper(
        f"""{head}
[[events]]
type = "session_completed"
time = "day"
{rule}
[events.fields]
session_id = {{ template = "x-{{@row}}" }}
student_id = "who"
tutor_id = {{ constant = "-" }}
{fields}
"""
    )


ROW = {"day": "2025-06-01", "who": "ann", "paid": "12.5", "state": "done", "mood": None}


def one(mapper: RowMapper, row: Row = ROW) -> dict[str, Any]:
    ((_, event),) = mapper.events([row])
    assert isinstance(event, dict)
    return event


def refused(mapper: RowMapper, row: Row = ROW) -> tuple[str, str]:
    ((_, refusal),) = mapper.events([row])
    assert isinstance(refusal, RefusalError)
    return refusal.field, refusal.reason


def test_columns_constants_and_templates() -> None:
    event = one(lesson('price = "paid"\nsubject = { template = "{state}/{who}" }'))
    assert event["event_type"] == "session_completed"
    assert event["timestamp"] == datetime(2025, 6, 1, tzinfo=UTC)
    assert event["payload"]["student_id"] == "ann"
    assert event["payload"]["tutor_id"] == "-"
    assert event["payload"]["price"] == 12.5
    assert event["payload"]["subject"] == "done/ann"


def test_unknown_columns_are_kept_beside_the_event() -> None:
    assert one(lesson())["columns"] == {"paid": "12.5", "state": "done"}


def test_unknown_columns_may_be_dropped() -> None:
    assert "columns" not in one(lesson(head='unknown_columns = "drop"'))


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        (
            'was_cancelled = { column = "state", values = { done = false, off = true } }',
            "was_cancelled",
            False,
        ),
        (
            'cancelled_by = { column = "state", values = { x = "tutor" }, otherwise = "platform" }',
            "cancelled_by",
            "platform",
        ),
        ('price = { column = "paid", multiply = 2 }', "price", 25.0),
        ('subject = { column = "mood", values = { a = "b" } }', "subject", None),
        ('rating = { column = "mood", multiply = 2 }', "rating", None),
    ],
)
def test_changes_of_a_column(fields: str, name: str, value: object) -> None:
    assert one(lesson(fields))["payload"][name] == value


def test_a_value_that_the_mapping_does_not_name_is_refused() -> None:
    found = refused(lesson('cancelled_by = { column = "state", values = { x = "tutor" } }'))
    assert found == ("payload.cancelled_by", "The mapping has no value for 'done' in column state")


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (ROW | {"day": ""}, "timestamp", "The column day is empty"),
        (ROW | {"who": None}, "payload.student_id", "The column who is empty"),
        ({}, "timestamp", "The column day is empty"),
    ],
)
def test_an_empty_column_that_is_needed_is_named(row: Row, field: str, reason: str) -> None:
    assert refused(lesson(), row) == (field, reason)


def test_a_template_needs_its_columns() -> None:
    assert refused(lesson('subject = { template = "{mood}" }')) == (
        "payload.subject",
        "The column mood is empty",
    )


def test_what_is_no_row_stays_a_refusal() -> None:
    refusal = RefusalError("no row")
    assert lesson().events([refusal, ROW])[0] == (0, refusal)


class TestTimes:
    """Local times, formats, epochs, the received column."""

    @pytest.mark.parametrize(
        ("time", "cell", "expected"),
        [
            ('"day"', "2025-06-01 10:00", "2025-06-01T08:00:00Z"),
            ('"day"', "2025-06-01T10:00:00+00:00", "2025-06-01T10:00:00Z"),
            ('"day"', "2025-01-01", "2024-12-31T23:00:00Z"),
            ('{ column = "day", timezone = "UTC" }', "2025-06-01 10:00", "2025-06-01T10:00:00Z"),
            ('{ column = "day", format = "%d/%m/%Y" }', "01/06/2025", "2025-05-31T22:00:00Z"),
            ('{ column = "day", epoch = "s" }', "1748736000", "2025-06-01T00:00:00Z"),
            ('{ column = "day", epoch = "ms" }', 1748736000500, "2025-06-01T00:00:00.5Z"),
        ],
    )
    def test_local_time(self, time: str, cell: object, expected: str) -> None:
        text = f"""timezone = "Europe/Madrid"
[[events]]
type = "tutor_resumed"
time = {time}
fields = {{ tutor_id = "who" }}"""
        found = one(mapper(text), {"day": cell, "who": "a"})["timestamp"]
        assert datetime_to_us(found) == parse_time(expected)

    @pytest.mark.parametrize("cell", ["soon", 1e300, "99/99/2025"])
    @pytest.mark.parametrize("change", ['format = "%d/%m/%Y"', 'epoch = "s"'])
    def test_what_is_no_time_is_left_for_the_contract_to_refuse(self, cell: object, change: str) -> None:
        text = f'[[events]]\ntype = "tutor_resumed"\ntime = {{ column = "d", {change} }}\nfields = {{ tutor_id = "d" }}'
        assert one(mapper(text), {"d": cell})["timestamp"] == cell

    def test_received_column(self) -> None:
        event = one(lesson(head='received = "loaded"'), ROW | {"loaded": "2025-06-02T00:00:00Z"})
        assert event["received_at"] == datetime(2025, 6, 2, tzinfo=UTC)


class TestSeveralEvents:
    """One row, several events, under conditions."""

    TEXT = """
[[events]]
type = "session_completed"
time = "day"
when = [{ column = "state", in = ["done", 7] }, { column = "who", present = true }]
fields = { session_id = "n", student_id = "who", tutor_id = { constant = "-" } }
[[events]]
type = "payment_processed"
time = "day"
when = [{ column = "paid", present = true }, { column = "state", not_in = ["free"] }]
id = { template = "pay-{n}" }
fields = { student_id = "who", amount = "paid", succeeded = { constant = true } }
"""

    @pytest.mark.parametrize(
        ("state", "who", "paid", "types"),
        [
            ("done", "a", 3, ["session_completed", "payment_processed"]),
            (7.0, "a", None, ["session_completed"]),
            ("free", "a", 3, []),
            (None, "a", 3, ["payment_processed"]),
            ("done", " ", 3, ["payment_processed"]),
        ],
    )
    def test_conditions_choose(self, state: object, who: str, paid: object, types: list[str]) -> None:
        row = {"day": "2025-06-01", "n": 1, "state": state, "who": who, "paid": paid}
        events = [event for _, event in mapper(self.TEXT).events([row])]
        kinds = [event["event_type"] if isinstance(event, dict) else event.field for event in events]
        assert kinds == (types if who.strip() else ["payload.student_id"])

    def test_events_know_their_row(self) -> None:
        rows = [{"day": "2025-06-01", "n": n, "state": "done", "who": "a", "paid": 1} for n in (5, 6)]
        found = mapper(self.TEXT).events(rows)
        assert [index for index, _ in found] == [0, 0, 1, 1]
        assert [e["event_id"] for _, e in found if isinstance(e, dict) and "event_id" in e] == [
            "pay-5",
            "pay-6",
        ]


def session_ids(mapper: RowMapper, pieces: Sequence[Sequence[Row]]) -> list[str]:
    events = [event for piece in pieces for _, event in mapper.events(piece)]
    return [event["payload"]["session_id"] for event in events if isinstance(event, dict)]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 12), st.randoms())
def test_equal_rows_are_different_sessions_in_any_order_and_cut(
    names: list[str], cut: int, random: Any
) -> None:
    rows = [ROW | {"who": name} for name in names]
    ids = session_ids(lesson(), [rows])
    assert len(set(ids)) == len(rows)
    random.shuffle(rows)
    assert sorted(session_ids(lesson(), [rows[:cut], rows[cut:]])) == sorted(ids)


def test_table_without_a_mapped_column_is_refused() -> None:
    mapping = parse_mapping(
        b'[[events]]\ntype = "tutor_resumed"\ntime = "day"\nfields = { tutor_id = "who" }', "m.toml"
    )
    check_columns(mapping, ["who", "day", "more"], "a.csv")
    with pytest.raises(InputError) as caught:
        check_columns(mapping, ["a", "day"], "a.csv")
    assert str(caught.value) == (
        "a.csv has no column who, which the mapping reads; it has a, day. Name the file's columns in the mapping."
    )
