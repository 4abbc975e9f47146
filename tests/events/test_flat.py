"""Tables in the contract's own words."""

import pytest

from tests.events.strategies import resumed
from tutorpulse.errors import InputError
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.flat import check_columns, event_from_row
from tutorpulse.events.tolerant import interpret

ROW = {
    "event_id": "e1",
    "event_type": "session_completed",
    "timestamp": "2025-12-01T08:00:00Z",
    "session_id": "7",
    "customer_id": "9",
    "tutor_id": "",
    "student_rating": "4.5",
    "was_cancelled": "no",
    "ended_at": "2025-12-01 09:00:00",
    "price": None,
    "colour": "red",
}


def test_text_cells_become_typed_fields_and_empty_ones_are_absent() -> None:
    with pytest.raises(RefusalError, match="Missing") as caught:
        interpret(event_from_row(ROW))
    assert caught.value.field == "payload.tutor_id"
    event, extra = interpret(event_from_row(ROW | {"tutor_id": "007"}))
    same = {
        "session_id": "7",
        "student_id": "9",
        "tutor_id": "007",
        "rating": 4.5,
        "was_cancelled": False,
        "ended_at": "2025-12-01T09:00:00Z",
    }
    assert event == interpret(resumed(event_type="session_completed", payload=same))[0]
    assert extra == '{"payload":{"colour":"red"}}'


def test_row_of_an_unknown_type_keeps_everything() -> None:
    assert event_from_row({"event_type": "x", "timestamp": None, "a": 1})["payload"] == {"a": 1}


def test_table_without_the_envelope_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        check_columns(["id", "timestamp"], "a.csv")
    assert str(caught.value) == (
        "a.csv has no column event_type; it has id, timestamp. Say with --mapping what its columns mean."
    )
    check_columns(["timestamp", "event_type"], "a.csv")
