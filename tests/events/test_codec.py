"""Bytes to batches: what is accepted, what is rejected and why, and that nothing is lost."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.events.strategies import NOW_US, as_json, json_values, native_events, resumed
from tutorpulse.clock import HOUR_US, parse_time
from tutorpulse.events.batch import EventBatch, TypeRows
from tutorpulse.events.codec import Arrival, BatchDecoder, decode_body, decode_lines
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.fields import Kind
from tutorpulse.events.identity import Occurrences

LIVE = Arrival(NOW_US, "sender")
IMPORT = Arrival(NOW_US, "file.ndjson", replayed=True, received_when_happened=True)


def decode(*events: object, arrival: Arrival = LIVE) -> EventBatch:
    return decode_lines(b"\n".join(map(as_json, events)), arrival)


def only(batch: EventBatch) -> TypeRows:
    (rows,) = batch.rows
    return rows


def reason(event: object, arrival: Arrival = LIVE) -> tuple[str, str]:
    (reject,) = decode(event, arrival=arrival).rejects
    return reject.field, reject.reason


def changed(event: dict[str, Any], **payload: Any) -> dict[str, Any]:
    return event | {"payload": event["payload"] | payload}


def assert_nothing_lost(batch: EventBatch) -> None:
    positions = [int(p) for rows in batch.rows for p in rows.position] + [r.position for r in batch.rejects]
    assert sorted(positions) == list(range(batch.size))


COMPLETED = {
    "event_id": "e2",
    "event_type": "session_completed",
    "timestamp": "2025-12-01T08:00:00Z",
    "payload": {"session_id": "s", "student_id": "st", "tutor_id": "t", "rating": 4, "was_cancelled": False},
}


def test_event_becomes_one_row_of_its_type() -> None:
    rows = only(decode(COMPLETED))
    assert rows.event_type == "session_completed"
    assert rows.event_id.tolist() == ["e2"]
    assert rows.ts_us.tolist() == [parse_time("2025-12-01T08:00:00Z")]
    assert rows.received_us.tolist() == [NOW_US]
    assert rows.extra.tolist() == [None]
    assert {name: column.tolist() for name, column in rows.columns.items()} == {
        "session_id": ["s"],
        "student_id": ["st"],
        "tutor_id": ["t"],
        "rating": [4.0],
        "was_cancelled": [False],
    }


def test_columns_have_the_kinds_of_the_contract() -> None:
    other = changed(COMPLETED, rating=None, ended_at="2025-12-01T09:00:00", subject="x") | {"event_id": "e3"}
    columns = only(decode(COMPLETED, other)).columns
    assert isinstance(columns["rating"], np.ma.MaskedArray)
    assert columns["rating"].dtype == np.float64
    assert columns["rating"].tolist() == [4.0, None]
    assert columns["ended_at"].dtype == np.int64
    assert columns["ended_at"].tolist() == [None, parse_time("2025-12-01T09:00:00Z")]
    assert columns["was_cancelled"].dtype == np.bool_
    assert columns["subject"].tolist() == [None, "x"]


def test_columns_that_no_event_carries_are_left_out() -> None:
    assert "price" not in only(decode(COMPLETED)).columns


def test_list_of_text_stands_between_separators() -> None:
    event = resumed(event_type="tutor_registered", payload={"tutor_id": "t", "subjects": ["a", "b"]})
    empty = resumed(event_type="tutor_registered", payload={"tutor_id": "t", "subjects": []}, event_id="e2")
    assert only(decode(event, empty)).columns["subjects"].tolist() == ["\x1fa\x1fb\x1f", "\x1f"]


def test_mood_in_words_is_a_number() -> None:
    calls = [
        resumed(
            event_id=str(mood), event_type="ib_call_logged", payload={"student_id": "s", "sentiment": mood}
        )
        for mood in ("positive", "neutral", "negative", 0.25)
    ]
    assert only(decode(*calls)).columns["sentiment"].tolist() == [1.0, 0.0, -1.0, 0.25]


def test_weekly_slots_are_kept_as_json() -> None:
    payload = {"tutor_id": "t", "availability": {"mon": [9, 10]}}
    rows = only(decode(resumed(event_type="tutor_availability_updated", payload=payload)))
    assert rows.columns["availability"].tolist() == ['{"mon":[9,10]}']


def test_a_time_without_offset_is_utc() -> None:
    batch = decode(resumed(timestamp="2025-12-01T08:00:00"), resumed(timestamp="2025-12-01T10:00:00+02:00"))
    assert set(only(batch).ts_us.tolist()) == {parse_time("2025-12-01T08:00:00Z")}


def test_predecessors_names_mean_ours() -> None:
    theirs = {
        "event_type": "session_completed",
        "timestamp": "2025-12-01T08:00:00Z",
        "entity_id": "t",
        "entity_type": "tutor",
        "metrics": {"x": 1},
        "metadata": None,
        "payload": {
            "session_id": "s",
            "customer_id": "st",
            "tutor_id": "t",
            "student_rating": 4,
            "actual_duration_minutes": 55,
        },
    }
    rows = only(decode(theirs))
    assert rows.columns["student_id"].tolist() == ["st"]
    assert rows.columns["rating"].tolist() == [4.0]
    assert rows.columns["duration_minutes"].tolist() == [55.0]
    assert msgspec.json.decode(rows.extra[0]) == {
        "entity_id": "t",
        "entity_type": "tutor",
        "metrics": {"x": 1},
        "metadata": None,
    }


def test_unknown_fields_are_kept_in_the_shape_they_came_in() -> None:
    rows = only(decode(changed(resumed(shade="blue"), shade="red")))
    assert msgspec.json.decode(rows.extra[0]) == {"shade": "blue", "payload": {"shade": "red"}}


def test_our_own_name_wins_over_an_alias_which_is_kept() -> None:
    rows = only(decode(changed(COMPLETED, student_rating=2)))
    assert rows.columns["rating"].tolist() == [4.0]
    assert msgspec.json.decode(rows.extra[0]) == {"payload": {"student_rating": 2}}


def test_an_alias_fills_in_for_null() -> None:
    rows = only(decode(changed(COMPLETED, rating=None, student_rating=2)))
    assert rows.columns["rating"].tolist() == [2.0]
    assert rows.extra.tolist() == [None]


@pytest.mark.parametrize(
    ("event", "field", "why"),
    [
        ([], "", "An event is a JSON object, not an array"),
        ("x", "", "An event is a JSON object, not a string"),
        (3, "", "An event is a JSON object, not a number"),
        (None, "", "An event is a JSON object, not null"),
        ({}, "event_type", "Missing"),
        (resumed(event_type="tutor_slept"), "event_type", "'tutor_slept' is no event type of the contract"),
        (resumed(event_type=7), "event_type", "7 is no event type of the contract"),
        (resumed(timestamp=...), "timestamp", "Missing"),
        (resumed(timestamp="yesterday"), "timestamp", "Invalid RFC3339 encoded datetime"),
        (resumed(timestamp="2025-12-01"), "timestamp", "Invalid RFC3339 encoded datetime"),
        (resumed(timestamp=1764576000), "timestamp", "Expected `datetime`, got `int`"),
        (resumed(event_id=""), "event_id", "Expected `str` of length >= 1"),
        (resumed(event_id="x" * 129), "event_id", "Expected `str` of length <= 128"),
        (resumed(event_id=5), "event_id", "Expected `str | null`, got `int`"),
        (resumed(payload=...), "payload", "Missing"),
        (resumed(payload=[]), "payload", "Expected an object"),
        (resumed(payload={}), "payload.tutor_id", "Missing"),
        (resumed(payload={"tutor_id": None}), "payload.tutor_id", "Expected `str`, got `null`"),
        (resumed(payload={"tutor_id": "x" * 129}), "payload.tutor_id", "Expected `str` of length <= 128"),
        (changed(COMPLETED, rating=5.5), "payload.rating", "Expected `float` <= 5.0"),
        (
            changed(COMPLETED, rating=..., student_rating=0),
            "payload.student_rating",
            "Expected `float` >= 1.0",
        ),
        (changed(COMPLETED, duration_minutes=-1), "payload.duration_minutes", "Expected `float` >= 0.0"),
        (
            changed(COMPLETED, was_cancelled="no"),
            "payload.was_cancelled",
            "Expected `bool | null`, got `str`",
        ),
        (changed(COMPLETED, cancelled_by="god"), "payload.cancelled_by", "Invalid enum value 'god'"),
        (
            resumed(event_type="support_ticket_opened", payload={"category": "x"}),
            "payload",
            "One of student_id, tutor_id is required",
        ),
    ],
)
def test_a_broken_event_is_rejected_with_field_and_reason(event: Any, field: str, why: str) -> None:
    if isinstance(event, dict) and isinstance(event.get("payload"), dict):
        event = event | {"payload": {k: v for k, v in event["payload"].items() if v is not ...}}
    assert reason(event) == (field, why)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"nonsense",
        b'{"a":NaN}',
        b"\xff\xfe",
        b'{"event_type":"\xff"}',
        b"[" * 100_000,
        b'{"a":"\\ud800"}',
    ],
)
def test_what_is_no_json_is_rejected_whole(line: bytes) -> None:
    batch = decode_lines(as_json(resumed()) + b"\n" + line + b"\n" + as_json(resumed(event_id="e2")), LIVE)
    (reject,) = batch.rejects
    assert (reject.raw, reject.position, reject.place, reject.field) == (line, 1, 2, "")
    assert reject.reason.startswith("Not JSON")
    assert only(batch).position.tolist() == [0, 2]


@pytest.mark.parametrize("number", ["1e400", "-1e999", "1" * 400])
def test_numbers_beyond_floating_point_are_rejected(number: str) -> None:
    line = as_json(changed(COMPLETED, price=12345.5)).replace(b"12345.5", number.encode())
    assert len(decode_lines(line, LIVE).rejects) == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_not_a_number_is_rejected_in_parsed_events(number: float) -> None:
    decoder = BatchDecoder(LIVE)
    decoder.add_objects([changed(COMPLETED, price=number)], [3], lambda _: b"row")
    (reject,) = decoder.finish().rejects
    assert (reject.field, reject.place, reject.raw) == ("payload.price", 3, b"row")
    assert reject.reason == f"{number} is no number to count with"


def test_a_bad_event_takes_no_other_with_it() -> None:
    batch = decode(resumed(), resumed(payload={}), resumed(event_id="e3"))
    assert only(batch).event_id.tolist() == ["e1", "e3"]
    assert [(r.position, r.source, r.place, r.received_us) for r in batch.rejects] == [
        (1, "sender", 2, NOW_US)
    ]


def test_blank_lines_and_carriage_returns_are_no_events() -> None:
    data = b"\r\n" + as_json(resumed()) + b"\r\n   \n\n" + b"nope\r\n"
    batch = decode_lines(data, LIVE)
    assert batch.size == 2
    assert only(batch).event_id.tolist() == ["e1"]
    assert [(r.place, r.raw) for r in batch.rejects] == [(5, b"nope")]


@pytest.mark.parametrize("lines", [1, 2, 4])
@pytest.mark.parametrize("line", [as_json(resumed()), b"nope"])
def test_the_number_of_lines_counts_empty_ones_at_the_end(line: bytes, lines: int) -> None:
    assert BatchDecoder(LIVE).add_lines(line + b"\n" * lines, place=1) == lines


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("add", [lambda d, b: d.add_lines(b, place=1), lambda d, b: d.add_blocks([b])])
def test_a_reject_is_kept_without_the_end_of_its_line(
    add: Callable[[BatchDecoder, bytes], object], end: bytes
) -> None:
    late = parse_time("2025-12-01T08:00:00Z") - 25 * HOUR_US
    decoder = BatchDecoder(Arrival(late, "sender"))
    add(decoder, (as_json(resumed()) + end) * 2)
    assert [(r.place, r.raw) for r in decoder.finish().rejects] == [
        (1, as_json(resumed())),
        (2, as_json(resumed())),
    ]


def test_two_events_on_one_line_are_no_event() -> None:
    one = as_json(resumed())
    batch = decode_lines(one + one + b"\n\n", LIVE)
    assert (batch.size, len(batch.rejects), batch.rejects[0].raw) == (1, 1, one + one)


def test_an_event_over_two_lines_is_no_event() -> None:
    head, tail = as_json(resumed()).split(b',"payload"')
    batch = decode_lines(head + b',"payload":\n' + tail[1:], LIVE)
    assert len(batch.rejects) == 2


class TestTimes:
    """When an event happened, and when it was received."""

    @pytest.mark.parametrize(("hours", "accepted"), [(24, True), (24.001, False), (-(10**5), True)])
    def test_more_than_a_day_ahead_is_rejected(self, hours: float, accepted: bool) -> None:
        clock = parse_time("2025-12-01T08:00:00Z") - int(hours * HOUR_US)
        batch = decode(resumed(), arrival=Arrival(clock, "x"))
        assert [r.field for r in batch.rejects] == ([] if accepted else ["timestamp"])
        assert all(r.reason == "More than 24 h in the future" for r in batch.rejects)
        assert_nothing_lost(batch)

    def test_the_tolerance_is_a_setting(self) -> None:
        clock = parse_time("2025-12-01T08:00:00Z") - 2 * HOUR_US
        (reject,) = decode(resumed(), arrival=Arrival(clock, "x", future_tolerance_us=HOUR_US)).rejects
        assert reject.reason == "More than 1 h in the future"
        assert msgspec.json.decode(reject.raw) == resumed()

    def test_live_arrival_is_reception_whatever_the_sender_says(self) -> None:
        assert only(decode(resumed(received_at="2020-01-01T00:00:00Z"))).received_us.tolist() == [NOW_US]

    def test_import_honours_received_at(self) -> None:
        rows = only(decode(resumed(received_at="2025-12-02T00:00:00Z"), arrival=IMPORT))
        assert rows.received_us.tolist() == [parse_time("2025-12-02T00:00:00Z")]

    def test_import_without_received_at_was_received_when_it_happened(self) -> None:
        rows = only(
            decode(resumed(), resumed(event_id="e2", received_at="2025-12-02T00:00:00Z"), arrival=IMPORT)
        )
        assert rows.received_us.tolist() == [rows.ts_us[0], parse_time("2025-12-02T00:00:00Z")]

    def test_import_may_count_as_received_now(self) -> None:
        now = Arrival(NOW_US, "x", replayed=True)
        assert only(decode(resumed(), arrival=now)).received_us.tolist() == [NOW_US]

    def test_an_event_from_the_future_of_its_own_reception_is_rejected(self) -> None:
        assert reason(resumed(received_at="2025-11-01T00:00:00Z"), IMPORT) == (
            "timestamp",
            "More than 24 h in the future",
        )

    def test_reception_in_the_future_is_rejected(self) -> None:
        assert reason(resumed(received_at="2027-01-01T00:00:00Z"), IMPORT)[0] == "received_at"


class TestIds:
    """Ids given, and ids derived."""

    def test_the_same_body_twice_has_one_id(self) -> None:
        first, second = only(decode(resumed(event_id=...), resumed(event_id=...))).event_id
        assert first == second

    def test_equal_events_of_a_file_are_numbered(self) -> None:
        decoder = BatchDecoder(IMPORT, Occurrences())
        decoder.add_lines(b"\n".join([as_json(resumed(event_id=...))] * 3), place=1)
        first, *others = only(decoder.finish()).event_id.tolist()
        assert others == [f"{first}-1", f"{first}-2"]

    def test_the_first_of_a_file_is_the_one_that_was_sent(self) -> None:
        decoder = BatchDecoder(IMPORT, Occurrences())
        decoder.add_lines(as_json(resumed(event_id=...)), place=1)
        assert only(decoder.finish()).event_id[0] == only(decode(resumed(event_id=...))).event_id[0]

    def test_null_is_no_id(self) -> None:
        assert only(decode(resumed(event_id=None))).event_id[0].startswith("content-")


class TestBody:
    """One event, or an array of them, as a service gets them."""

    def test_single_event(self) -> None:
        assert decode_body(as_json(resumed()), LIVE).size == 1

    def test_array_takes_the_good_and_names_the_bad_by_index(self) -> None:
        batch = decode_body(as_json([resumed(), {}, resumed(event_id="e3")]), LIVE)
        assert only(batch).position.tolist() == [0, 2]
        assert [(r.position, r.place) for r in batch.rejects] == [(1, 1)]

    def test_empty_array_is_no_event(self) -> None:
        assert decode_body(b" [] ", LIVE) == EventBatch(0, ())

    @pytest.mark.parametrize("body", [b"", b"[{}", b"[1,]"])
    def test_no_json_is_one_reject(self, body: bytes) -> None:
        batch = decode_body(body, LIVE)
        assert [r.raw for r in batch.rejects] == [body]


@given(st.lists(native_events(), max_size=6))
def test_every_valid_event_is_accepted_with_its_values(events: list[dict[str, Any]]) -> None:
    batch = decode(*events)
    assert batch.rejects == ()
    assert_nothing_lost(batch)
    for rows in batch.rows:
        for row, position in enumerate(rows.position):
            assert_row_says(rows, row, events[position])


def assert_row_says(rows: TypeRows, row: int, event: dict[str, Any]) -> None:
    """Compare a row with the event by a plain reading of the contract."""
    assert rows.event_type == event["event_type"]
    assert rows.event_id[row] == event.get("event_id", rows.event_id[row])
    assert rows.ts_us[row] == parse_time(event["timestamp"])
    for field in EVENT_TYPES[rows.event_type].fields:
        value = event["payload"].get(field.name)
        cell = rows.columns[field.name][row] if field.name in rows.columns else None
        if value is None:
            assert cell is None or cell is np.ma.masked
        elif field.kind in (Kind.ID, Kind.TEXT):
            assert cell == value
        elif field.kind is Kind.TIME:
            assert cell == parse_time(value)
        elif field.kind is Kind.TEXT_LIST:
            assert cell == "\x1f" + "".join(f"{item}\x1f" for item in value)
        elif field.kind is Kind.JSON:
            assert msgspec.json.decode(cell) == value
        else:
            assert cell == (field.words or {}).get(value, value)


@given(st.lists(st.binary(max_size=40) | json_values.map(as_json) | native_events().map(as_json), max_size=8))
def test_any_bytes_are_accepted_or_rejected_and_none_lost(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    batch = decode_lines(data, LIVE)
    assert_nothing_lost(batch)
    full = [line.removesuffix(b"\r") for line in data.split(b"\n") if line.strip()]
    assert batch.size == len(full)
    assert [r.raw for r in batch.rejects] == [full[r.position] for r in batch.rejects]
    assert decode_body(data, LIVE).size >= 0


@given(st.lists(native_events() | json_values, max_size=8), st.integers(0, 8))
def test_batches_may_be_cut_anywhere(events: list[Any], cut: int) -> None:
    lines = list(map(as_json, events))
    whole, parts = BatchDecoder(IMPORT, Occurrences()), BatchDecoder(IMPORT, Occurrences())
    whole.add_lines(b"\n".join(lines), place=1)
    for start, some in ((1, lines[:cut]), (cut + 1, lines[cut:])):
        parts.add_lines(b"".join(line + b"\n" for line in some), place=start)
    assert summary(whole.finish()) == summary(parts.finish())


@given(
    st.lists(native_events() | json_values, max_size=8) | st.lists(native_events(), max_size=8),
    st.integers(-3, 2),
)
def test_an_array_says_what_its_items_say_as_lines(events: list[Any], days_ahead: int) -> None:
    arrival = Arrival(NOW_US - 24 * HOUR_US * days_ahead, "sender")
    lines, array = BatchDecoder(arrival), BatchDecoder(arrival)
    lines.add_lines(b"\n".join(map(as_json, events)), place=0)
    array.add_array(b"[" + b",".join(map(as_json, events)) + b"]")
    assert summary(lines.finish()) == summary(array.finish())


@given(
    st.lists(st.lists(native_events(), min_size=1, max_size=3), max_size=4)
    | st.lists(st.lists(native_events() | json_values, max_size=3), max_size=4),
    st.integers(-3, 2),
    st.sampled_from([b"", b"\n", b"\n\n", b"\r\n"]),
)
@example([], 0, b"")
def test_blocks_together_say_what_each_says_by_itself(
    blocks: list[list[Any]], days_ahead: int, end: bytes
) -> None:
    arrival = Arrival(NOW_US - 24 * HOUR_US * days_ahead, "sender")
    raw = [b"\n".join(map(as_json, events)) + end for events in blocks]
    together, each = BatchDecoder(arrival), BatchDecoder(arrival)
    sizes = together.add_blocks(raw)
    found = []
    for block in raw:
        each.add_lines(block, place=1)
        found.append(each.size)
    assert sizes == found
    assert summary(together.finish()) == summary(each.finish())


def test_each_part_of_a_batch_keeps_its_own_arrival() -> None:
    decoder = BatchDecoder(LIVE)
    decoder.add_json([b"1"], [0])
    decoder.arriving(Arrival(NOW_US + 5, "other"))
    decoder.add_array(as_json([resumed(), 2]))
    batch = decoder.finish()
    assert [(r.source, r.received_us, r.place) for r in batch.rejects] == [
        ("sender", NOW_US, 0),
        ("other", NOW_US + 5, 1),
    ]
    assert only(batch).received_us.tolist() == [NOW_US + 5]


def summary(batch: EventBatch) -> tuple[object, ...]:
    rows = {
        (str(rows.event_type), str(event_id), int(position))
        for rows in batch.rows
        for event_id, position in zip(rows.event_id, rows.position, strict=True)
    }
    return batch.size, rows, batch.rejects
