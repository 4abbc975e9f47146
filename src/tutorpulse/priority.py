"""Which threads of a process go before others."""

import os
import sys
import threading

LOW = 10
"""As `nice` counts: a tenth of the share of a thread that was not told to give way, where both want a processor."""


def give_way() -> None:
    """From now on the calling thread, and those that it starts, let the process's others go before; only where the system can tell threads apart (Linux)."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(LOW, os.getpriority(os.PRIO_PROCESS, thread)))
