"""One event into the table, so that doing it again, or half of it, or beside another writer, changes nothing.

First the id is claimed with the event's content: whoever claims first decides what the id says, and when it was received.
Then the event is put under one whom it names, then it joins its session or request, which tells who else is to hold it (a refund
names a session and not its tutor, a correction names another tutor), then it is put under them. All that is written follows from
the claim and the link, and whatever a link names can be read.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from tutorpulse.aws import keys
from tutorpulse.aws.events import Event, Who, event_of
from tutorpulse.aws.table import Items
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
        self._table.put(event.item(event.home))
        if event.thread is None:
            self._put([event], event.who, touched)
        else:
            self._join(event, claimed is not None, touched)
        if event.event_type == "payment_processed":
            self._note_payment(event)
        return True

    def _join(self, event: Event, again: bool, touched: Touched) -> None:
        """Put an event under everybody of its session or request; the earlier ones under whoever is new, or may lack them."""
        sets = {"who": _names(event.who), "events": {_reference(event)}}
        before = self._table.add((f"link#{event.thread}", keys.LINK), {}, sets)
        known = _read_names(before.get("who", ()))
        events = [event]
        if again or not event.who <= known:
            events += self._earlier(before, event)
        self._put(events, event.who | known, touched)

    def _earlier(self, link: Item, event: Event) -> list[Event]:
        places = (msgspec.json.decode(text, type=tuple[str, str]) for text in sorted(link.get("events", ())))
        found = [self._table.get(*place) for place in places if place[1] != event.sort_key]
        return [event_of(item) for item in found if item is not None]

    def _put(self, events: list[Event], who: frozenset[Who], touched: Touched) -> None:
        for event in events:
            for partition in {entity_id for _, entity_id in who} - {event.home}:
                self._table.put(event.item(partition))
            touched.add(who, event)

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
