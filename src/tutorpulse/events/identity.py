"""Ids for events that come without one: derived from what they say, so that saying it twice counts once."""

import hashlib
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import datetime_to_us
from tutorpulse.events.strict import TYPE_NAMES, Envelope

DERIVED_PREFIX = "content-"
_DIGEST_BYTES = 16
_CANONICAL = msgspec.json.Encoder(order="sorted")


def content_digest(event: Envelope, extra: str | None) -> bytes:
    """128-bit BLAKE2b of an event's canonical content: type, time, payload and extra fields.

    Spelling does not matter: key order, white space, aliases, a null for a missing field, 5 for 5.0, and the offset in which
    a time is written give the same digest. When it was received is no content.
    """
    payload = {
        name: _plain(value)
        for name, value in msgspec.structs.asdict(event.payload).items()
        if value is not None
    }
    content = [TYPE_NAMES[type(event)], datetime_to_us(event.timestamp), payload, extra]
    return hashlib.blake2b(_CANONICAL.encode(content), digest_size=_DIGEST_BYTES).digest()


def derived_id(digest: bytes, occurrence: int = 0) -> str:
    """The id of the event with this content; `occurrence` counts its earlier equals in the same file."""
    suffix = f"-{occurrence}" if occurrence else ""
    return DERIVED_PREFIX + digest.hex() + suffix


def _plain(value: object) -> object:
    return datetime_to_us(value) if isinstance(value, datetime) else value


class Occurrences:
    """How often each content was seen so far in one file, in about 16 bytes per distinct content.

    Counts are kept under the first 64 bits of the digest, in sorted runs that are merged when they have grown alike. Two contents
    that share these bits (in a file of ten million: about one in 400,000) would number each other, no more: their ids stay apart.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []

    def number(self, digests: list[bytes]) -> NDArray[np.int64]:
        """For each digest, the number of its equals before it: in earlier calls and in this one."""
        if not digests:
            return np.zeros(0, np.int64)
        keys = np.frombuffer(b"".join(digests), np.uint64).reshape(len(digests), -1)[:, 0]
        order = np.argsort(keys, kind="stable")
        distinct, first, counts = np.unique(keys[order], return_index=True, return_counts=True)
        numbers = np.empty(len(keys), np.int64)
        numbers[order] = (
            np.arange(len(keys)) - np.repeat(first, counts) + np.repeat(self._seen(distinct), counts)
        )
        self._add(distinct, counts)
        return numbers

    def _seen(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        seen = np.zeros(len(keys), np.int64)
        for run, counts in self._runs:
            place = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            seen += np.where(run[place] == keys, counts[place], 0)
        return seen

    def _add(self, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        while self._runs and len(self._runs[-1][0]) <= 2 * len(keys):
            other_keys, other_counts = self._runs.pop()
            keys, place = np.unique(np.concatenate([other_keys, keys]), return_inverse=True)
            counts = np.bincount(place, np.concatenate([other_counts, counts])).astype(np.int64)
        self._runs.append((keys, counts))
