"""Base relations as SQL: what had happened by one time and was known at another, in the portable subset.

Each function returns a SELECT over the store's tables. A row counts when it happened at or before `as_of_us` and was
received at or before `known_at_us`. No relation holds the placeholder id `-` or rows without the entity's id.
"""

from tutorpulse.events.fields import PLACEHOLDER_ID
from tutorpulse.features.frame import EntityType
from tutorpulse.store.sessions import sessions_as_of_sql

REACHED = ("completed", "unsuccessful", "no_show")
"""Outcomes of sessions that reached their start."""

_TABLE = {"tutor": "tutor_events", "student": "student_events"}


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: tuple[str, ...]) -> str:
    """SQL string literals between commas."""
    return ", ".join(quoted(text) for text in texts)


def within_sql(as_of_us: int, known_at_us: int) -> str:
    """The condition of both times on a table of the log."""
    return f"ts_us <= {as_of_us:d} AND received_us <= {known_at_us:d}"


def is_entity(column: str) -> str:
    """The condition that `column` names somebody."""
    return f"{column} <> {quoted(PLACEHOLDER_ID)}"


def activity_sql(entity_type: EntityType, as_of_us: int, known_at_us: int) -> str:
    """(entity_id, ts_us), one row per activity.

    Of a tutor: each session that reached its start, at the session's time. Of a student: that, each booking request
    of their own (not `system_generated`), and each learning activity.
    """
    times = within_sql(as_of_us, known_at_us)
    sessions = (
        f"SELECT {entity_type}_id AS entity_id, time_us AS ts_us "
        f"FROM ({sessions_as_of_sql(as_of_us, known_at_us)}) AS held "
        f"WHERE outcome IN ({listed(REACHED)}) AND {is_entity(entity_type + '_id')}"
    )
    if entity_type == "tutor":
        return sessions
    return (
        f"{sessions} UNION ALL SELECT student_id AS entity_id, ts_us FROM request_events "
        f"WHERE event_type = 'booking_requested' AND NOT COALESCE(system_generated, FALSE) "
        f"AND {times} AND {is_entity('student_id')} "
        f"UNION ALL SELECT student_id AS entity_id, ts_us FROM contact_events "
        f"WHERE event_type = 'learning_activity' AND {times} AND {is_entity('student_id')}"
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
        f"WHERE event_type = '{entity_type}_paused' AND {within_sql(as_of_us, known_at_us)} AND {is_entity(entity_id)}"
    )


def _entity_events(entity_type: EntityType, what: str, as_of_us: int, known_at_us: int) -> str:
    entity_id = f"{entity_type}_id"
    return (
        f"SELECT {entity_id} AS entity_id, ts_us FROM {_TABLE[entity_type]} "
        f"WHERE event_type = '{entity_type}_{what}' AND {within_sql(as_of_us, known_at_us)} AND {is_entity(entity_id)}"
    )
