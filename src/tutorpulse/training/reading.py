"""Reads a `History` from the store: what had happened to the entities of one kind, as known at one moment."""

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features import relations
from tutorpulse.features.frame import EntityType
from tutorpulse.features.sql import COMPLETED, REACHED, is_entity
from tutorpulse.store.log import EventStore
from tutorpulse.store.sessions import sessions_as_of_sql
from tutorpulse.training.history import FirstSessions, History
from tutorpulse.training.labels import PAIR_DAYS
from tutorpulse.training.pauses import FAR_US, Pauses, pauses_of
from tutorpulse.training.timeline import NO_MOMENTS, Ints, Timeline

_CODES = "history_codes"
_LOW_RATING_BELOW = 4


def read_history(store: EventStore, entity_type: EntityType, known_us: int) -> History:
    """All that had happened to the entities of one kind by `known_us`, and was received by then.

    Entities are those that were registered or active; the placeholder is none.
    """
    reader = _Reader(store, entity_type, known_us)
    ids = reader.ids()
    with store.relation(_CODES, {"id": ids, "code": np.arange(len(ids))}):
        return History(
            entity_type=entity_type,
            entity_ids=ids,
            known_us=known_us,
            activity=reader.timeline(relations.activity_sql(entity_type, known_us, known_us)),
            registered_us=reader.first_us(
                relations.registrations_sql(entity_type, known_us, known_us), len(ids)
            ),
            first_session_us=reader.first_us(reader.sessions_sql(REACHED), len(ids)),
            completed=reader.timeline(reader.sessions_sql(COMPLETED)),
            departures=reader.timeline(relations.departures_sql(entity_type, known_us, known_us)),
            goals=reader.goals(),
            pauses=reader.pauses(),
            first_sessions=reader.first_sessions(),
        )


class _Reader:
    """Queries of one kind at one moment; all but `ids` replace ids by the codes of the relation `_CODES`."""

    def __init__(self, store: EventStore, entity_type: EntityType, known_us: int) -> None:
        self._store = store
        self._kind: EntityType = entity_type
        self._us = known_us

    def ids(self) -> NDArray[np.object_]:
        known = (
            f"{relations.activity_sql(self._kind, self._us, self._us)} UNION ALL "
            f"{relations.registrations_sql(self._kind, self._us, self._us)}"
        )
        found = self._store.query(f"SELECT DISTINCT entity_id AS id FROM ({known}) AS known ORDER BY id")
        return np.asarray(found["id"], dtype=object)

    def sessions_sql(self, condition: str) -> str:
        """(entity_id, ts_us), one row per session that fulfils the condition."""
        return (
            f"SELECT {self._kind}_id AS entity_id, time_us AS ts_us "
            f"FROM ({sessions_as_of_sql(self._us, self._us)}) AS held "
            f"WHERE {condition}"
        )

    def timeline(self, sql: str) -> Timeline:
        """The moments of a relation (entity_id, ts_us)."""
        found = self._store.query(
            f"SELECT c.code, r.ts_us FROM ({sql}) AS r JOIN {_CODES} AS c ON c.id = r.entity_id ORDER BY 1, 2"
        )
        return Timeline(_ints(found["code"]), _ints(found["ts_us"]))

    def first_us(self, sql: str, size: int) -> Ints:
        """Each entity's first moment in a relation (entity_id, ts_us)."""
        line = self.timeline(sql)
        first_us = np.full(size, FAR_US, np.int64)
        np.minimum.at(first_us, line.entity, line.us)
        return first_us

    def goals(self) -> Timeline:
        if self._kind == "tutor":
            return NO_MOMENTS
        return self.timeline(relations.goals_sql(self._us, self._us))

    def pauses(self) -> Pauses:
        found = self._store.query(
            f"SELECT c.code, p.ts_us, COALESCE(p.until_us, {FAR_US}) AS until_us, "
            f"COALESCE(p.ended_us, {FAR_US}) AS ended_us "
            f"FROM ({relations.pauses_sql(self._kind, self._us, self._us)}) AS p "
            f"JOIN {_CODES} AS c ON c.id = p.entity_id"
        )
        resumed = self.timeline(relations.resumptions_sql(self._kind, self._us, self._us))
        code, start_us, until_us, ended_us = (
            _ints(found[name]) for name in ("code", "ts_us", "until_us", "ended_us")
        )
        return pauses_of(code, start_us, until_us, ended_us, resumed, self._us)

    def first_sessions(self) -> FirstSessions:
        """The first session of each pair; a one-sided log has no pairs."""
        order = "OVER (PARTITION BY tutor_id, student_id ORDER BY time_us, session_id)"
        found = self._store.query(
            "SELECT c.code, f.time_us, CASE WHEN f.second_us - f.time_us <= "
            f"{PAIR_DAYS * DAY_US} AND COALESCE(f.rating, {_LOW_RATING_BELOW}) >= {_LOW_RATING_BELOW} "
            f"THEN 1.0 ELSE 0.0 END AS success "
            "FROM (SELECT tutor_id, student_id, session_id, time_us, rating, "
            f"ROW_NUMBER() {order} AS place, LEAD(time_us) {order} AS second_us "
            f"FROM ({sessions_as_of_sql(self._us, self._us)}) AS held "
            f"WHERE {REACHED} "
            f"AND {is_entity('tutor_id')} AND {is_entity('student_id')}) AS f "
            f"JOIN {_CODES} AS c ON c.id = f.{self._kind}_id WHERE f.place = 1 "
            "ORDER BY c.code, f.time_us, f.session_id"
        )
        moments = Timeline(_ints(found["code"]), _ints(found["time_us"]))
        return FirstSessions(moments, np.asarray(found["success"], np.float64))


def _ints(column: NDArray[np.generic]) -> Ints:
    return np.asarray(column, np.int64)
