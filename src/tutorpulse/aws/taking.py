"""One event into the table, so that doing it again, or half of it, or beside another writer, changes nothing.

First the id is claimed with the event's content: whoever claims first decides what the id says, and when it was received.
Then the event is put under everybody whom it names. Then its session or request is asked for its link, which knows everybody of
it and so who else is to hold the event: a refund names a session and not its tutor, a correction names another tutor.

A link is written when somebody joins, and only read by the other events of a session. Nothing is missed between the two: an event
stands under those it names before it reads the link, and who joins writes the link before reading what stands under the others.
So either the event sees who joined, or who joined sees the event. Events that name nobody, and those of requests, are referred to
by the link.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from tutorpulse.aws import keys
from tutorpulse.aws.events import Event, Who, event_of
from tutorpulse.aws.table import Items, Key
from tutorpulse.aws.values import Item
from tutorpulse.features.frame import EntityType


@dataclass
class Touched:
    """Whom events are about, with the days of those events."""

    days: defaultdict[Who, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, who: Iterable[Who], event: Event) -> None:
        """These have to look at the event's day."""
        for one in who:
            self.days[one].add(keys.day_of(event.ts_us))


class Taker:
    """Takes events into one table; for one thread at a time."""

    def __init__(self, table: Items) -> None:
        self._table = table
        self._paid_since_us: int | None = None

    def take(self, event: Event, touched: Touched) -> bool:
        """Write an event wherever it belongs, and note whom it touches. False: its id belongs to another event already."""
        claimed = self._table.put_new(_claim(event))
        if claimed is not None:
            if claimed["digest"] != event.digest:
                return False
            event = event.received(int(claimed["received"]))
        for partition in event.holders:
            self._table.put(event.item(partition))
        who = event.who if event.thread is None else self._join(event, claimed is not None, touched)
        touched.add(who, event)
        if event.event_type == "payment_processed":
            self._note_payment(event)
        return True

    def _join(self, event: Event, again: bool, touched: Touched) -> frozenset[Who]:
        """Put an event under everybody of its session or request, and earlier ones under whoever is new. Returns everybody."""
        place = (f"link#{event.thread}", keys.LINK)
        link = self._table.get(*place) if event.is_of_session and event.who and not again else None
        if link is None or not event.who <= _read_names(link.get("who", ())):
            return self._write_link(event, place, again, touched)
        known = _read_names(link["who"])
        self._put_under(event, event.who, known)
        return known

    def _write_link(self, event: Event, place: Key, again: bool, touched: Touched) -> frozenset[Who]:
        added = {"who": _names(event.who), "events": {_reference(event)}}
        before = self._table.add(place, {}, added)
        known = _read_names(before.get("who", ()))
        everybody = known | event.who
        self._put_under(event, event.who, everybody)
        if again or everybody != known:
            # Whoever joined before a crash may lack what was there, so a repetition looks again.
            for earlier, holders in self._earlier(before, event, everybody if again else known):
                self._put_under(earlier, holders, everybody)
                touched.add(everybody, earlier)
        return everybody

    def _earlier(
        self, link: Item, event: Event, known: frozenset[Who]
    ) -> Iterator[tuple[Event, frozenset[Who]]]:
        """The other events of a thread, with those who hold each for certain."""
        places = (msgspec.json.decode(text, type=tuple[str, str]) for text in sorted(link.get("events", ())))
        items = [self._table.get(*place) for place in places]
        for entity_id in sorted({entity_id for _, entity_id in known}) if event.is_of_session else ():
            items += self._table.between(entity_id, keys.EVENTS, keys.EVENTS + keys.LAST)
        found = {item["entity_type"]: event_of(item) for item in items if item is not None}
        for earlier in found.values():
            if earlier.thread == event.thread and earlier.sort_key != event.sort_key:
                yield earlier, earlier.who

    def _put_under(self, event: Event, holders: frozenset[Who], everybody: frozenset[Who]) -> None:
        lacking = {entity_id for _, entity_id in everybody} - {entity_id for _, entity_id in holders}
        for partition in sorted(lacking):
            self._table.put(event.item(partition))

    def _note_payment(self, event: Event) -> None:
        """Keep that the log knows payments, since when: prices stand for payments only where it knows none."""
        if self._paid_since_us is not None and self._paid_since_us <= event.ts_us:
            return
        known = {
            "entity_id": keys.LOG,
            "entity_type": keys.PAYMENTS,
            "ts": event.ts_us,
            "received": event.received_us,
        }
        self._table.put_where(known, "ts", ">")
        self._paid_since_us = event.ts_us


def _claim(event: Event) -> Item:
    return {
        "entity_id": f"id#{event.event_id}",
        "entity_type": keys.CLAIM,
        "digest": event.digest,
        "received": event.received_us,
    }


def _reference(event: Event) -> str:
    return msgspec.json.encode((event.home, event.sort_key)).decode()


def _names(who: Iterable[Who]) -> set[str]:
    return {f"{kind}:{entity_id}" for kind, entity_id in who}


def _read_names(names: Iterable[str]) -> frozenset[Who]:
    found: set[Who] = set()
    for name in names:
        kind, _, entity_id = name.partition(":")
        known: EntityType = "tutor" if kind == "tutor" else "student"
        found.add((known, entity_id))
    return frozenset(found)
