"""A share of the time for work that nobody waits for."""

from collections.abc import Callable
from time import monotonic

Seconds = Callable[[], float]


class Budget:
    """Lets work go on as long as it takes no more than `percent` of the time; `seconds` is a clock that never goes back."""

    def __init__(self, percent: float, seconds: Seconds = monotonic) -> None:
        self._rest_per_work = 100 / percent - 1
        self._seconds = seconds
        self._free_at = seconds()

    @property
    def wait_s(self) -> float:
        """Seconds until there may be work again; 0 where there may be now."""
        return max(0.0, self._free_at - self._seconds())

    def spent(self, seconds: float) -> None:
        """Note that work of so many seconds has just ended."""
        self._free_at = self._seconds() + seconds * self._rest_per_work
