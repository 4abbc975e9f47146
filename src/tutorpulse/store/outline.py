"""What deciding about a batch takes, and telling its senders: its ids and rejects, without its rows, in a few strings of bytes that one process can hand to another."""

from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import EventBatch, Reject
from tutorpulse.store.digests import Digests, digest_ids

_IDS = msgspec.msgpack.Decoder(list[str | None])


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """Of a batch of `size` events, of which `rejects` break the contract.

    For each of the others stand the halves of its id's digest in `hi` and `lo`, and its place in what arrived (0-based) in `places`, all of 8 bytes.
    `ids` are the events' ids in order of arrival, nil for rejects, in MessagePack: they are hardly ever asked for.
    """

    size: int
    rejects: tuple[Reject, ...]
    hi: bytes
    lo: bytes
    places: bytes
    ids: msgspec.Raw

    @classmethod
    def of(cls, batch: EventBatch) -> "Outline":
        """What is to be known of a batch."""
        digests, position = digests_of(batch)
        ids = msgspec.msgpack.encode(ids_of(batch))
        return cls(
            batch.size,
            batch.rejects,
            digests.hi.tobytes(),
            digests.lo.tobytes(),
            position.tobytes(),
            msgspec.Raw(ids),
        )

    @classmethod
    def bare(cls, size: int, rejects: tuple[Reject, ...]) -> "Outline":
        """What is left to be known of a batch that was decided about, and whose senders were told."""
        return cls(size, rejects, b"", b"", b"", msgspec.Raw(b"\x90"))


Batch: TypeAlias = EventBatch | Outline
"""A decoded batch, or what is known of it."""


def digests_of(batch: Batch) -> tuple[Digests, NDArray[np.int64]]:
    """The digests of the valid events' ids, and their places in what arrived."""
    if isinstance(batch, Outline):
        hi, lo = (np.frombuffer(half, np.uint64) for half in (batch.hi, batch.lo))
        return Digests(hi, lo), np.frombuffer(batch.places, np.int64)
    if not batch.rows:
        return Digests(np.empty(0, np.uint64), np.empty(0, np.uint64)), np.empty(0, np.int64)
    ids = digest_ids(np.concatenate([rows.event_id for rows in batch.rows]))
    return ids, np.concatenate([rows.position for rows in batch.rows])


def ids_of(batch: Batch) -> list[str | None]:
    """The events' ids by their places, None for rejects."""
    if isinstance(batch, Outline):
        return _IDS.decode(batch.ids)
    found = np.full(batch.size, None, np.object_)
    for rows in batch.rows:
        found[rows.position] = rows.event_id
    ids: list[str | None] = found.tolist()
    return ids
