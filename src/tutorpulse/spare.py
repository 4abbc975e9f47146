"""What a thread has freed goes back to the system, not only to the allocator."""

import ctypes
from collections.abc import Callable
from time import monotonic

EVERY_S = 10.0
"""How often a thread returns what is spare: that takes it 3 to 11 ms in a busy service (a one-off look), and what it wants again the system gives it page by page."""


class Spare:
    """What mimalloc keeps of what one thread has freed, to be used by that thread. With another allocator there is nothing to do.

    mimalloc looks through it when the thread asks for more; of a thread that asks for nothing it keeps all, however long.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._returned_s = seconds()
        self._collect: Callable[[bool], None] | None = getattr(ctypes.CDLL(None), "mi_collect", None)

    def return_when_due(self) -> bool:
        """Return it, once every `EVERY_S`. Whether that was done."""
        now_s = self._seconds()
        if self._collect is None or now_s - self._returned_s < EVERY_S:
            return False
        self._returned_s = now_s
        self._collect(True)
        return True
