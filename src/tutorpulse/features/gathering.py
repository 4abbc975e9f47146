"""The query about a few entities, planned once and handed its rows: of each table all that it needs, and little more.

It asks again for what it wants, so a row too many changes nothing; a row too few would. Sessions are as settled: none may straddle
a time of the scope.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import midnight_before
from tutorpulse.events.contract import EVENT_TYPES, TABLES
from tutorpulse.features.compile import compile_query
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.features.references import References
from tutorpulse.features.scope import Scope
from tutorpulse.features.sources import RATED_DAYS, RECENT_DAYS, TUTOR_PROFILE
from tutorpulse.features.sql import COMPLETED
from tutorpulse.features.store import Planner, Rows, Store
from tutorpulse.features.student_sources import SEEN_DAYS
from tutorpulse.features.tutor_sources import DECLARED_WITHIN_DAYS
from tutorpulse.features.zones import zone_columns
from tutorpulse.store.mirror import Part
from tutorpulse.store.rows import one_column
from tutorpulse.store.schema import all_tables

_Condition: TypeAlias = Callable[[Scope], str]

_WORD = re.compile(r"\w+")
_SETTLED = "settled_sessions"
_ZONES = "given_zones"
_SEEN = "seen_tutors"
_TOLD = "tutor_events"
_NEVER = 0
"""Before any event was received: what changes of that part of the log is an erasure."""


def planned(
    store: Store,
    planner: Planner,
    references: References,
    scope: Scope,
    names: Sequence[str],
    ids: NDArray[np.object_],
) -> dict[str, NDArray[Any]]:
    """`entity_id` and the named measures of these entities, in no order, by the plan of an earlier call.

    `planner` is the store; `references` gives the populations of the scope, and says how many entities are asked about at once.
    """
    own = references.reading(scope).references | {"zones": f"SELECT * FROM {_ZONES}"}
    query = _compiled(tuple(names), _of_its_day(replace(scope, references=own, gathered=True)))
    given = {_ZONES: _at(scope, zone_columns(scope.zone_offsets))} | references.rows(store, scope)
    answers: list[dict[str, NDArray[Any]]] = []
    for some in references.portion.parts(ids):
        wanted = {"entity_id": some}
        with store.relation(scope.wanted, wanted), _tutors(store, scope, some) as tutors:
            told = _told(planner, references, scope, query.words, tutors)
            sources = {
                **gathered(scope, query.words - told.keys()),
                **told,
                **given,
                scope.wanted: _at(scope, wanted),
            }
            answer, rows = planner.query_over(query.sql, sources)
        references.portion.note(len(some), rows)
        answers.append(answer)
    return {name: one_column([answer[name] for answer in answers]) for name in answers[0]}


@dataclass(frozen=True)
class _Compiled:
    """A query and the words in it."""

    sql: str
    words: frozenset[str]


def _of_its_day(scope: Scope) -> Scope:
    """The scope without what the text of a `gathered` one says nothing of: the time within its day, and the zones, which are handed in."""
    midnight = midnight_before(scope.as_of_us)
    return replace(scope, as_of_us=midnight, known_at_us=midnight, zone_offsets=())


@lru_cache(maxsize=2 * len(ENTITY_TYPES))
def _compiled(names: tuple[str, ...], scope: Scope) -> _Compiled:
    sql = compile_query(names, scope)
    return _Compiled(sql, frozenset(_WORD.findall(sql)))


@contextmanager
def _tutors(store: Store, scope: Scope, wanted: NDArray[np.object_]) -> Iterator[NDArray[np.object_]]:
    """The tutors whom the query asks about: the wanted ones, or those of the wanted students, then also as a relation within the context."""
    if scope.entity_type == "tutor":
        yield wanted
        return
    met = store.query(
        f"SELECT DISTINCT tutor_id AS entity_id FROM {_SETTLED}"
        f" WHERE {scope.wants()} AND outcome = 'completed' AND {scope.since(SEEN_DAYS, 'time_us')}"
    )
    with store.relation(_SEEN, met):
        yield met["entity_id"]


def _told(
    planner: Planner, references: References, scope: Scope, words: Set[str], tutors: NDArray[np.object_]
) -> dict[str, Rows]:
    """What these tutors told, from what is in memory of all of them; nothing, where that is too much, or may have changed otherwise than by
    what came."""
    erasures = planner.changes_until(_NEVER)
    if references.told is None or erasures is None or _TOLD not in words:
        return {}
    part = Part(_TOLD, "tutor_id", tuple(_names(_TOLD, words)), _told_by_anybody(scope), erasures)
    rows = references.told.about(part, tutors.tolist(), scope.as_of_us, scope.known_at_us)
    return {} if rows is None else {_TOLD: rows}


def _at(scope: Scope, columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    rows = len(next(iter(columns.values())))
    return {**columns, "now_us": np.full(rows, scope.as_of_us, np.int64)}


def gathered(scope: Scope, words: Set[str]) -> dict[str, str]:
    """By table of the log that a query of these words reads, compiled for this scope, a query of the rows and columns that it needs.

    Raises:
        KeyError: it reads a table of which is not said here what a query about this kind of entity needs.
    """
    where = _CONDITIONS[scope.entity_type]
    return {
        table: f"SELECT {_columns(table, words)}, {scope.as_of_us:d} AS as_of_us FROM {table}"
        f" WHERE {where[table](scope)} AND {_cut(table, scope)}"
        for table in (*TABLES, _SETTLED)
        if table in words
    }


def _cut(table: str, scope: Scope) -> str:
    if table != _SETTLED:
        return scope.times
    return f"last_us <= {scope.as_of_us:d} AND last_received_us <= {scope.known_at_us:d}"


def _columns(table: str, words: Set[str]) -> str:
    return ", ".join(_names(table, words))


def _names(table: str, words: Set[str]) -> list[str]:
    return [name for name in all_tables()[table] if name in words]


def _rows(table: str, *conditions: str) -> str:
    """The condition that a row fulfils one of these: whoever does is looked up before other columns are read."""
    places = " UNION ALL ".join(f"SELECT rowid FROM {table} WHERE {condition}" for condition in conditions)
    return f"rowid IN ({places})"


def _own(table: str) -> _Condition:
    return lambda scope: _rows(table, scope.wants())


_DECLARED = "tutor_availability_updated"
_DECLARED_TOO = sorted(
    {field.name for field in EVENT_TYPES[_DECLARED].fields}
    & {word for read in TUTOR_PROFILE.values() for word in _WORD.findall(read)}
)
"""What profiles take of declarations of hours as well."""


def _statements(scope: Scope) -> str:
    """Of declarations, most of all that tutors tell, the recent ones; an older one only for what a profile takes of it, where its tutor
    told that nowhere recently."""
    tutors = f"SELECT entity_id FROM {scope.wanted if scope.entity_type == 'tutor' else _SEEN}"
    theirs = f"tutor_id IN ({tutors})"
    recent = f"{scope.since(DECLARED_WITHIN_DAYS)} AND {scope.times}"
    return _told_where(
        f"{theirs} AND {recent}", theirs, lambda told: f"tutor_id IN ({tutors} EXCEPT {told})", "TRUE"
    )


def _told_by_anybody(scope: Scope) -> str:
    """As `_statements` for all tutors and any time of the scope's day: an older one only where its tutor told that nowhere recently, as of midnight."""
    midnight = midnight_before(scope.as_of_us)
    then = replace(scope, as_of_us=midnight, known_at_us=midnight)
    recent = then.since(DECLARED_WITHIN_DAYS)
    return _told_where(recent, "TRUE", lambda told: f"tutor_id NOT IN ({told})", then.times)


def _told_where(recent: str, theirs: str, are_not: Callable[[str], str], known: str) -> str:
    """The condition of rows that are recent, no declarations of theirs, or say what their tutor did not say in a recent and `known` one;
    `are_not` gives the condition that a tutor is one of theirs and not of those of a query."""
    older = "".join(
        f" UNION ALL SELECT rowid FROM tutor_events WHERE {column} IS NOT NULL"
        f" AND {are_not(f'SELECT tutor_id FROM recent WHERE {column} IS NOT NULL AND is_known')}"
        for column in _DECLARED_TOO
    )
    return f"""rowid IN (
        WITH recent AS MATERIALIZED (
            SELECT rowid AS place, {", ".join(["tutor_id", *_DECLARED_TOO])}, {known} AS is_known FROM tutor_events WHERE {recent}
        )
        SELECT place FROM recent
        UNION ALL SELECT rowid FROM tutor_events WHERE event_type <> '{_DECLARED}' AND {theirs}{older}
    )"""


def _sessions_of_students(scope: Scope) -> str:
    """Their own, and of the tutors that they saw what `NEIGHBOUR_VALUES` take: recent lessons and ratings, and older ratings where a
    tutor has no recent one."""
    taught = f"{COMPLETED} AND subject IS NOT NULL AND {scope.since(RECENT_DAYS, 'time_us')}"
    rated = f"rating IS NOT NULL AND {scope.since(RATED_DAYS, 'rated_us')} AND {_cut(_SETTLED, scope)}"
    return f"""rowid IN (
        WITH theirs AS MATERIALIZED (
            SELECT rowid AS place, tutor_id, {taught} AS is_taught, {rated} AS is_rated FROM {_SETTLED}
            WHERE tutor_id IN (SELECT entity_id FROM {_SEEN}) AND (rating IS NOT NULL OR {taught})
        )
        SELECT place FROM theirs WHERE is_taught OR is_rated
        UNION ALL SELECT place FROM theirs WHERE tutor_id NOT IN (SELECT tutor_id FROM theirs WHERE is_rated)
        UNION ALL SELECT rowid FROM {_SETTLED} WHERE {scope.wants()}
    )"""


def _requests(scope: Scope) -> str:
    """Whoever answered one, or to whom it was addressed at any time, shares the request with others."""
    recent = scope.since(30)
    theirs = f"SELECT request_id FROM request_events WHERE {scope.wants()} AND {recent}"
    return f"{recent} AND ({scope.wants()} OR request_id IN ({theirs}))"


def _claims(scope: Scope) -> str:
    """All: one can name the session alone."""
    return f"event_type IN ('refund_issued', 'payment_disputed') AND {scope.since(30)}"


def _plans(scope: Scope) -> str:
    planned = f"event_type IN ('session_booked', 'session_rescheduled') AND {scope.since(30)}"
    return _rows("session_events", f"{planned} AND {scope.wants()}")


def _payments(scope: Scope) -> str:
    """Their own, and anybody's one: whether there are any at all counts as well."""
    paid = f"event_type = 'payment_processed' AND {scope.times}"
    return _rows(
        "payment_events", scope.wants(), f"rowid = (SELECT MIN(rowid) FROM payment_events WHERE {paid})"
    )


_CONDITIONS: Mapping[EntityType, Mapping[str, _Condition]] = {
    "tutor": {
        _SETTLED: _own(_SETTLED),
        "session_events": _plans,
        "tutor_events": _statements,
        "request_events": _requests,
        "contact_events": _own("contact_events"),
        "payment_events": _claims,
    },
    "student": {
        _SETTLED: _sessions_of_students,
        "student_events": _own("student_events"),
        "tutor_events": _statements,
        "request_events": _own("request_events"),
        "contact_events": _own("contact_events"),
        "payment_events": _payments,
    },
}
