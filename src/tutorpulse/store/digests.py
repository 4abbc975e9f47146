"""Event ids as 128-bit BLAKE2b digests, and sorted sets of them.

At 50 million ids the chance that two different ids share a digest is 4e-24 (n squared over 2 to the 129).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_PREFIX_DIGESTS = 32
FEW_SOUGHT = 200
"""Up to so many sought at once are found soonest without the table."""
_EMPTY_HASH = blake2b(digest_size=16)


@dataclass(frozen=True)
class Digests:
    """n digests as two uint64 arrays, the leading and the trailing 8 bytes; in some order, or sorted by `hi`."""

    hi: NDArray[np.uint64]
    lo: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.hi)

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> "Digests":
        return Digests(self.hi[which], self.lo[which])

    def sorted(self) -> "Digests":
        """The same, by ascending `hi`; the order among equal `hi` is not defined."""
        return self[np.argsort(self.hi)]

    def places(self, hi: NDArray[np.uint64]) -> NDArray[np.int64]:
        """For each of `hi` the first place, in this sorted set, whose leading half is not less; `len` if there is none."""
        return self.hi.searchsorted(hi)


@dataclass(frozen=True)
class Run(Digests):
    """A large sorted set, with a table of where each prefix of the leading halves begins.

    Digests are uniform, so a prefix leaves some 30 of them to search, in one stretch of memory: five times as fast as searching ten
    million (measured with 6,000 sought at once). Other distributions are slower and as exact.
    """

    table: NDArray[np.int64]
    bits: int

    @classmethod
    def of(cls, hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> "Run":
        """Of halves sorted by `hi`."""
        bits = max(1, (len(hi) // _PREFIX_DIGESTS).bit_length())
        starts = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        return cls(hi, lo, np.append(hi.searchsorted(starts), len(hi)), bits)

    def places(self, hi: NDArray[np.uint64]) -> NDArray[np.int64]:
        """As of any set."""
        if len(hi) <= FEW_SOUGHT:
            return self.hi.searchsorted(hi)
        prefix = (hi >> np.uint64(64 - self.bits)).astype(np.int64)
        low, high = self.table[prefix], self.table[prefix + 1]
        while (open_ := low < high).any():
            middle = (low + high) >> 1
            less = self.hi[np.minimum(middle, len(self) - 1)] < hi
            low = np.where(open_ & less, middle + 1, low)
            high = np.where(open_ & ~less, middle, high)
        return low


def digest_ids(ids: NDArray[np.object_]) -> Digests:
    """The digests of text ids, in their order."""
    raw = b"".join([_digest(encoded) for encoded in _encode(ids.tolist())])
    pairs = np.frombuffer(raw, "<u8").reshape(-1, 2)
    return Digests(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))


@dataclass
class SortedParts:
    """A growing set of digests in memory: sorted parts of falling size, so that there are few and each is merged rarely."""

    parts: list[Digests] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def add(self, new: Digests) -> None:
        """Hold `new` too. Whoever iterates over `parts` meanwhile sees each digest at least once."""
        if not len(new):
            return
        parts = [*self.parts, new.sorted()]
        while len(parts) > 1 and len(parts[-2]) <= 2 * len(parts[-1]):
            parts[-2:] = [merged(parts[-2:])]
        self.parts = parts

    def join(self) -> None:
        """Hold all in one part, once no more are to come for a while: each part is looked through for whatever is sought."""
        if len(self.parts) > 1:
            self.parts = [merged(self.parts)]


def concatenate(parts: list[Digests]) -> Digests:
    """All digests of `parts`, in order; of none, an empty set."""
    if not parts:
        return Digests(np.empty(0, np.uint64), np.empty(0, np.uint64))
    return Digests(np.concatenate([p.hi for p in parts]), np.concatenate([p.lo for p in parts]))


def merged(parts: list[Digests]) -> Digests:
    """All digests of sorted `parts`, sorted."""
    joined = concatenate(parts)
    # A stable sort finds what is sorted already: 17 times as fast for a large part and two small ones, 4 for ten equal ones (a one-off look).
    return joined[np.argsort(joined.hi, kind="stable")]


def contains(known: Digests, wanted: Digests) -> NDArray[np.bool_]:
    """For each of `wanted`, whether it is in `known`, which is sorted by `hi`. Fast where `wanted` is sorted too."""
    found = np.zeros(len(wanted), np.bool_)
    if not len(known):
        return found
    place = known.places(wanted.hi)
    # Beyond the end stands the last in its place, which is less than what is sought.
    pending = np.flatnonzero(known.hi.take(place, mode="clip") == wanted.hi)
    while pending.size:
        pending = pending[known.hi[place[pending]] == wanted.hi[pending]]
        same = known.lo[place[pending]] == wanted.lo[pending]
        found[pending[same]] = True
        pending = pending[~same]
        place[pending] += 1
        pending = pending[place[pending] < len(known)]
    return found


def contained(parts: Iterable[Digests], wanted: Digests) -> NDArray[np.bool_]:
    """For each of `wanted`, in any order, whether one of `parts` (each sorted by `hi`) holds it."""
    order = np.argsort(wanted.hi)
    ascending = wanted[order]
    found = np.zeros(len(wanted), np.bool_)
    for part in parts:
        found |= contains(part, ascending)
    answer = np.empty_like(found)
    answer[order] = found
    return answer


def partners(parts: Iterable[Digests], hi: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The `lo` of every digest of `parts` (each sorted by `hi`) whose `hi` is among `hi` (ascending, each once), in no order."""
    found = [np.empty(0, np.uint64)]
    for part in parts:
        start, end = part.hi.searchsorted(hi), part.hi.searchsorted(hi, side="right")
        counts = end - start
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found.append(part.lo[np.repeat(start, counts) + step])
    return np.concatenate(found)


def first_of_each(digests: Digests, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each digest, whether it is the first of its equals by ascending `order` (distinct numbers)."""
    first = np.ones(len(digests), np.bool_)
    ascending = np.sort(digests.hi)
    again = ascending[1:][ascending[1:] == ascending[:-1]]
    if len(again):
        among = np.flatnonzero(np.isin(digests.hi, again))
        first[among] = _first_among(digests[among], order[among])
    return first


def _first_among(digests: Digests, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    by = np.lexsort((order, digests.lo, digests.hi))
    hi, lo = digests.hi[by], digests.lo[by]
    first = np.empty(len(digests), np.bool_)
    first[by[0]] = True
    first[by[1:]] = (hi[1:] != hi[:-1]) | (lo[1:] != lo[:-1])
    return first


def _encode(ids: list[str]) -> list[bytes]:
    """Each id in UTF-8: joined, encoded and split in one go unless one holds the separator."""
    parts = "\n".join(ids).encode().split(b"\n")
    return parts if len(parts) == len(ids) else [text.encode() for text in ids]


def _digest(encoded: bytes) -> bytes:
    state = _EMPTY_HASH.copy()
    state.update(encoded)
    return state.digest()
