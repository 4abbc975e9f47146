"""Which threads of a process go before others."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOW = 10
"""As `nice` counts: a tenth of the share of a thread that was not told to give way, where both want a processor."""


def give_way() -> None:
    """From now on the calling thread, and those that it starts, let the process's others go before; only where the system can tell threads apart (Linux)."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(LOW, os.getpriority(os.PRIO_PROCESS, thread)))


SOON_S = 0.0001
"""In a flood of large bodies the thread that reads them waits for the one that decodes each time that something has come. Always so short an
interval cost bodies of one event a fifth of their rate (nine repeats each, by turns: a one-off look)."""


@contextmanager
def in_turns() -> Iterator[None]:
    """Within the context whoever waits for the interpreter has it from a busy thread `SOON_S` later at most. For one thread of the process."""
    before = sys.getswitchinterval()
    _change_hands_after(min(before, SOON_S))
    try:
        yield
    finally:
        _change_hands_after(before)


def _change_hands_after(seconds: float) -> None:
    # Python cuts off what is less than a microsecond, so that a number set as it was read would be a smaller one each time.
    sys.setswitchinterval(seconds + 1e-7)
