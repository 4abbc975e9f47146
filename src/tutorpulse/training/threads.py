"""Work on several threads: DuckDB and LightGBM leave the interpreter to others while they work."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 2
LARGE_ROWS = 250_000
"""From so many rows of a kind on, dates and heads are worked on two at a time: below, what that takes from others is not worth it."""


def spread(
    work: Callable[[T], R],
    items: Sequence[T],
    threads: int,
    tell: Callable[[int], None] = lambda _done: None,
    held: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[R]:
    """What `work` makes of each item, in the order of the items.

    A thread takes the next item when it is done with one, all within its own `held`; one thread is the caller's. `tell` hears how
    many items are done, never twice at once. After the first error no further item is begun, and that error is raised.
    """
    shared = _Spread(work, items, tell)
    if threads == 1:
        shared.take()
    else:
        with ThreadPoolExecutor(threads) as pool:
            begun = [pool.submit(shared.take_within, held) for _ in range(threads)]
            try:
                for each in begun:
                    each.result()
            finally:
                shared.stop()
    return [shared.made[place] for place in range(len(items))]


class _Spread(Generic[T, R]):
    """Items that several threads take one by one."""

    def __init__(self, work: Callable[[T], R], items: Sequence[T], tell: Callable[[int], None]) -> None:
        self.made: dict[int, R] = {}
        self._work, self._items, self._tell = work, items, tell
        self._next, self._guard = 0, threading.Lock()

    def take_within(self, held: Callable[[], AbstractContextManager[object]]) -> None:
        try:
            with held():
                self.take()
        except BaseException:
            self.stop()
            raise

    def take(self) -> None:
        while (place := self._claim()) < len(self._items):
            made = self._work(self._items[place])
            with self._guard:
                self.made[place] = made
                self._tell(len(self.made))

    def stop(self) -> None:
        with self._guard:
            self._next = len(self._items)

    def _claim(self) -> int:
        with self._guard:
            self._next += 1
            return self._next - 1
