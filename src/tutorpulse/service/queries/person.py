"""What one page shows of a tutor or student beside the prediction: marks on the history, sessions by day, partners, events."""

from collections.abc import Iterator

import msgspec

from tutorpulse.clock import DAY_US, us_to_datetime
from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.service.root import Pulse
from tutorpulse.service.worklist.apart import ByHand, by_hand
from tutorpulse.store.log import EventStore
from tutorpulse.store.state import PredictionRows, State

CALENDAR_WEEKS = 26
PARTNERS_DAYS = 180
PARTNERS_SHOWN = 10
EVENTS_SHOWN = 40
_DETAILS = ("subject", "rating", "reason", "status", "channel")


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at a moment of the history: the model changed, or somebody acted."""

    at_us: int
    kind: str
    text: str


class Day(msgspec.Struct, frozen=True):
    """The sessions of one local day (ISO date): completed ones, and those cancelled or missed."""

    date: str
    completed: int
    failed: int


class Partner(msgspec.Struct, frozen=True):
    """Somebody of the other kind: sessions completed together in 180 days, when last, the segment now, and what operators say."""

    entity_id: str
    completed: int
    last_us: int
    segment: str | None
    said: ByHand = ByHand()


class PastEvent(msgspec.Struct, frozen=True):
    """One event of the log that names the entity: what is most telling of it, and whom else it names."""

    at_us: int
    event_type: str
    other_id: str | None
    detail: str


def marks(state: State, kind: EntityType, entity_id: str) -> list[Mark]:
    """Changes of the model between predictions of record, and what operators did, oldest first."""
    found = [*_model_changes(state.predictions.history(kind, entity_id))]
    found += [
        Mark(row.at_us, "action", f"{row.action} by {row.done_by}")
        for row in state.actions.of_entity(kind, entity_id)
    ]
    return sorted(found, key=lambda mark: mark.at_us)


def _model_changes(rows: PredictionRows) -> Iterator[Mark]:
    versions, times = rows.columns["model_version"], rows.columns["as_of_us"]
    for row in range(1, len(rows)):
        if versions[row] != versions[row - 1] and versions[row] is not None:
            yield Mark(int(times[row]), "model", f"model {versions[row]}")


def days(pulse: Pulse, kind: EntityType, entity_id: str, now_us: int, zone: str) -> list[Day]:
    """The days of the last 26 weeks with sessions, by the calendar of `zone` (an IANA name), oldest first."""
    found = pulse.store.query(
        f"""SELECT STRFTIME(TIMEZONE(?, TIMEZONE('UTC', EPOCH_MS(time_us // 1000))), '%Y-%m-%d') AS day,
            COUNT(CASE WHEN outcome = 'completed' THEN 1 END) AS completed,
            COUNT(CASE WHEN outcome <> 'completed' THEN 1 END) AS failed
        FROM settled_sessions WHERE {kind}_id = ? AND outcome IS NOT NULL
            AND time_us > {now_us - CALENDAR_WEEKS * 7 * DAY_US:d} AND time_us <= {now_us:d} GROUP BY 1 ORDER BY 1""",
        [zone, entity_id],
    )
    return [Day(str(day), int(done), int(failed)) for day, done, failed in zip(*found.values(), strict=True)]


def partners(pulse: Pulse, kind: EntityType, entity_id: str, now_us: int) -> list[Partner]:
    """With whom most sessions were completed in 180 days, most first."""
    other: EntityType = "student" if kind == "tutor" else "tutor"
    found = pulse.store.query(
        f"""SELECT {other}_id AS id, COUNT(*) AS n, MAX(time_us) AS last_us FROM settled_sessions
        WHERE {kind}_id = ? AND outcome = 'completed' AND {other}_id IS NOT NULL AND {other}_id <> ?
            AND time_us > {now_us - PARTNERS_DAYS * DAY_US:d} AND time_us <= {now_us:d}
        GROUP BY 1 ORDER BY n DESC, last_us DESC, id LIMIT {PARTNERS_SHOWN:d}""",
        [entity_id, PLACEHOLDER_ID],
    )
    rows = pulse.state.predictions.of(other, found["id"].tolist())
    scored = rows.take(~rows.columns["frozen"])
    segment = dict(zip(scored.entity_ids.tolist(), scored.columns["segment"].tolist(), strict=True))
    said = by_hand(pulse.state, other, now_us, found["id"].tolist())
    return [
        Partner(str(who), int(n), int(last_us), segment.get(who), said.get(str(who), ByHand()))
        for who, n, last_us in zip(*found.values(), strict=True)
    ]


def events(store: EventStore, kind: EntityType, entity_id: str) -> list[PastEvent]:
    """The newest events that name the entity, newest first."""
    parts = [_newest(table, kind) for table in TABLES if f"{kind}_id" in table_columns(table)]
    found = store.query(
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS named ORDER BY ts_us DESC, event_id DESC LIMIT {EVENTS_SHOWN:d}",
        [entity_id] * len(parts),
    )
    return [
        PastEvent(int(us), str(name), None if other == PLACEHOLDER_ID else other, detail or "")
        for us, _, name, other, detail in zip(*found.values(), strict=True)
    ]


def _newest(table: str, kind: EntityType) -> str:
    columns = table_columns(table)
    other = "student_id" if kind == "tutor" else "tutor_id"
    told = [f"CAST({name} AS VARCHAR)" for name in _DETAILS if name in columns]
    detail = f"CONCAT_WS(', ', {', '.join(told)})" if told else "''"
    named = other if other in columns else "NULL"
    return (
        f"(SELECT ts_us, event_id, event_type, {named} AS other_id, {detail} AS detail FROM {table}"
        f" WHERE {kind}_id = ? ORDER BY ts_us DESC LIMIT {EVENTS_SHOWN:d})"
    )


def date_of(us: int) -> str:
    """The UTC date of a moment, ISO."""
    return us_to_datetime(us).date().isoformat()
