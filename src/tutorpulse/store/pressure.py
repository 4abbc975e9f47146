"""How busy a thread has been of late."""

import math

SPAN_S = 0.25
"""What lies so far back counts for a third of what is now."""


class Pressure:
    """The share of its time for which a thread was at work, the last quarter of a second counting most; as one thread tells it, and any asks."""

    def __init__(self) -> None:
        self._share, self._at_s = 0.0, -math.inf

    def worked(self, from_s: float, until_s: float) -> None:
        """It was at work so long, and idle between the end that was told last and this beginning, if that is later."""
        from_s = max(from_s, self._at_s)
        idle = 1.0 - self.share(from_s)
        # One assignment: who asks meanwhile sees both or neither.
        self._share, self._at_s = 1.0 - idle * _kept(until_s - from_s), until_s

    def share(self, now_s: float) -> float:
        """Of 1, where it was idle since `worked` was told last."""
        return self._share * _kept(now_s - self._at_s)


def _kept(seconds: float) -> float:
    return math.exp(-max(seconds, 0.0) / SPAN_S)
