"""What a session is: the fold of its events, as one portable SQL statement.

Booked, started, completed, cancelled and rescheduled make the state; a review adds only its rating (and names tutor and
student where nothing else does). Events are ordered by time, received time, id. Of each attribute the newest value that
is not missing holds. Completed and cancelled events are terminal: the newest of them alone decides the outcome, whatever
else arrives, and with it who cancelled or stayed away counts only where that is the outcome.
"""

from tutorpulse.events.fields import PLACEHOLDER_ID

SESSION_COLUMNS: dict[str, str] = {
    "session_id": "VARCHAR",
    "tutor_id": "VARCHAR",
    "student_id": "VARCHAR",
    "subject": "VARCHAR",
    "tier": "VARCHAR",
    "outcome": "VARCHAR",
    "start_us": "BIGINT",
    "reported_us": "BIGINT",
    "time_us": "BIGINT",
    "duration_minutes": "DOUBLE",
    "scheduled_duration_minutes": "DOUBLE",
    "price": "DOUBLE",
    "tutor_earnings": "DOUBLE",
    "discounted": "BOOLEAN",
    "instant_book": "BOOLEAN",
    "rating": "DOUBLE",
    "rated_us": "BIGINT",
    "cancelled_by": "VARCHAR",
    "no_show_by": "VARCHAR",
    "notice_hours": "DOUBLE",
    "first_us": "BIGINT",
    "last_us": "BIGINT",
    "first_received_us": "BIGINT",
    "last_received_us": "BIGINT",
}
"""The columns of the `sessions` relation, in order, with their types."""

_DERIVED: dict[str, str] = {
    "ended_as": """CASE
        WHEN event_type = 'session_cancelled' THEN 'cancelled'
        WHEN event_type <> 'session_completed' THEN NULL
        WHEN was_cancelled THEN 'cancelled'
        WHEN no_show THEN 'no_show'
        WHEN NOT completed_successfully THEN 'unsuccessful'
        ELSE 'completed' END""",
    "started_us": "CASE WHEN event_type = 'session_started' THEN ts_us END",
    "scheduled_us": "COALESCE(new_starts_at, starts_at)",
    "held_minutes": "CASE WHEN event_type = 'session_completed' THEN duration_minutes END",
    "planned_minutes": "CASE WHEN event_type = 'session_booked' THEN duration_minutes"
    " ELSE scheduled_duration_minutes END",
    "rating_us": "CASE WHEN rating IS NOT NULL THEN ts_us END",
}
"""What one event says of its session, beside its plain columns."""

_PLAIN = (
    *(
        "ts_us",
        "received_us",
        "event_type",
        "session_id",
        "tutor_id",
        "student_id",
        "subject",
        "tier",
        "price",
    ),
    *("tutor_earnings", "discounted", "instant_book", "rating", "cancelled_by", "no_show_by", "notice_hours"),
)

_NEWEST: dict[str, str] = {
    "subject": "subject",
    "tier": "tier",
    "outcome": "ended_as",
    "begun_us": "started_us",
    "planned_us": "scheduled_us",
    "duration_minutes": "held_minutes",
    "scheduled_duration_minutes": "planned_minutes",
    "price": "price",
    "tutor_earnings": "tutor_earnings",
    "discounted": "discounted",
    "instant_book": "instant_book",
    "rating": "rating",
    "rated_us": "rating_us",
    "any_cancelled_by": "cancelled_by",
    "any_no_show_by": "no_show_by",
    "any_notice_hours": "notice_hours",
}
"""Attribute of the session: column of the event whose newest value it takes."""

_FINAL: dict[str, str] = {
    "start_us": "COALESCE(begun_us, planned_us)",
    "time_us": """CASE
        WHEN outcome IS NULL THEN COALESCE(begun_us, planned_us)
        WHEN outcome <> 'cancelled' AND COALESCE(begun_us, planned_us) <= reported_us
            THEN COALESCE(begun_us, planned_us)
        ELSE reported_us END""",
    "cancelled_by": "CASE WHEN outcome = 'cancelled' THEN any_cancelled_by END",
    "no_show_by": "CASE WHEN outcome = 'no_show' THEN any_no_show_by END",
    "notice_hours": "CASE WHEN outcome = 'cancelled' THEN any_notice_hours END",
}
"""Columns computed from other columns of the session."""


PLACE = "ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY ts_us, received_us, event_id)"
"""An event's place among those of its session."""
PLACE_OF_FEW = "ROW_NUMBER() OVER (ORDER BY ts_us, received_us, event_id)"
"""Its place among all: within a session the same order. For few events it costs less than half of `PLACE`, whose parts by session
cost the same however few there are; for many it sorts all of them at once."""


def fold_sql(source: str, place: str = PLACE) -> str:
    """SQL giving the `sessions` relation, one row per session, columns as `SESSION_COLUMNS`.

    Args:
        source: the name of a relation with the columns of `session_events`, or a query in parentheses. Only its rows
            count, so a cut in time is a cut of the source.
        place: what orders the events of each session: `PLACE` or `PLACE_OF_FEW`.

    Edge cases: a session known only from a review has no outcome and no times but `rated_us`, `first_us`, `last_us`.
    A real id always beats the placeholder. `start_us` is the time of the newest start, else the newest scheduled start.
    `time_us` of a session that reached its start is `start_us` unless that lies after `reported_us` (a start that was
    planned but overtaken); of a cancelled one when the cancellation was reported.
    """
    return f"""SELECT {_select(_final_columns())}
FROM (
    SELECT session_id,
        {_newest_id("tutor_id")} AS tutor_id,
        {_newest_id("student_id")} AS student_id,
        {_select({name: _newest(column) for name, column in _NEWEST.items()})},
        MAX_BY(ts_us, CASE WHEN ended_as IS NOT NULL THEN place END) AS reported_us,
        MIN(ts_us) AS first_us, MAX(ts_us) AS last_us,
        MIN(received_us) AS first_received_us, MAX(received_us) AS last_received_us
    FROM (
        SELECT {", ".join(_PLAIN)},
            {_select(_DERIVED)},
            {place} AS place
        FROM {source} AS session_event
    ) AS ordered
    GROUP BY session_id
) AS folded"""


def sessions_as_of_sql(
    as_of_us: int, known_at_us: int, settled: str = "TRUE", folded: str = "TRUE", straddled: bool = True
) -> str:
    """SQL giving the `sessions` relation from the events that happened by `as_of_us` and were received by `known_at_us`.

    Both in microseconds since the epoch, inclusive. Settled rows serve the sessions that lie wholly within both times;
    only those that straddle a cut are folded anew. Equals `fold_sql` over the cut log, exactly.
    Needs `settled_sessions` up to date: `EventStore.query` sees to that. `settled` and `folded` are further
    conditions on the rows of either kind, which a reader of few sessions finds in different ways. Without `straddled` the
    part that folds is left out: for a caller who knows by `straddling_sql` that it would be empty.
    """
    within = f"last_us <= {as_of_us:d} AND last_received_us <= {known_at_us:d}"
    begun = f"first_us <= {as_of_us:d} AND first_received_us <= {known_at_us:d}"
    cut = f"""(
        SELECT * FROM session_events
        WHERE ts_us <= {as_of_us:d} AND received_us <= {known_at_us:d}
            AND session_id IN (SELECT session_id FROM settled_sessions WHERE {begun} AND NOT ({within}))
    )"""
    columns = ", ".join(SESSION_COLUMNS)
    whole = f"SELECT {columns} FROM settled_sessions WHERE {within} AND {settled}"
    return f"{whole}\nUNION ALL\n{fold_sql(cut)} WHERE {folded}" if straddled else whole


def straddling_sql(as_of_us: int, known_at_us: int) -> str:
    """SQL giving a row for each time beyond which some session goes on: none, and no session straddles a cut at the two.

    Two conditions of one column each, which an engine answers from its statistics alone where nothing lies beyond.
    """
    return f"""SELECT 1 AS beyond WHERE EXISTS (SELECT 1 FROM settled_sessions WHERE last_us > {as_of_us:d})
UNION ALL SELECT 2 WHERE EXISTS (SELECT 1 FROM settled_sessions WHERE last_received_us > {known_at_us:d})"""


def _newest(column: str) -> str:
    return f"MAX_BY({column}, CASE WHEN {column} IS NOT NULL THEN place END)"


def _newest_id(column: str) -> str:
    """The newest id: a real one before the placeholder, and among those one of the session's own events first."""
    rank = f"""place
            + CASE WHEN event_type = 'review_submitted' THEN 0 ELSE 1000000000 END
            + CASE WHEN {column} = '{PLACEHOLDER_ID}' THEN 0 ELSE 2000000000 END"""
    return f"MAX_BY({column}, CASE WHEN {column} IS NOT NULL THEN {rank} END)"


def _final_columns() -> dict[str, str]:
    return {name: _FINAL.get(name, name) for name in SESSION_COLUMNS}


def _select(columns: dict[str, str]) -> str:
    return ",\n        ".join(
        name if expression == name else f"{expression} AS {name}" for name, expression in columns.items()
    )
