"""What is not yet durable is nobody's duplicate: whoever meets it waits until it is sure."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.store.batches import batch_of
from tests.store.test_log import paid
from tutorpulse.store.admission import Claim, Generation
from tutorpulse.store.log import EventStore


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def met(store: EventStore, other: ThreadPoolExecutor, first: Claim, outcome: str) -> Claim:
    """What is decided about a batch that waited for `first` to become sure."""
    waits = threading.Event()
    changed = store.admission._changed
    wait = changed.wait

    def watched(timeout: float | None = None) -> bool:
        waits.set()
        return wait(timeout)

    changed.wait = watched  # type: ignore[method-assign]
    second = other.submit(store.claim, batch_of([paid("new"), paid("a")]))
    assert waits.wait(30)
    assert not second.done()
    if outcome == "landed":
        store.write(Generation([first]))
    else:
        getattr(store.admission, outcome)(first)
    return second.result(30)


@pytest.mark.parametrize(("outcome", "new"), [("confirm", 1), ("withdraw", 2), ("landed", 1)])
def test_an_unsure_event_is_waited_for(
    store: EventStore, other: ThreadPoolExecutor, outcome: str, new: int
) -> None:
    first = store.claim(batch_of([paid("a")]))
    assert met(store, other, first, outcome).size == new


def test_events_that_share_nothing_wait_for_nobody(store: EventStore) -> None:
    store.claim(batch_of([paid("a")]))
    assert store.claim(batch_of([paid("b")])).size == 1


def test_a_confirmed_event_is_a_duplicate_before_and_after_it_lands(store: EventStore) -> None:
    store.admission.confirm(store.claim(batch_of([paid("a"), paid("b")])))
    assert store.append(batch_of([paid("a")])).duplicate == 1
    generation = store.admission.next_generation()
    assert store.append(batch_of([paid("b")])).duplicate == 1
    store.admission.confirm(store.claim(batch_of([paid("c")])))
    store.write(generation)
    assert store.append(batch_of([paid("a"), paid("b"), paid("c")])).duplicate == 3
    store.write(store.admission.next_generation())
    assert store.query("SELECT event_id FROM payment_events ORDER BY seq")["event_id"].tolist() == [*"abc"]


def test_a_failed_import_leaves_its_ids_free(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store._database, "insert", fail)
        with pytest.raises(OSError, match="No space left"):
            store.append(batch_of([paid("a")]))
    assert store.append(batch_of([paid("a")])).accepted == 1
