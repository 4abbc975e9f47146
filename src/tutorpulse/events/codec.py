"""Bytes, or parsed objects, to an `EventBatch`: every event valid in columns, or rejected with its reason.

decoder = BatchDecoder(Arrival(now_us, "events.ndjson"))
decoder.add_lines(block, place=1)
batch = decoder.finish()
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import HOUR_US
from tutorpulse.events import columns, strict, tolerant
from tutorpulse.events.batch import EventBatch, Reject
from tutorpulse.events.envelopes import RefusalError
from tutorpulse.events.identity import Occurrences, content_digest, derived_id
from tutorpulse.events.strict import TYPE_NAMES, UNREADABLE, Envelope

DAY_AHEAD_US = 24 * HOUR_US

_BODY = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Arrival:
    """How a batch of events came in.

    `now_us` is the clock, `source` the file or sender. `replayed` says that an event's own `received_at` holds (a file);
    otherwise arrival is reception. An event without one counts as received when it happened
    if `received_when_happened`, else now. One that happened more than `future_tolerance_us` after its reception, as far as
    that is known and else after now, is rejected.
    """

    now_us: int
    source: str
    replayed: bool = False
    received_when_happened: bool = False
    future_tolerance_us: int = DAY_AHEAD_US


@dataclass
class _Items:
    """Some events on their way: typed ones (None: rejected), each one's place, its bytes, and extra fields by index."""

    events: Sequence[Envelope | None]
    places: Sequence[int] | NDArray[np.int64]
    raw: Callable[[int], bytes]
    extras: dict[int, str] = field(default_factory=dict)


class BatchDecoder:
    """Gathers the events of one batch; give all batches of one file the same `occurrences`.

    Without `occurrences` equal events that have no id share one id; with them each is an event of its own, numbered by its
    equals before it.
    """

    def __init__(self, arrival: Arrival, occurrences: Occurrences | None = None) -> None:
        self._arrival = arrival
        self._occurrences = occurrences
        self._pieces: dict[str, list[columns.Rows]] = {}
        self._rejects: list[Reject] = []
        self.size = 0
        """Events so far, rejected ones among them."""

    def arriving(self, arrival: Arrival) -> None:
        """What is added from now on arrives so."""
        self._arrival = arrival

    def add_lines(self, block: bytes, place: int) -> int:
        """Decode whole lines, of which the first is line `place`; blank lines are no events.

        Returns:
            The number of lines.
        """
        body = block.removesuffix(b"\n")
        events = strict.decode_block(body)
        if events is None:
            lines = body.split(b"\n")
            full = [i for i, line in enumerate(lines) if not line.isspace() and line]
            self.add_json([lines[i].removesuffix(b"\r") for i in full], [place + i for i in full])
            return len(lines)
        lines_once = cache(lambda: body.split(b"\n"))
        places = range(place, place + len(events))
        self._add(_Items(events, places, lambda i: lines_once()[i].removesuffix(b"\r")))
        empty_at_end = len(body) - len(body.rstrip(b"\n"))
        return len(events) + empty_at_end

    def add_blocks(self, blocks: Sequence[bytes]) -> list[int]:
        """Decode blocks of whole lines, together where all are clean, which costs less. Places are line numbers from 1 in each.

        Returns:
            `size` after each block.
        """
        decoded = strict.decode_blocks(blocks)
        if decoded is None:
            return [self._size_after(block) for block in blocks]
        events, counts = decoded
        places = np.concatenate([np.arange(1, count + 1) for count in counts])
        lines_once = cache(lambda: b"\n".join(block.rstrip(b"\n") for block in blocks).split(b"\n"))
        sizes = list(accumulate(counts, initial=self.size))[1:]
        self._add(_Items(events, places, lambda i: lines_once()[i].removesuffix(b"\r")))
        return sizes

    def _size_after(self, block: bytes) -> int:
        self.add_lines(block, place=1)
        return self.size

    def add_json(self, texts: Sequence[bytes], places: Sequence[int]) -> None:
        """Decode events of which each is some JSON."""
        events: list[Envelope | None] = []
        items = _Items(events, places, texts.__getitem__)
        for index, text in enumerate(texts):
            event = strict.decode_line(text)
            if event is None:
                event = self._interpret(tolerant.interpret_json, text, items, index)
            events.append(event)
        self._add(items)

    def add_array(self, body: bytes) -> None:
        """Decode a JSON array of events, places being indexes from 0. A body that is no such array is one reject."""
        events = strict.decode_array(body)
        if events is None:
            texts = split_array(body)
            texts = [body] if texts is None else texts
            self.add_json(texts, range(len(texts)))
            return
        texts_once = cache(lambda: split_array(body) or [])
        self._add(_Items(events, range(len(events)), lambda i: texts_once()[i]))

    def add_objects(
        self, objects: Sequence[object], places: Sequence[int], raw: Callable[[int], bytes]
    ) -> None:
        """Decode parsed events. `raw` gives the bytes to keep of a reject; a `RefusalError` in place of an event is one."""
        events: list[Envelope | None] = []
        items = _Items(events, places, raw)
        for index, event in enumerate(objects):
            events.append(self._interpret(_interpret_object, event, items, index))
        self._add(items)

    def finish(self) -> EventBatch:
        """Everything added, in the contract's order of types and the order of arrival within each."""
        rows = tuple(
            columns.join(name, self._pieces[name]) for name in TYPE_NAMES.values() if name in self._pieces
        )
        rejects = tuple(sorted(self._rejects, key=lambda reject: reject.position))
        return EventBatch(self.size, rows, rejects)

    def _interpret(
        self,
        interpret: Callable[..., tuple[Envelope, str | None]],
        original: object,
        items: _Items,
        index: int,
    ) -> Envelope | None:
        try:
            event, extra = interpret(original)
        except RefusalError as refusal:
            self._reject(items, index, refusal)
            return None
        if extra is not None:
            items.extras[index] = extra
        return event

    def _reject(self, items: _Items, index: int, refusal: RefusalError) -> None:
        self._rejects.append(
            Reject(
                position=self.size + index,
                raw=items.raw(index),
                reason=refusal.reason,
                field=refusal.field,
                source=self._arrival.source,
                place=int(items.places[index]),
                received_us=self._arrival.now_us,
            )
        )

    def _add(self, items: _Items) -> None:
        indexes, events = _present(items.events)
        ts_us = columns.times_to_us([event.timestamp for event in events])
        received_us, refused = self._received(events, ts_us)
        if refused:
            for i, refusal in refused.items():
                self._reject(items, indexes[i], refusal)
            kept = [i for i in range(len(events)) if i not in refused]
            events, indexes = [events[i] for i in kept], [indexes[i] for i in kept]
            ts_us, received_us = ts_us[kept], received_us[kept]
        extras = [items.extras.get(i) for i in indexes] if items.extras else [None] * len(events)
        all_rows = columns.Rows(
            position=np.fromiter(indexes, np.int64, len(indexes)) + self.size,
            event_id=columns.objects(self._ids(events, extras)),
            ts_us=ts_us,
            received_us=received_us,
            extra=columns.objects(extras),
            payloads=[event.payload for event in events],
        )
        for envelope, where in _by_type(events).items():
            self._pieces.setdefault(TYPE_NAMES[envelope], []).append(all_rows.at(where))
        self.size += len(items.events)

    def _received(
        self, events: Sequence[Envelope], ts_us: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], dict[int, RefusalError]]:
        """When each was received, and those that lie too far ahead of it."""
        arrival = self._arrival
        now = np.full(len(events), arrival.now_us, np.int64)
        seen, received = now, ts_us if arrival.received_when_happened else now
        refused: dict[int, RefusalError] = {}
        if arrival.replayed and any(event.received_at is not None for event in events):
            given = columns.optional_times([event.received_at for event in events])
            known = given != columns.MISSING_TIME
            seen, received = np.where(known, given, now), np.where(known, given, received)
            refused = self._ahead("received_at", seen, now)
        return received, self._ahead("timestamp", ts_us, seen) | refused

    def _ahead(
        self, name: str, times: NDArray[np.int64], clock: NDArray[np.int64]
    ) -> dict[int, RefusalError]:
        hours = self._arrival.future_tolerance_us / HOUR_US
        ahead = np.flatnonzero(times - clock > self._arrival.future_tolerance_us)
        return {int(i): RefusalError(f"More than {hours:g} h in the future", name) for i in ahead}

    def _ids(self, events: Sequence[Envelope], extras: Sequence[str | None]) -> list[str]:
        ids = [event.event_id for event in events]
        if all(ids):
            return cast(list[str], ids)
        nameless = [i for i, event_id in enumerate(ids) if event_id is None]
        digests = [content_digest(events[i], extras[i]) for i in nameless]
        numbers = self._occurrences.number(digests).tolist() if self._occurrences else [0] * len(digests)
        for i, digest, number in zip(nameless, digests, numbers, strict=True):
            ids[i] = derived_id(digest, number)
        return [event_id for event_id in ids if event_id is not None]


def _present(events: Sequence[Envelope | None]) -> tuple[Sequence[int], Sequence[Envelope]]:
    """Those that are events, and their indexes."""
    if all(events):
        return range(len(events)), cast(Sequence[Envelope], events)
    indexes = [i for i, event in enumerate(events) if event is not None]
    return indexes, [event for event in events if event is not None]


def _by_type(events: Sequence[Envelope]) -> dict[type[Envelope], list[int]]:
    """Where the events of each type are."""
    groups: dict[type[Envelope], list[int]] = {}
    for i, event in enumerate(events):
        groups.setdefault(type(event), []).append(i)
    return groups


def _interpret_object(event: object) -> tuple[Envelope, str | None]:
    if isinstance(event, RefusalError):
        raise event
    return tolerant.interpret(event)


def decode_lines(data: bytes, arrival: Arrival) -> EventBatch:
    """Events of newline-delimited JSON, places being line numbers from 1."""
    decoder = BatchDecoder(arrival)
    decoder.add_lines(data, place=1)
    return decoder.finish()


def decode_body(body: bytes, arrival: Arrival) -> EventBatch:
    """One event, or a JSON array of events; places are indexes from 0. A body that is no JSON is one reject."""
    decoder = BatchDecoder(arrival)
    if body.lstrip().startswith(b"["):
        decoder.add_array(body)
    else:
        decoder.add_json([body], [0])
    return decoder.finish()


def split_array(body: bytes) -> list[bytes] | None:
    """The items of a JSON array, each as its own JSON, or None if `body` is no such array."""
    try:
        return [bytes(item) for item in _BODY.decode(body)]
    except UNREADABLE:
        return None
