"""Times to microseconds, exactly; pieces of a batch joined."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.events.strategies import NOW_US, as_json, resumed
from tutorpulse.clock import datetime_to_us
from tutorpulse.events.codec import Arrival, BatchDecoder, decode_lines
from tutorpulse.events.columns import MISSING_TIME, Payloads, optional_times, times_to_us
from tutorpulse.store.rows import by_table

LIVE = Arrival(NOW_US, "x")
zones = (
    st.none() | st.just(UTC) | st.integers(-23, 23).map(lambda h: timezone(timedelta(hours=h, minutes=30)))
)
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)  # noqa: DTZ001  (zones are drawn)


@given(st.lists(moments, max_size=20))
def test_times_are_exact_to_the_microsecond(times: list[datetime]) -> None:
    assert times_to_us(times).tolist() == [datetime_to_us(t) for t in times]


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2106, 1, 1)), min_size=1, max_size=200))  # noqa: DTZ001
def test_times_of_our_age_are_exact_by_the_fast_way(times: list[datetime]) -> None:
    assert times_to_us(times).tolist() == [datetime_to_us(t) for t in times]


@given(st.lists(st.none() | moments, max_size=20))
def test_missing_times_are_marked(times: list[datetime | None]) -> None:
    expected = [MISSING_TIME if t is None else datetime_to_us(t) for t in times]
    assert optional_times(times).tolist() == expected


def test_pieces_with_different_columns_are_joined() -> None:
    """A column that only some blocks of a batch carry is missing in the others."""
    full = {
        "tutor_id": "t",
        "subjects": ["a"],
        "available_hours_this_week": 3,
        "instant_book_enabled": True,
        "availability": {"mon": [1]},
    }
    paused = {"tutor_id": "t", "until": "2025-12-24T00:00:00Z"}
    decoder = BatchDecoder(Arrival(NOW_US, "x"))
    for number, (kind, payload) in enumerate(
        [
            ("tutor_availability_updated", {"tutor_id": "t"}),
            ("tutor_availability_updated", full),
            ("tutor_paused", paused),
            ("tutor_paused", {"tutor_id": "t"}),
        ]
    ):
        decoder.add_lines(as_json(resumed(event_id=str(number), event_type=kind, payload=payload)), number)
    availability, pauses = sorted(decoder.finish().rows, key=lambda rows: rows.event_type)
    assert {name: column.tolist() for name, column in availability.columns.items()} == {
        "tutor_id": ["t", "t"],
        "subjects": [None, "\x1fa\x1f"],
        "available_hours_this_week": [None, 3.0],
        "instant_book_enabled": [None, True],
        "availability": [None, '{"mon":[1]}'],
    }
    assert pauses.columns["until"].mask.tolist() == [False, True]
    assert pauses.position.dtype == np.int64
    assert pauses.position.tolist() == [2, 3]


def test_payloads_of_several_batches_become_columns_together_by_choice() -> None:
    """Those of one batch carry a column that those of the other lack."""
    batches = [
        decode_lines(as_json(resumed(event_id=one, event_type="tutor_paused", payload=payload)), LIVE)
        for one, payload in [
            ("a", {"tutor_id": "a", "until": "2025-12-24T00:00:00Z"}),
            ("b", {"tutor_id": "b"}),
        ]
    ]
    first, second = [batch.rows[0].columns for batch in batches]
    assert isinstance(first, Payloads)
    assert isinstance(second, Payloads)
    yes, no = np.array([True]), np.array([False])
    both = Payloads.together([(second, yes), (first, yes)])
    assert both["tutor_id"].tolist() == ["b", "a"]
    assert both["until"].mask.tolist() == [True, False]
    assert dict(Payloads.together([(first, no), (second, yes)])) == {"tutor_id": ["b"]}
    assert not Payloads.together([(first, no)])


def test_columns_made_early_and_late_are_stored_alike() -> None:
    lines = [
        as_json(resumed(event_id=one, event_type="tutor_paused", payload=payload))
        for one, payload in [
            ("a", {"tutor_id": "a", "until": "2025-12-24T00:00:00Z"}),
            ("b", {"tutor_id": "b"}),
        ]
    ]

    def stored(*early: bool) -> dict[str, list[object]]:
        rows = []
        for is_early, line in zip(early, lines, strict=True):
            (of_type,) = decode_lines(line, LIVE).rows
            assert isinstance(of_type.columns, Payloads)
            rows.append(replace(of_type, columns=dict(of_type.columns)) if is_early else of_type)
        taken, places = [np.array([True])] * 2, [np.array([0]), np.array([1])]
        ((_, columns),) = by_table(rows, taken, places)
        return {name: columns[name].tolist() for name in sorted(columns)}

    late = stored(False, False)
    assert late["tutor_id"] == ["a", "b"]
    assert stored(True, False) == stored(False, True) == stored(True, True) == late
