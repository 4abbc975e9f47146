"""Work on several threads: DuckDB and LightGBM leave the interpreter to others while they work."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

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
    """What `work` makes of each item, in the order of the items, on so many threads; one thread is the caller's.

    Each of several works on an item within its own `held`. `tell` hears how many are done. After the first error no further item
    is begun, and that error is raised.
    """
    if threads == 1:
        return _told(map(work, items), tell)
    stopped = threading.Event()

    def one(item: T) -> R:
        if stopped.is_set():
            raise InterruptedError("An earlier item failed, and its error is told.")
        try:
            with held():
                return work(item)
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(threads) as pool:
        try:
            return _told(pool.map(one, items), tell)
        finally:
            stopped.set()


def _told(made: Iterable[R], tell: Callable[[int], None]) -> list[R]:
    found: list[R] = []
    for each in made:
        found.append(each)
        tell(len(found))
    return found
