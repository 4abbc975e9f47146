"""Answers that cost seconds at scale: worked out once in a while, shown at once."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_PATIENCE = 5


class Kept(Generic[T]):
    """Keeps what `work` answered for `keep_s` seconds. For all threads.

    The first who asks waits, and so does whoever asks beside them. Later ones get what is kept, and where it is too old one of
    them sees to a new one in a thread of its own. An error is the asker's, and is not kept.
    """

    def __init__(
        self, work: Callable[[], T], keep_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._work, self._keep_s, self._now_s = work, keep_s, now_s
        self._guard = threading.Lock()
        self._held: tuple[T] | None = None
        self._until_s = 0.0

    def get(self) -> T:
        """The answer, at most six times `keep_s` and one piece of work old."""
        held = self._held
        if held is None or self._too_old():
            return self._waited()
        if self._now_s() >= self._until_s and self._guard.acquire(blocking=False):
            threading.Thread(target=self._renew, name="pages-renew", daemon=True).start()
        return held[0]

    def _too_old(self) -> bool:
        return self._now_s() >= self._until_s + _PATIENCE * self._keep_s

    def _waited(self) -> T:
        with self._guard:
            if self._held is None or self._too_old():
                self._keep()
            assert self._held is not None
            return self._held[0]

    def _renew(self) -> None:
        try:
            self._keep()
        finally:
            self._guard.release()

    def _keep(self) -> None:
        self._held = (self._work(),)
        self._until_s = self._now_s() + self._keep_s
