"""How many requests somebody may make: a bucket of tokens each, refilled at a steady rate."""

from collections import OrderedDict
from dataclasses import dataclass

_BUCKETS_MAX = 10_000
BURST_S = 2.0
"""A bucket holds what so many seconds bring, unless it is told otherwise."""


@dataclass
class _Bucket:
    tokens: float
    at_s: float


class RequestLimits:
    """Buckets by key. `rate` is requests a second; 0: no limit. Not for several threads at once."""

    def __init__(self, rate: float, burst_s: float = BURST_S) -> None:
        self._rate = rate
        self._full = max(1.0, rate * burst_s)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, key_id: str, now_s: float) -> float:
        """Take a token of the key's: 0 if there was one, else the seconds until there is.

        `now_s` is any clock that does not go back.
        """
        if not self._rate:
            return 0.0
        bucket = self._bucket(key_id, now_s)
        bucket.tokens = min(self._full, bucket.tokens + (now_s - bucket.at_s) * self._rate)
        bucket.at_s = now_s
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0.0

    def _bucket(self, key_id: str, now_s: float) -> _Bucket:
        bucket = self._buckets.pop(key_id, None) or _Bucket(self._full, now_s)
        self._buckets[key_id] = bucket
        if len(self._buckets) > _BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return bucket
