"""A batch shown in the contract's own words says what came in."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.events.strategies import NOW_US, as_json, native_events, resumed
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.events.records import event_records

IMPORT = Arrival(NOW_US, "x", replayed=True, received_when_happened=True)


@given(st.lists(native_events(), max_size=5), st.integers(0, 6))
def test_records_decode_to_the_same_batch(events: list[dict[str, Any]], limit: int) -> None:
    batch = decode_lines(b"\n".join(map(as_json, events)), IMPORT)
    records = event_records(batch, limit)
    assert len(records) == min(limit, len(events))
    again = decode_lines(b"\n".join(map(as_json, records)), IMPORT)
    assert again.rejects == ()
    assert event_records(again, limit) == records


def test_record_is_a_native_event_with_its_extra_fields() -> None:
    batch = decode_lines(as_json(resumed(shade="blue")), IMPORT)
    assert event_records(batch, 3) == [
        {
            "event_id": "e1",
            "event_type": "tutor_resumed",
            "timestamp": "2025-12-01T08:00:00Z",
            "received_at": "2025-12-01T08:00:00Z",
            "payload": {"tutor_id": "t1"},
            "extra": {"shade": "blue"},
        }
    ]
    assert msgspec.json.encode(event_records(batch, 3))
