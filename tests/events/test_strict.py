"""The fast path and the tolerant one: where the fast one accepts, both say the same."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.strategies import as_json, json_values, native_events, resumed
from tutorpulse.events.contract import EVENT_TYPES
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.strict import ENVELOPES, count_newlines, decode_block, decode_blocks, decode_line
from tutorpulse.events.tolerant import interpret, interpret_json


def test_every_type_has_an_envelope() -> None:
    assert set(ENVELOPES) == set(EVENT_TYPES)


@given(native_events())
def test_both_paths_agree_on_valid_events(event: dict[str, Any]) -> None:
    line = as_json(event)
    fast = decode_line(line)
    assert fast is not None
    assert interpret_json(line) == (fast, None)
    assert interpret(event) == (fast, None)


@given(native_events(), st.data())
def test_both_paths_agree_on_damaged_events(event: dict[str, Any], data: st.DataObject) -> None:
    """Whatever the fast path accepts, the tolerant one does, with the same result."""
    target = data.draw(st.sampled_from([event, event["payload"]]))
    name = data.draw(st.sampled_from(sorted(target)) | st.text(max_size=5))
    target[name] = data.draw(json_values)
    line = as_json(event)
    fast = decode_line(line)
    if fast is not None:
        assert interpret_json(line) == (fast, None)


@given(st.lists(native_events(), min_size=1, max_size=5))
def test_block_gives_the_events_of_its_lines(events: list[dict[str, Any]]) -> None:
    lines = list(map(as_json, events))
    assert decode_block(b"\n".join(lines)) == [decode_line(line) for line in lines]


@given(st.lists(st.lists(native_events(), min_size=1, max_size=4), min_size=1, max_size=4), st.integers(0, 2))
def test_blocks_give_the_events_of_each(blocks: list[list[dict[str, Any]]], empty_lines: int) -> None:
    lines = [[as_json(event) for event in block] for block in blocks]
    decoded = decode_blocks([b"\n".join(some) + b"\n" * empty_lines for some in lines])
    assert decoded == ([decode_line(line) for some in lines for line in some], [len(some) for some in lines])


@given(st.binary() | st.text("{}\n").map(str.encode))
def test_newlines_are_counted_as_bytes_counts_them(body: bytes) -> None:
    assert count_newlines(body) == body.count(b"\n")


ONE = as_json(resumed())


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\n",
        ONE + ONE,
        ONE + ONE + b"\n\n",
        ONE + b"\n\n" + ONE,
        ONE + b"\n" + ONE.replace(b',"payload"', b',\n"payload"'),
        ONE.replace(b'{"tutor_id"', b'\n{"tutor_id"') + b"\n" + ONE + ONE,
        ONE + b"\n{}",
        b"\xef\xbb\xbf" + ONE,
    ],
)
def test_block_that_is_not_one_clean_event_a_line_is_left_to_the_tolerant_path(block: bytes) -> None:
    assert decode_block(block) is None


@pytest.mark.parametrize("end", [b"\r\n", b" \n", b"\n\t"])
def test_space_around_an_event_in_its_line_is_no_matter(end: bytes) -> None:
    assert decode_block(ONE + end + ONE) == [decode_line(ONE)] * 2


def test_a_block_that_is_not_clean_leaves_all_to_the_tolerant_path() -> None:
    assert decode_blocks([ONE, ONE + b"\n{}", ONE]) is None
    assert decode_blocks([ONE, b"", ONE]) is None
    half = len(ONE) // 2
    assert decode_blocks([ONE[:half], ONE[half:]]) is None


def test_fast_path_takes_what_it_is_for() -> None:
    """Clean native lines, with and without id, in any order of keys, must not fall to the slow path."""
    shuffled = msgspec.json.encode(dict(reversed(resumed().items())))
    events = decode_block(ONE + b"\n" + shuffled + b"\n" + as_json(resumed(event_id=...)) + b"\n")
    assert events is not None
    assert [event.event_id for event in events] == ["e1", "e1", None]


@given(json_values)
def test_tolerant_path_refuses_in_its_own_words(value: object) -> None:
    with pytest.raises(RefusalError) as refusal:
        interpret(value)
    assert refusal.value.reason
