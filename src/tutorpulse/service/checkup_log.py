"""Counts over the log for a checkup."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from tutorpulse.clock import DAY_US, MINUTE_US, WEEK_US
from tutorpulse.decisions.checkup.facts import ClockFacts, DayCounts, LogFacts
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID, Kind
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.store.log import EventStore

_QUARTER_US = 15 * MINUTE_US
_EVENTS = " UNION ALL ".join(f"SELECT ts_us, received_us FROM {table}" for table in TABLES)


def gather_log(store: EventStore) -> LogFacts | None:
    """What the log holds; None where it is empty."""
    types = store.counts()
    newest_us = store.newest_us()
    if newest_us is None:
        return None
    events = sum(types.values())
    return LogFacts(
        events=events,
        types=types,
        days=_days(store),
        clocks=_clocks(store, newest_us, events),
        rejects=_rejects(store),
        filled=_filled(store),
        placeholder={kind: _unnamed(store, kind) for kind in ENTITY_TYPES},
        unknown_zones=_unknown_zones(store),
    )


def _days(store: EventStore) -> DayCounts:
    found = store.query(
        f"SELECT ts_us // {DAY_US} AS day, COUNT(*) AS events FROM ({_EVENTS}) GROUP BY day ORDER BY day"
    )
    return DayCounts(np.asarray(found["day"], np.int64), np.asarray(found["events"], np.int64))


def _clocks(store: EventStore, newest_us: int, events: int) -> ClockFacts:
    found = store.query(
        f"""SELECT COUNT(CASE WHEN received_us < ts_us - {MINUTE_US} THEN 1 END) AS early,
            COUNT(CASE WHEN received_us > ts_us + {WEEK_US} THEN 1 END) AS late FROM ({_EVENTS})"""
    )
    common = store.query(
        f"""SELECT COUNT(*) AS events FROM ({_EVENTS}) WHERE ts_us % {_QUARTER_US} = 0
        GROUP BY ts_us % {DAY_US} ORDER BY events DESC LIMIT 1"""
    )["events"]
    share = int(common[0]) / events if len(common) else 0.0
    return ClockFacts(int(found["early"][0]), int(found["late"][0]), newest_us, share)


def _rejects(store: EventStore) -> dict[str, int]:
    found = store.query(
        """SELECT CASE WHEN field = '' THEN reason ELSE field || ': ' || reason END AS reason, COUNT(*) AS events
        FROM rejects WHERE state = 'open' GROUP BY 1"""
    )
    return dict(zip(found["reason"].tolist(), found["events"].tolist(), strict=True))


def _filled(store: EventStore) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for table in TABLES:
        columns = [name for name, kind in table_columns(table).items() if kind is not Kind.ID]
        found = store.query(f"SELECT {', '.join(f'COUNT({c}) AS {c}' for c in columns)} FROM {table}")
        counts |= {(table, column): int(found[column][0]) for column in columns}
    return counts


def _unnamed(store: EventStore, kind: EntityType) -> float:
    """The share of session events whose side of that kind is the placeholder; 0 where there are none."""
    found = store.query(
        f"SELECT COUNT(*) AS events, COUNT(CASE WHEN {kind}_id = ? THEN 1 END) AS unnamed FROM session_events",
        [PLACEHOLDER_ID],
    )
    return int(found["unnamed"][0]) / max(int(found["events"][0]), 1)


def _unknown_zones(store: EventStore) -> tuple[str, ...]:
    named = store.query(
        """SELECT DISTINCT timezone FROM (SELECT timezone FROM tutor_events UNION ALL SELECT timezone FROM student_events)
        WHERE timezone IS NOT NULL ORDER BY timezone"""
    )["timezone"]
    return tuple(zone for zone in named.tolist() if not _is_zone(zone))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
