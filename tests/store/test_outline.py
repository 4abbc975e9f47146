"""What is told of a batch without its rows."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.store.door import NOW, event
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, decode_lines
from tutorpulse.store.digests import digest_ids
from tutorpulse.store.outline import Outline, digests_of, ids_of

LINES = st.one_of(
    st.text(min_size=1, max_size=8).map(lambda name: msgspec.json.encode(event(name))),
    st.just(msgspec.json.encode(event("b") | {"event_type": "tutor_paused", "payload": {"tutor_id": "t"}})),
    st.just(b'{"no":"event"}'),
)


def through_bytes(outline: Outline) -> Outline:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(outline), type=Outline)


@given(st.lists(LINES, min_size=1, max_size=12))
def test_an_outline_tells_ids_places_and_rejects_as_the_batch_does(lines: list[bytes]) -> None:
    batch = decode_lines(b"\n".join(lines), Arrival(NOW, "x"))
    outline = through_bytes(Outline.of(batch))
    assert (outline.size, outline.rejects) == (batch.size, batch.rejects)
    ids = ids_of(outline)
    assert ids == ids_of(batch)
    digests, position = digests_of(outline)
    expected = digest_ids(np.array([ids[i] for i in position], object))
    assert digests.hi.tolist() == expected.hi.tolist()
    assert digests.lo.tolist() == expected.lo.tolist()
    refused = {reject.position for reject in batch.rejects}
    assert sorted(position.tolist()) == [i for i in range(batch.size) if i not in refused]


def test_of_nothing_there_is_nothing_to_tell() -> None:
    outline = through_bytes(Outline.of(EventBatch(0, ())))
    digests, position = digests_of(outline)
    assert (len(digests), position.tolist(), ids_of(outline)) == (0, [], [])
    assert position.dtype == np.int64
