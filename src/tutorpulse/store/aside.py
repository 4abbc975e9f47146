"""A thread that does one thing after another for another thread, which goes on meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

_Work = Callable[[], None]


class Aside:
    """One thing is under way at a time, and what raises is the last one. Used by one thread; close it in the end."""

    def __init__(self, name: str) -> None:
        self._given: SimpleQueue[tuple[_Work, Future[None]] | None] = SimpleQueue()
        self._under_way: Future[None] | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def begin(self, work: _Work) -> None:
        """Begin to do it, after what is under way; raises what that raised."""
        self.wait()
        self._under_way = Future()
        self._given.put((work, self._under_way))

    def wait(self) -> None:
        """Until nothing is under way; raises what that raised."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def close(self) -> None:
        """End, after what is under way."""
        self._given.put(None)

    def _run(self) -> None:
        while (given := self._given.get()) is not None:
            work, done = given
            try:
                work()
            except BaseException as error:
                done.set_exception(error)
                raise
            else:
                done.set_result(None)
