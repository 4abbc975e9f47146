"""Base relations as SQL: what had happened by one time and was known at another, in the portable subset.

Each function returns a SELECT over the store's tables. A row counts when it happened at or before `as_of_us` and was
received at or before `known_at_us`. No relation holds the placeholder id `-` or rows without the entity's id.
"""

from tutorpulse.events.contract import TABLES, table_columns
from tutorpulse.features.frame import EntityType
from tutorpulse.features.sql import REACHED, is_entity, times
from tutorpulse.store.sessions import sessions_as_of_sql

_TABLE = {"tutor": "tutor_events", "student": "student_events"}


def activity_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per activity.

    Of a tutor: each session that reached its start, at the session's time. Of a student: that, each booking request
    of their own (not `system_generated`), and each learning activity.
    """
    sessions = sessions_as_of_sql(as_of_us, known_at_us)
    return activity_of(entity_type, f"({sessions})", times(as_of_us, known_at_us))


def activity_of(entity_type: EntityType, sessions: str, cut: str, carried: str = "") -> str:
    """`activity_sql` from a sessions relation at hand; `cut` is the condition on the log's tables, `carried` are further columns of all."""
    held = (
        f"SELECT {entity_type}_id AS entity_id, time_us AS ts_us{carried} FROM {sessions} AS held "
        f"WHERE {REACHED} AND {is_entity(entity_type + '_id')}"
    )
    if entity_type == "tutor":
        return held
    return (
        f"{held} UNION ALL SELECT student_id AS entity_id, ts_us{carried} FROM request_events "
        f"WHERE event_type = 'booking_requested' AND NOT COALESCE(system_generated, FALSE) "
        f"AND {cut} AND {is_entity('student_id')} "
        f"UNION ALL SELECT student_id AS entity_id, ts_us{carried} FROM contact_events "
        f"WHERE event_type = 'learning_activity' AND {cut} AND {is_entity('student_id')}"
    )


def registrations_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per registration event; an entity may have several, or none."""
    return _entity_events(entity_type, "registered", as_of_us, known_at_us)


def departures_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per explicit departure, whether or not later activity reopened it."""
    return _entity_events(entity_type, "departed", as_of_us, known_at_us)


def goals_sql(as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per goal that a student reached; tutors have none."""
    return _entity_events("student", "goal_reached", as_of_us, known_at_us)


def resumptions_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per explicit resumption after a pause."""
    return _entity_events(entity_type, "resumed", as_of_us, known_at_us)


def pauses_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us, until_us, ended_us), one row per stated pause, overlapping ones included.

    `until_us` is the end that was stated, NULL where none was. `ended_us` is when the pause was over as far as could be
    told: the earliest of `until_us`, the first resumption, the first later pause (which replaces it) and the first
    activity after its start; NULL while it goes on with an unknown end. It lies after `as_of_us` only where `until_us` does.
    """
    pauses = _pauses(entity_type, as_of_us, known_at_us)
    enders = (
        f"{resumptions_sql(entity_type, as_of_us, known_at_us)} "
        f"UNION ALL {activity_sql(entity_type, as_of_us, known_at_us)} "
        f"UNION ALL SELECT entity_id, ts_us FROM ({pauses}) AS replaced"
    )
    return (
        "SELECT entity_id, ts_us, until_us, "
        "CASE WHEN until_us IS NULL OR broken_us < until_us THEN broken_us ELSE until_us END AS ended_us "
        "FROM (SELECT p.entity_id, p.ts_us, p.until_us, p.event_id, MIN(e.ts_us) AS broken_us "
        f"FROM ({pauses}) AS p LEFT JOIN ({enders}) AS e ON e.entity_id = p.entity_id AND e.ts_us > p.ts_us "
        "GROUP BY p.entity_id, p.ts_us, p.until_us, p.event_id) AS stated"
    )


def _pauses(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    entity_id = f"{entity_type}_id"
    return (
        f"SELECT {entity_id} AS entity_id, ts_us, until AS until_us, event_id FROM {_TABLE[entity_type]} "
        f"WHERE event_type = '{entity_type}_paused' AND {times(as_of_us, known_at_us)} AND {is_entity(entity_id)}"
    )


def _entity_events(entity_type: EntityType, what: str, as_of_us: int, known_at_us: int) -> str:
    entity_id = f"{entity_type}_id"
    return (
        f"SELECT {entity_id} AS entity_id, ts_us FROM {_TABLE[entity_type]} "
        f"WHERE event_type = '{entity_type}_{what}' AND {times(as_of_us, known_at_us)} AND {is_entity(entity_id)}"
    )


def entities_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id), ascending: every tutor or student that an event named."""
    cut, column = times(as_of_us, known_at_us), f"{entity_type}_id"
    named = [
        f"SELECT {column} AS entity_id FROM {table} WHERE {cut}"
        for table in TABLES
        if column in table_columns(table)
    ]
    acted = f"SELECT entity_id FROM other_events WHERE entity_type = '{entity_type}' AND {cut}"
    return (
        f"SELECT entity_id FROM ({' UNION '.join([*named, acted])}) AS named "
        f"WHERE entity_id IS NOT NULL AND {is_entity('entity_id')} ORDER BY entity_id"
    )
