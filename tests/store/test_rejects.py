"""Dead letters are kept whole, once, until somebody deals with them."""

import pytest

from tests.store.batches import batch_of
from tutorpulse.errors import InputError
from tutorpulse.events.batch import Reject
from tutorpulse.store.log import EventStore


def reject(place: int, raw: bytes = b'{"a": \xff\x00}', source: str = "b.ndjson") -> Reject:
    return Reject(0, raw, "Invalid UTF-8", "payload.rating", source, place, 77)


def keep(store: EventStore, *rejects: Reject) -> None:
    for one in rejects:
        store.append(batch_of([], (one,)))


def test_a_reject_is_kept_whole(store: EventStore) -> None:
    keep(store, reject(5))
    (kept,) = store.rejects()
    assert (kept.raw, kept.reason, kept.field) == (b'{"a": \xff\x00}', "Invalid UTF-8", "payload.rating")
    assert (kept.source, kept.place, kept.received_us, kept.state) == ("b.ndjson", 5, 77, "open")
    assert store.reject(kept.reject_id) == kept


def test_rejects_differ_by_content_source_and_place_only(store: EventStore) -> None:
    again = Reject(9, b'{"a": \xff\x00}', "Another word for it", "", "b.ndjson", 5, 99)
    keep(store, reject(5), again, reject(6), reject(5, b"x"), reject(5, source="c"))
    assert len(store.rejects()) == 4


def test_a_file_of_rejects_imported_twice_adds_nothing(store: EventStore) -> None:
    batch = batch_of([], tuple(Reject(i, b"same", "bad", "", "f", i % 3, 1) for i in range(6)))
    assert store.append(batch).rejected == 6
    assert store.append(batch).rejected == 6
    assert [kept.place for kept in store.rejects()] == [0, 1, 2]


def test_rejects_are_listed_in_order_and_in_parts(store: EventStore) -> None:
    keep(store, *(reject(place) for place in (3, 1, 2, 0)))
    assert [kept.place for kept in store.rejects(limit=2)] == [0, 1]
    assert [kept.place for kept in store.rejects(limit=2, offset=2)] == [2, 3]


def test_what_was_dealt_with_is_no_longer_open_even_if_it_comes_again(store: EventStore) -> None:
    keep(store, reject(1), reject(2), reject(3))
    first, second, _ = store.rejects()
    store.mark_rejects([first.reject_id], "replayed")
    store.mark_rejects([second.reject_id, "unknown"], "dismissed")
    keep(store, reject(1), reject(2))
    assert [kept.place for kept in store.rejects()] == [3]
    assert [kept.state for kept in store.rejects(None)] == ["replayed", "dismissed", "open"]
    assert [kept.place for kept in store.rejects("replayed")] == [1]


def test_an_unknown_reject_is_refused(store: EventStore) -> None:
    with pytest.raises(InputError, match=r"No reject 'x'. `tutorpulse rejects list` shows those there are"):
        store.reject("x")
