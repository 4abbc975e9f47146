"""Work on several threads keeps the order of its items, and stops at the first error."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tutorpulse.training.threads import spread


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_stand_in_the_order_of_the_items_and_each_is_told(threads: int) -> None:
    told: list[int] = []
    assert spread(lambda item: item * item, range(50), threads, told.append) == [i * i for i in range(50)]
    assert told == list(range(1, 51))
    assert spread(lambda item: item, [], threads) == []


def test_two_items_are_under_way_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)
    assert sorted(spread(lambda _item: meeting.wait(), range(2), 2)) == [0, 1]


def test_each_thread_holds_what_is_its_own_while_it_works() -> None:
    held: dict[int, int] = {}

    @contextmanager
    def own() -> Iterator[None]:
        held[threading.get_ident()] = 1
        yield
        held[threading.get_ident()] = 0

    assert spread(lambda _item: held[threading.get_ident()], range(8), 2, held=own) == [1] * 8
    assert set(held.values()) == {0}


@pytest.mark.parametrize("threads", [1, 2])
def test_after_an_error_no_further_item_is_begun(threads: int) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match=r"^\d+$"):
        spread(work, range(1000), threads)
    assert len(begun) <= threads
