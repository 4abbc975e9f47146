"""Waiting for what another thread or process will do."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0


def until(done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Return as soon as it is done; fail where it is not by then."""
    limit = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < limit, f"it did not come to pass in {patience_s:g} s"
        time.sleep(0.01)
