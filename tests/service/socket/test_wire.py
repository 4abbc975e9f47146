import socket
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.batches import batch_of
from tutorpulse.clock import datetime_to_us
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.events.columns import Payloads
from tutorpulse.service.socket.wire import Answer, Call, pack, receive, send, unpack

Texts = st.lists(st.one_of(st.none(), st.text()))
Numbers = st.lists(st.floats(allow_nan=True))
Times = st.lists(st.integers(-(2**63), 2**63 - 1))


@given(Texts, Numbers, Times)
def test_arrays_come_back_as_they_were(
    texts: list[str | None], numbers: list[float], times: list[int]
) -> None:
    text = np.empty(len(texts), object)
    text[:] = texts
    arrays = {"text": text, "number": np.array(numbers, float), "time": np.array(times, np.int64)}
    back = unpack(pack(arrays), dict)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype
        assert back[name].flags.writeable


@given(st.lists(st.tuples(st.integers(-9, 9), st.booleans())))
def test_what_is_masked_stays_masked(cells: list[tuple[int, bool]]) -> None:
    array = np.ma.MaskedArray([v for v, _ in cells], [m for _, m in cells], dtype=np.int64)
    back = unpack(pack([array]), list)[0]
    assert isinstance(back, np.ma.MaskedArray)
    assert back.tolist() == array.tolist()


@pytest.mark.parametrize("dtype", ["bool", "datetime64[us]", "float32", "int8"])
def test_other_kinds_keep_theirs(dtype: str) -> None:
    array = np.array([0, 1, 1]).astype(dtype)
    back = unpack(pack((array, np.int64(7))), list)
    np.testing.assert_array_equal(back[0], array)
    assert back[0].dtype == array.dtype
    assert back[1] == 7


def test_a_batch_of_events_travels_whole() -> None:
    batch = batch_of([{"event_id": "1", "ts_us": 5, "event_type": "tutor_departed", "tutor_id": "t"}])
    back = unpack(pack((batch,)), tuple[EventBatch])[0]
    assert back.size == batch.size
    np.testing.assert_array_equal(back.rows[0].columns["tutor_id"], batch.rows[0].columns["tutor_id"])


def test_a_decoded_batch_travels_whole_before_its_columns_were_made() -> None:
    line = b'{"event_id": "1", "event_type": "tutor_paused", "timestamp": "2026-01-01T00:00:00Z", "payload": {"tutor_id": "t", "until": "2026-02-01T00:00:00Z"}}'
    batch = decode_lines(line, Arrival(datetime_to_us(datetime(2026, 1, 2, tzinfo=UTC)), "x"))
    assert isinstance(batch.rows[0].columns, Payloads)
    back = unpack(pack((batch,)), tuple[EventBatch])[0]
    assert back.rows[0].columns == dict(batch.rows[0].columns)
    assert back.rows[0].columns["tutor_id"].tolist() == ["t"]


def test_what_cannot_travel_is_said() -> None:
    with pytest.raises(NotImplementedError, match="does not go over the socket"):
        pack(object())


def test_messages_keep_their_bounds_and_the_end_is_none() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, Call("a", b"\x00" * 100_000))
        send(ours, Answer(b""))
        assert receive(theirs) == Call("a", b"\x00" * 100_000)
        assert receive(theirs) == Answer(b"")
        ours.sendall(b"\x09\x00")
        ours.close()
        assert receive(theirs) is None
