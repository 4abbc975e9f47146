"""Bodies as they arrive at the live door, and what is told to their senders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, BatchDecoder
from tutorpulse.events.envelopes import from_http_headers
from tutorpulse.store.outline import Batch, ids_of
from tutorpulse.store.receipts import ACCEPTED, DUPLICATE, REJECTED, STATUSES

if TYPE_CHECKING:
    from tutorpulse.store.admission import Claim

_B = TypeVar("_B", bound=Batch, covariant=True)

Form: TypeAlias = Literal["json", "lines"]
"""`json`: one event or an array of events, native or CloudEvents. `lines`: one event in each line."""


class Body(msgspec.Struct, frozen=True, array_like=True):
    """One request's body, unpacked. `source` names the sender; it stands with its rejects. Received at `received_us`."""

    raw: bytes
    form: Form
    source: str
    received_us: int

    @classmethod
    def of_binary_mode(cls, headers: Mapping[str, str], data: bytes, source: str, received_us: int) -> "Body":
        """A CloudEvent in binary mode, brought to its structured form."""
        return cls(msgspec.json.encode(from_http_headers(headers, data)), "json", source, received_us)


@dataclass(frozen=True)
class Refused:
    """Why one event of a body is no event: its index in the body, the reason, the dotted path of the field (or empty)."""

    index: int
    reason: str
    field: str


@dataclass(frozen=True)
class Taken:
    """What became of one body's events, in their order there.

    `event_ids` gives the ids, given or derived, None where the event was rejected; `status` indexes `receipts.STATUSES`.
    """

    event_ids: Callable[[], Sequence[str | None]]
    status: NDArray[np.int8]
    refused: tuple[Refused, ...]

    def __len__(self) -> int:
        return len(self.status)

    def count(self, status: Literal["accepted", "duplicate", "rejected"]) -> int:
        """How many events became so."""
        return int((self.status == STATUSES.index(status)).sum())


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Bodies that are decided and made durable together; what the journal keeps.

    All of them count as received when the last one was. Decoding a group again gives the same events.
    """

    bodies: tuple[Body, ...]
    future_tolerance_us: int

    @property
    def received_us(self) -> int:
        """When the group was received."""
        return max(body.received_us for body in self.bodies)


@dataclass(frozen=True)
class Decoded(Generic[_B]):
    """A group's events as one batch, or its outline; body i has the positions from `starts[i]` to `starts[i + 1]`."""

    batch: _B
    starts: tuple[int, ...]


def decode(group: Group) -> Decoded[EventBatch]:
    """All events of the group, in order."""
    decoder = BatchDecoder(_arrival(group, ""))
    starts = [0]
    for (source, add), some in groupby(group.bodies, lambda body: (body.source, _way_of(body))):
        decoder.arriving(_arrival(group, source))
        starts += add(decoder, [body.raw for body in some])
    return Decoded(decoder.finish(), tuple(starts))


def _way_of(body: Body) -> Callable[[BatchDecoder, list[bytes]], list[int]]:
    """What adds such bodies to a decoder and tells its size after each."""
    if body.form == "lines":
        return BatchDecoder.add_blocks
    return _add_arrays if body.raw.lstrip()[:1] == b"[" else _add_singles


def _add_arrays(decoder: BatchDecoder, bodies: list[bytes]) -> list[int]:
    sizes = []
    for body in bodies:
        decoder.add_array(body)
        sizes.append(decoder.size)
    return sizes


def _add_singles(decoder: BatchDecoder, bodies: list[bytes]) -> list[int]:
    before = decoder.size
    decoder.add_json(bodies, [0] * len(bodies))
    return list(range(before + 1, decoder.size + 1))


def _arrival(group: Group, source: str) -> Arrival:
    return Arrival(group.received_us, source, future_tolerance_us=group.future_tolerance_us)


def answers(decoded: Decoded[Batch], claim: "Claim") -> list[Taken]:
    """For each body of the group, what to tell its sender."""
    batch = decoded.batch
    status = np.full(batch.size, REJECTED, np.int8)
    status[claim.position] = np.where(claim.new, ACCEPTED, DUPLICATE)
    event_ids = cache(partial(ids_of, batch))
    refused = _by_body(decoded)
    spans = zip(decoded.starts[:-1], decoded.starts[1:], refused, strict=True)
    return [Taken(partial(_part, event_ids, start, end), status[start:end], why) for start, end, why in spans]


def _part(ids: Callable[[], list[str | None]], start: int, end: int) -> list[str | None]:
    return ids()[start:end]


def _by_body(decoded: Decoded[Batch]) -> Sequence[tuple[Refused, ...]]:
    found: list[list[Refused]] = [[] for _ in decoded.starts[1:]]
    if decoded.batch.rejects:
        places = (
            np.searchsorted(decoded.starts, [r.position for r in decoded.batch.rejects], side="right") - 1
        )
        for body, reject in zip(places.tolist(), decoded.batch.rejects, strict=True):
            index = reject.position - decoded.starts[body]
            found[body].append(Refused(index, reject.reason, reject.field))
    return [tuple(refused) for refused in found]
