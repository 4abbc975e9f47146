"""The relations that both kinds of entity are described by: sessions, ratings, profiles, activity.

Rows carry `entity_id` (one of the wanted) and, where windows are cut, `age_us`: how long before `as_of` it happened.
Sessions are ordered by their time, then by the newest received time of their events, then by id; log rows by time,
received time and event id.
"""

import math

from tutorpulse.clock import DAY_US, MINUTE_US, us_to_datetime
from tutorpulse.events.fields import LIST_SEPARATOR
from tutorpulse.features.relations import activity_of
from tutorpulse.features.scope import Relation, Scope
from tutorpulse.features.sql import COMPLETED, count, last_days, listed, newest, quoted
from tutorpulse.store.sessions import sessions_as_of_sql

SEPARATOR = quoted(LIST_SEPARATOR)
RECENT_DAYS = 90
RATED_DAYS = 30
"""Ratings count for so many days; of whoever has none so recent, the newest do."""
LAPSED = f"outcome IS NULL AND NOT {last_days(7)}"
"""Left open for 7 days past its start."""

_ORDER = "time_us, last_received_us, session_id"


def _sessions(scope: Scope) -> str:
    known = f"SELECT * FROM settled_sessions WHERE {scope.wants()}" if scope.gathered else _known(scope)
    return f"""SELECT {scope.own} AS entity_id, {scope.real(scope.other)} AS other_id, session_id, subject, tier, outcome,
        first_us, start_us, reported_us, time_us, duration_minutes, scheduled_duration_minutes, price, tutor_earnings, discounted,
        rating, rated_us, cancelled_by, no_show_by, notice_hours, last_received_us{scope.carried}, {scope.age("time_us")} AS age_us,
        CASE WHEN tier IN ({listed(scope.premium_tiers)}) THEN 1 ELSE 0 END AS is_premium
    FROM ({known}) AS known_sessions"""


def _known(scope: Scope) -> str:
    return sessions_as_of_sql(
        scope.as_of_us,
        scope.known_at_us,
        scope.wanted_rows("settled_sessions"),
        scope.wants(),
        scope.straddled,
    )


def _recent(scope: Scope) -> str:
    return f"""SELECT *, ROW_NUMBER() OVER ({scope.apart("PARTITION BY entity_id")} ORDER BY {_ORDER}) AS place
    FROM sessions WHERE age_us >= 0 AND {last_days(RECENT_DAYS)} AND NOT ({LAPSED})"""


def _ratings(scope: Scope) -> str:
    age = scope.age("rated_us")
    return f"""SELECT entity_id, other_id, subject, rating, {age} AS age_us,
        FLOOR(({age}) / {MINUTE_US}) AS age_minutes
    FROM sessions WHERE rating IS NOT NULL AND {scope.since(RECENT_DAYS, "rated_us")}"""


def _newest_ratings(scope: Scope) -> str:
    newest_first = """
            PARTITION BY entity_id ORDER BY rated_us DESC, last_received_us DESC, session_id DESC"""
    return f"""SELECT entity_id, rating FROM (
        SELECT entity_id, rating, {scope.ranked(newest_first)} AS nth
        FROM sessions WHERE rating IS NOT NULL
            AND entity_id NOT IN (SELECT entity_id FROM ratings WHERE {last_days(RATED_DAYS)})
    ) AS ranked WHERE nth <= 20"""


def _profiles(scope: Scope) -> str:
    log = f"{scope.entity_type}_events"
    own = TUTOR_PROFILE if scope.entity_type == "tutor" else _STUDENT_PROFILE
    columns = {name: newest(column) for name, column in own.items()} | _spells(scope.entity_type)
    shown = ",\n        ".join(f"{expression} AS {name}" for name, expression in columns.items())
    return f"""SELECT entity_id, {shown}
    FROM (
        SELECT {scope.own} AS entity_id, *, {scope.age()} AS age_us,
            ROW_NUMBER() OVER ({scope.apart(f"PARTITION BY {scope.own}")} ORDER BY ts_us, received_us, event_id) AS place
        FROM {log} WHERE {scope.times} AND {scope.wanted_rows(log)}
    ) AS entries GROUP BY entity_id"""


TUTOR_PROFILE = {
    "subjects": "subjects",
    "zone": "timezone",
    "hourly_rate": "hourly_rate",
    "certification_count": "certification_count",
    "advanced_topics_count": "advanced_topics_count",
    "instant_book": "CAST(instant_book_enabled AS INTEGER)",
    "years_of_experience": f"years_of_experience + age_us / {365.25 * DAY_US!r}",
}
_STUDENT_PROFILE = {"subjects": "subjects", "zone": "timezone"}


def _spells(entity_type: str) -> dict[str, str]:
    """When it registered first, departed, paused and resumed last; the newest pause is the one that holds."""

    def of(what: str, value: str = "ts_us") -> str:
        return f"CASE WHEN event_type = '{entity_type}_{what}' THEN {value} END"

    # An unknown end is 0 on the way, because some engines' MAX_BY passes over NULL and would take an older pause's end.
    paused = f"MAX_BY({{}}, {of('paused', 'place')})"
    goal = {"goal_us": f"MAX({of('goal_reached')})"} if entity_type == "student" else {}
    return goal | {
        "registered_us": f"MIN({of('registered')})",
        "last_departed_us": f"MAX({of('departed')})",
        "last_resumed_us": f"MAX({of('resumed')})",
        "last_paused_us": paused.format("ts_us"),
        "last_pause_until_us": f"NULLIF({paused.format('COALESCE(until, 0)')}, 0)",
    }


def _activity(scope: Scope) -> str:
    sessions = f"(SELECT entity_id AS {scope.own}, outcome, time_us{scope.carried} FROM sessions)"
    activity = activity_of(
        scope.entity_type, sessions, f"{scope.times} AND {scope.wants_own()}", scope.carried
    )
    return f"SELECT entity_id, ts_us, {scope.age()} AS age_us FROM ({activity}) AS acts"


def _contacts(scope: Scope) -> str:
    return f"""SELECT {scope.own} AS entity_id, event_type, response_time_hours, sentiment,
        CAST(is_complaint AS INTEGER) AS is_complaint, {scope.age()} AS age_us
    FROM contact_events WHERE {scope.times} AND {scope.since(30)} AND {scope.wants_own()}"""


_IS_DECLARED = f"STRPOS(declared.subjects, {SEPARATOR} || taught.subject || {SEPARATOR}) > 0"


def _subjects(scope: Scope) -> str:
    most_taught_first = """PARTITION BY taught.entity_id
            ORDER BY taught.completed_90d DESC, taught.newest_place DESC"""
    return f"""SELECT taught.entity_id, taught.subject, taught.completed_30d, taught.completed_90d,
        CASE WHEN {_IS_DECLARED} THEN 1 ELSE 0 END AS is_declared, declared.subjects,
        {scope.ranked(most_taught_first)} AS rank_90d
    FROM (
        SELECT entity_id, subject, {count(last_days(30))} AS completed_30d, COUNT(*) AS completed_90d,
            MAX(place) AS newest_place
        FROM recent WHERE {COMPLETED} AND subject IS NOT NULL GROUP BY entity_id, subject
    ) AS taught LEFT JOIN profiles AS declared ON declared.entity_id = taught.entity_id"""


def _moment(scope: Scope) -> str:
    day = us_to_datetime(scope.as_of_us).timetuple().tm_yday
    angle = math.tau * (day - 1) / 365.25
    return f"SELECT entity_id, {scope.now(scope.wanted)} AS as_of_us, {angle!r} AS year_angle FROM {scope.wanted}"


def _zones(scope: Scope) -> str:
    return "\nUNION ALL ".join(
        f"SELECT {quoted(zone)} AS zone, {start:d} AS from_us, {end:d} AS until_us, {offset:d} AS offset_us"
        for zone, start, end, offset in scope.zone_offsets
    )


SHARED = (
    Relation("sessions", _sessions),
    Relation("recent", _recent, ("sessions",)),
    Relation("ratings", _ratings, ("sessions",)),
    Relation("newest_ratings", _newest_ratings, ("sessions", "ratings")),
    Relation("profiles", _profiles, one_row=True),
    Relation("activity", _activity, ("sessions",)),
    Relation("contacts", _contacts),
    Relation("subjects", _subjects, ("recent", "profiles")),
    Relation("moment", _moment, one_row=True),
    Relation("zones", _zones),
)
"""Relations of both kinds of entity."""
