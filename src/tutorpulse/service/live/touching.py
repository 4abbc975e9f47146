"""Whom new events touch: those they name, and those whom they are about without naming them.

What an event says of a session, a request or a refund can be about others than it names: the tutor whom an earlier event of
the session named, or who answered the request before it came in. And a student's features read values of the tutors that were
seen (`compile.NEIGHBOUR_VALUES`), everybody's the population of the last midnight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US, midnight_before
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.features.student_sources import SEEN_DAYS
from tutorpulse.store.database import Arrays
from tutorpulse.store.log import EventStore
from tutorpulse.store.settling import FEW_EVENTS


@dataclass(frozen=True)
class Touched:
    """Whom the events after a place in the log touch.

    `since_us` holds by entity id when the first of its events was received, `seq` is the place of the last of the events (the
    one asked after, where there are none), and `first_received_us` when the earliest of all was received, None without any.
    """

    since_us: dict[str, int]
    seq: int
    first_received_us: int | None


def newest_seq(store: EventStore) -> int:
    """The place of the newest event; -1 in an empty log."""
    parts = " UNION ALL ".join(f"SELECT MAX(seq) AS seq FROM {table}" for table in TABLES)
    return int(store.query(f"SELECT COALESCE(MAX(seq), -1) AS seq FROM ({parts})")["seq"][0])


def touched(store: EventStore, kind: EntityType, after_seq: int) -> Touched:
    """The entities of a kind that the events after a place touch. For many events the log is read, for few what they are about."""
    sql = _new_sql(kind, "seq > $after", ("session_id", "request_id"))
    few = store.query_as_it_is(f"{sql} LIMIT {FEW_EVENTS + 1:d}", {"after": after_seq})
    found = few if len(few["seq"]) <= FEW_EVENTS else _by_reading_the_log(store, kind, after_seq)
    if not len(found["seq"]):
        return Touched({}, after_seq, None)
    since_us = _earliest(found["id"], found["received_us"])
    if found is few:
        _add_behind_sessions(store, kind, few, since_us)
        _add_behind_requests(store, kind, few, since_us)
    return Touched(
        {entity_id: us for entity_id, us in since_us.items() if entity_id != PLACEHOLDER_ID},
        int(found["seq"].max()),
        int(found["received_us"].min()),
    )


def students_of(store: EventStore, tutor_ids: Iterable[str], as_of_us: int) -> list[str]:
    """The students of the sessions that any of these tutors completed in the last 30 days, of those settled by now: an event
    of a later one touches its student by itself."""
    found = store.query_as_it_is(
        "SELECT student_id AS id FROM settled_sessions WHERE outcome = 'completed' AND time_us > $since"
        " AND tutor_id IN (SELECT id FROM incoming)",
        {"since": as_of_us - SEEN_DAYS * DAY_US},
        {"id": np.array(list(tutor_ids), dtype=object)},
    )
    return _known(dict.fromkeys(found["id"].tolist()))


def partners(store: EventStore, kind: EntityType, entity_id: str) -> list[str]:
    """Everybody of the other kind who ever had a session with this entity."""
    other = "student" if kind == "tutor" else "tutor"
    found = store.query(
        f"SELECT DISTINCT {other}_id AS id FROM settled_sessions WHERE {kind}_id = ?", [entity_id]
    )
    return _known(found["id"].tolist())


def has_payments(store: EventStore) -> bool:
    """Whether the log knows payments; while it does not, sessions' prices count as such for every student."""
    found = store.query(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM payment_events WHERE event_type = 'payment_processed' LIMIT 1)"
    )
    return bool(found["n"][0])


def reaches_population(touched: Touched, now_us: int) -> bool:
    """Whether the events change what everybody is compared with: they were received before the last midnight, as an import's are."""
    first_us = touched.first_received_us
    return first_us is not None and first_us <= midnight_before(now_us)


def _new_sql(kind: EntityType, new: str, keys: Sequence[str]) -> str:
    """A query of whom new events name, and of the keys of what they are about."""
    column = f"{kind}_id"
    named = [(table, column, "TRUE") for table in TABLES if column in table_columns(table)]
    return " UNION ALL ".join(
        f"SELECT {name} AS id, {', '.join(['received_us', 'seq', *_columns(table, keys)])} FROM {table} WHERE {which} AND {new}"
        for table, name, which in [*named, ("other_events", "entity_id", f"entity_type = '{kind}'")]
    )


def _columns(table: str, names: Sequence[str]) -> list[str]:
    return [name if name in table_columns(table) else f"NULL AS {name}" for name in names]


def _earliest(ids: NDArray[Any], received_us: NDArray[Any]) -> dict[str, int]:
    """The least time by id, without those of no id."""
    earliest: dict[str, int] = {}
    _note(earliest, zip(ids.tolist(), received_us.tolist(), strict=True))
    return earliest


def _note(earliest: dict[str, int], times: Iterable[tuple[str | None, int]]) -> None:
    for name, us in times:
        if name is not None and us < earliest.get(name, us + 1):
            earliest[name] = us


def _add_behind_sessions(store: EventStore, kind: EntityType, new: Arrays, since_us: dict[str, int]) -> None:
    """Those whom any event of the session of a new one names; found by the events' places."""
    newer = _earliest(new["session_id"], new["received_us"])
    if not newer:
        return
    places = store.places_of_sessions(np.array(list(newer), dtype=object), int(new["seq"].max()))
    # The bound spares the search the archive, but for sessions that reach into it.
    found = store.query_as_it_is(
        f"SELECT session_id AS key, {kind}_id AS id FROM session_events"
        " WHERE seq IN (SELECT seq FROM incoming) AND seq >= $first",
        {"first": int(places.min(initial=0))},
        {"seq": places},
    )
    _add_behind(found, newer, since_us)


def _add_behind_requests(store: EventStore, kind: EntityType, new: Arrays, since_us: dict[str, int]) -> None:
    """Tutors whom any event of the request of a new one names."""
    newer = _earliest(new["request_id"], new["received_us"]) if kind == "tutor" else {}
    if newer:
        found = store.query_as_it_is(
            "SELECT request_id AS key, tutor_id AS id FROM request_events"
            " WHERE tutor_id IS NOT NULL AND request_id IN (SELECT id FROM incoming)",
            {},
            {"id": np.array(list(newer), dtype=object)},
        )
        _add_behind(found, newer, since_us)


def _add_behind(found: Arrays, newer: dict[str, int], since_us: dict[str, int]) -> None:
    keyed = zip(found["key"].tolist(), found["id"].tolist(), strict=True)
    _note(since_us, ((name, newer[key]) for key, name in keyed if key in newer))


def _by_reading_the_log(store: EventStore, kind: EntityType, after_seq: int) -> Arrays:
    column, new = f"{kind}_id", f"seq > {after_seq:d}"
    keyed: dict[str, tuple[str, ...]] = {"session_id": ("session_events", "payment_events")}
    if kind == "tutor":
        keyed["request_id"] = ("request_events",)
    behind = [_behind(column, sources[0], _keys(key, sources, new), key) for key, sources in keyed.items()]
    return store.query(
        "SELECT id, MIN(received_us) AS received_us, MAX(seq) AS seq"
        f" FROM ({' UNION ALL '.join([_new_sql(kind, new, ()), *behind])}) GROUP BY id"
    )


def _keys(key: str, sources: Sequence[str], new: str) -> str:
    """A query of the keys of new events as `id`, with when the first was received and the place of the last."""
    keys = " UNION ALL ".join(
        f"SELECT {key} AS id, received_us, seq FROM {source} WHERE {new} AND {key} IS NOT NULL"
        for source in sources
    )
    return f"SELECT id, MIN(received_us) AS received_us, MAX(seq) AS seq FROM ({keys}) GROUP BY id"


def _behind(column: str, earlier: str, keys: str, key: str) -> str:
    """A query of those whom any event with one of the keys names."""
    return (
        f"SELECT earlier.{column} AS id, newer.received_us, newer.seq FROM {earlier} AS earlier"
        f" JOIN ({keys}) AS newer ON newer.id = earlier.{key}"
    )


def _known(ids: Iterable[str | None]) -> list[str]:
    return [entity_id for entity_id in ids if entity_id not in (None, PLACEHOLDER_ID)]
