"""The relations that only students are described by: payments, contacts, learning, their tutors, the crowd."""

from tutorpulse.clock import DAY_US, HOUR_US, WEEK_US
from tutorpulse.features.scope import Relation, Scope
from tutorpulse.features.sql import COMPLETED, last_days, quoted

EVENING_HOUR = 17
SEEN_DAYS = 30
"""A student's neighbours are the tutors of the completed sessions of so many days."""


def _payments(scope: Scope) -> str:
    """Payments; only where the log has none at all, the prices of completed sessions, whose success nobody stated."""
    log = f"payment_events WHERE event_type = 'payment_processed' AND {scope.times}"
    return f"""SELECT student_id AS entity_id, amount, CAST(succeeded AS INTEGER) AS succeeded, 1 AS stated, method,
        {scope.age()} AS age_us FROM {log} AND {scope.wants()}
    UNION ALL
    SELECT entity_id, price, 1, 0, NULL, age_us FROM sessions
    WHERE {COMPLETED} AND price IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {log})"""


def _till(scope: Scope) -> str:
    return f"""SELECT wanted.entity_id, CASE WHEN paid.payments > 0 THEN 1 ELSE 0 END AS has_payments
    FROM {scope.wanted} AS wanted CROSS JOIN (
        SELECT COUNT(*) AS payments FROM payment_events WHERE event_type = 'payment_processed' AND {scope.times}
    ) AS paid"""


def _learning(scope: Scope) -> str:
    return f"""SELECT student_id AS entity_id, questions_asked, materials_accessed, {scope.age()} AS age_us
    FROM contact_events WHERE event_type = 'learning_activity' AND {scope.times} AND {scope.wants_own()}"""


def _local_sessions(scope: Scope) -> str:
    """Completed sessions of the last 30 days, with the weekday (Monday 0) and the hour of their start, local time."""
    local = "held.time_us + zones.offset_us"
    monday_first = f"({local} + {3 * DAY_US}) % {WEEK_US}"
    return f"""SELECT held.entity_id,
        CASE WHEN {monday_first} >= {5 * DAY_US} THEN 1 ELSE 0 END AS on_weekend,
        CASE WHEN ({local}) % {DAY_US} >= {EVENING_HOUR * HOUR_US} THEN 1 ELSE 0 END AS in_evening
    FROM recent AS held LEFT JOIN profiles ON profiles.entity_id = held.entity_id
    JOIN zones ON zones.zone = COALESCE(profiles.zone, {quoted(scope.marketplace_timezone)})
        AND zones.from_us <= held.time_us AND held.time_us < zones.until_us
    WHERE {COMPLETED} AND {last_days(30)}"""


def _last_sessions(scope: Scope) -> str:
    newest_first = """
            PARTITION BY entity_id ORDER BY time_us DESC, last_received_us DESC, session_id DESC"""
    return f"""SELECT entity_id, other_id FROM (
        SELECT entity_id, other_id, {scope.ranked(newest_first)} AS nth
        FROM sessions WHERE {COMPLETED} AND other_id IS NOT NULL
    ) AS ranked WHERE nth <= 20"""


def _changes(scope: Scope) -> str:
    before = "LAG(other_id) OVER (PARTITION BY entity_id ORDER BY place)"
    if scope.gathered:
        order = "OVER (ORDER BY entity_id, place)"
        before = f"CASE WHEN LAG(entity_id) {order} = entity_id THEN LAG(other_id) {order} END"
    return f"""SELECT entity_id, other_id, {before} AS before_id
    FROM recent WHERE {COMPLETED} AND {last_days(30)} AND other_id IS NOT NULL"""


_TUTORS = f"""SELECT entity_id, other_id, COUNT(*) AS completed_90d,
        COUNT(CASE WHEN {last_days(30)} THEN 1 END) AS completed_30d
    FROM recent WHERE {COMPLETED} AND other_id IS NOT NULL GROUP BY entity_id, other_id"""


_RATED_TUTORS = """SELECT entity_id, other_id, AVG(rating) AS mean_rating FROM ratings
    WHERE other_id IS NOT NULL GROUP BY entity_id, other_id"""


_MET = f"""SELECT entity_id, other_id, subject, COUNT(*) AS lessons FROM recent
    WHERE {COMPLETED} AND {last_days(SEEN_DAYS)} AND other_id IS NOT NULL GROUP BY entity_id, other_id, subject"""


_MET_TUTORS = "SELECT DISTINCT other_id AS entity_id FROM met"


_JUDGED = "met.subject IS NOT NULL AND tutor.main_subject IS NOT NULL"
_NEIGHBOURS = f"""SELECT met.entity_id, met.other_id, MAX(tutor.avg_rating) AS avg_rating,
        MAX(tutor.available_hours_this_week) AS hours_this_week,
        SUM(CASE WHEN {_JUDGED} THEN met.lessons ELSE 0 END) AS judged_lessons,
        SUM(CASE WHEN met.subject = tutor.main_subject THEN met.lessons ELSE 0 END) AS main_lessons
    FROM met JOIN neighbour_values AS tutor ON tutor.entity_id = met.other_id GROUP BY met.entity_id, met.other_id"""
"""One row per student and tutor met in 30 days, with that tutor's own values."""


def _middle_rank(scope: Scope, value: str) -> str:
    """Twice the number of the reference below the value, plus the number equal to it: a whole number."""
    at_least = f"SUM(in_crowd) OVER (ORDER BY {value} DESC RANGE UNBOUNDED PRECEDING)"
    return f"2 * (SUM(in_crowd) OVER () - {at_least}) + {scope.alike_sum('in_crowd', value)}"


_OWN_VALUES = """sessions_30d AS lessons, COALESCE(questions_asked_30d, 0) AS questions,
                    COALESCE(materials_accessed_30d, 0) AS materials"""


def _crowd(scope: Scope) -> str:
    """Engagement as a percentile of percentiles: each the middle rank of the value among the reference's."""
    ranks = " + ".join(_middle_rank(scope, value) for value in ("lessons", "questions", "materials"))
    return f"""SELECT entity_id, 100 * rank_among / NULLIF(2 * everyone, 0) AS percentile FROM (
        SELECT entity_id, SUM(in_crowd) OVER () AS everyone, {_middle_rank(scope, "ranks")} AS rank_among FROM (
            SELECT entity_id, in_crowd, {ranks} AS ranks FROM (
                SELECT entity_id, {_OWN_VALUES}, 0 AS in_crowd FROM measures
                UNION ALL SELECT NULL, lessons, questions, materials, {scope.alike("engaged_students")} FROM engaged_students
            ) AS people
        ) AS ranked
    ) AS placed WHERE entity_id IS NOT NULL"""


STUDENT_RELATIONS = (
    Relation("payments", _payments, ("sessions",)),
    Relation("till", _till, one_row=True),
    Relation("learning", _learning),
    Relation("local_sessions", _local_sessions, ("recent", "profiles", "zones")),
    Relation("last_sessions", _last_sessions, ("sessions",)),
    Relation("changes", _changes, ("recent",)),
    Relation("tutors", _TUTORS, ("recent",)),
    Relation("rated_tutors", _RATED_TUTORS, ("ratings",)),
    Relation("met", _MET, ("recent",)),
    Relation("met_tutors", _MET_TUTORS, ("met",)),
    Relation("neighbours", _NEIGHBOURS, ("met", "neighbour_values")),
    Relation(
        "crowd",
        _crowd,
        ("engaged_students",),
        measures=("sessions_30d", "questions_asked_30d", "materials_accessed_30d"),
        one_row=True,
    ),
)
"""Relations of students; `neighbour_values` and `engaged_students` are compiled from the catalogs: see `compile`."""
