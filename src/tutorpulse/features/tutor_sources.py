"""The relations that only tutors are described by: students, hours, requests, refunds, grades, the market."""

from tutorpulse.clock import DAY_US, WEEK_US
from tutorpulse.features.scope import Relation, Scope
from tutorpulse.features.sources import LAPSED
from tutorpulse.features.sql import COMPLETED, REACHED, count, last_days, quoted

DECLARATION_DAYS = 28
"""How long a declaration of hours holds where none is made anew."""

_MONDAY_US = 3 * DAY_US
"""From the Monday before the epoch to the epoch, which was a Thursday."""
_WEEKS_BACK = 5
"""Thirty days touch six calendar weeks at most."""
DECLARED_WITHIN_DAYS = 7 * _WEEKS_BACK + DECLARATION_DAYS + 1
"""A declaration older than that bears on no week that is asked for; a day to spare for the local clock."""


_PAIRS = f"""SELECT entity_id, other_id, {count(COMPLETED)} AS completed_total, {count(last_days(30))} AS taught_30d,
        {count(f"{last_days(60)} AND NOT {last_days(30)}")} AS taught_60d_30d, {count(last_days(90))} AS taught_90d
    FROM sessions WHERE other_id IS NOT NULL AND {REACHED} GROUP BY entity_id, other_id"""


_RATED_SUBJECTS = """SELECT entity_id, subject, AVG(rating) AS mean_rating, COUNT(*) AS rating_count
    FROM ratings WHERE subject IS NOT NULL GROUP BY entity_id, subject"""


def _local_clock(scope: Scope) -> str:
    """The local time of `as_of` of each wanted tutor, and the Monday of its week, on the local clock."""
    now = scope.now("zones")
    return f"""SELECT entity_id, zone, local_us, {_monday("local_us")} AS monday_us FROM (
        SELECT wanted.entity_id, zones.zone, {now} + zones.offset_us AS local_us FROM {scope.wanted} AS wanted
        LEFT JOIN profiles ON profiles.entity_id = wanted.entity_id
        JOIN zones ON zones.zone = COALESCE(profiles.zone, {quoted(scope.marketplace_timezone)})
            AND zones.from_us <= {now} AND {now} < zones.until_us
    ) AS clocks"""


def _monday(local: str) -> str:
    return f"{local} - ({local} + {_MONDAY_US}) % {WEEK_US}"


def _declarations(scope: Scope) -> str:
    """Every statement of a week's hours: the Monday from which it holds, and when it was made, on the local clock."""
    return f"""SELECT entity_id, monday_us, hours, local_us,
        ROW_NUMBER() OVER ({scope.apart("PARTITION BY entity_id")}
            ORDER BY monday_us, for_this_week, ts_us, received_us, event_id) AS place
    FROM (
        SELECT entity_id, {_monday("local_us")} AS monday_us, 1 AS for_this_week, this_week AS hours, local_us,
            ts_us, received_us, event_id FROM declared WHERE this_week IS NOT NULL
        UNION ALL
        SELECT entity_id, {_monday("local_us")} + {WEEK_US}, 0, next_week, local_us,
            ts_us, received_us, event_id FROM declared WHERE next_week IS NOT NULL
    ) AS statements"""


def _declared(scope: Scope) -> str:
    return f"""SELECT entries.tutor_id AS entity_id, entries.ts_us + zones.offset_us AS local_us, entries.ts_us,
        entries.received_us, entries.event_id, entries.available_hours_next_week AS next_week,
        COALESCE(entries.available_hours_this_week, entries.available_slots_this_week) AS this_week
    FROM tutor_events AS entries JOIN local_clock ON local_clock.entity_id = entries.tutor_id
    JOIN zones ON zones.zone = local_clock.zone AND zones.from_us <= entries.ts_us AND entries.ts_us < zones.until_us
    WHERE entries.event_type = 'tutor_availability_updated' AND {scope.times} AND {scope.since(DECLARED_WITHIN_DAYS)}
        AND {scope.wants_own("entries.tutor_id")}"""


_WEEK_OR_NOW = f"CASE WHEN monday_us + {WEEK_US} < local_us THEN monday_us + {WEEK_US} ELSE local_us END"
"""The end of a week, or the local `as_of` if that comes first."""


def _overlap(days: int) -> str:
    start = f"local_us - {days * DAY_US}"
    first = f"CASE WHEN monday_us > {start} THEN monday_us ELSE {start} END"
    return (
        f"CASE WHEN {_WEEK_OR_NOW} > {first} THEN ({_WEEK_OR_NOW} - {first}) / {float(WEEK_US)!r} ELSE 0 END"
    )


_CALENDAR = " UNION ALL ".join(f"SELECT {week} AS week" for week in range(-1, _WEEKS_BACK + 1))
_WEEKS = f"""SELECT entity_id, week,
        CASE WHEN made_us > {_WEEK_OR_NOW} - {DECLARATION_DAYS * DAY_US} THEN hours END AS hours,
        {_overlap(7)} AS share_7d, {_overlap(30)} AS share_30d
    FROM (
        SELECT clock.entity_id, calendar.week, clock.monday_us - calendar.week * {WEEK_US} AS monday_us, clock.local_us,
            MAX_BY(made.hours, made.place) AS hours, MAX_BY(made.local_us, made.place) AS made_us
        FROM local_clock AS clock
        CROSS JOIN ({_CALENDAR}) AS calendar
        JOIN declarations AS made ON made.entity_id = clock.entity_id
            AND made.monday_us <= clock.monday_us - calendar.week * {WEEK_US}
        GROUP BY clock.entity_id, calendar.week, clock.monday_us, clock.local_us
    ) AS in_force"""
"""Hours offered in the coming week (-1), this week (0) and each of those before, where some are in force.

`share_7d`, `share_30d`: the share of the week that lies within the last 7 and 30 days of the local clock.
"""


def _requests(scope: Scope) -> str:
    """Waiting time of each request of the last 30 days, per tutor who answered it or to whom it was addressed."""
    waited = "answers.ts_us - requests.ts_us"
    return f"""SELECT answers.tutor_id AS entity_id, CASE WHEN {waited} > 0 THEN {waited} ELSE 0 END AS waited_us
    FROM answers JOIN requests ON requests.request_id = answers.request_id
    UNION ALL
    SELECT requests.tutor_id, {scope.age("requests.ts_us")} FROM requests
    LEFT JOIN answers ON answers.request_id = requests.request_id AND answers.tutor_id = requests.tutor_id
    WHERE {scope.wants("requests.tutor_id")} AND answers.request_id IS NULL"""


def _asked(scope: Scope) -> str:
    newest_first = "PARTITION BY request_id ORDER BY ts_us DESC, received_us DESC, event_id DESC"
    return f"""SELECT request_id, tutor_id, ts_us{scope.carried} FROM (
        SELECT request_id, tutor_id, ts_us{scope.carried},
            {scope.ranked(newest_first)} AS nth
        FROM request_events WHERE event_type = 'booking_requested' AND {scope.times} AND {scope.since(30)}
    ) AS ranked WHERE nth = 1"""


def _answers(scope: Scope) -> str:
    return f"""SELECT request_id, tutor_id, MIN(ts_us) AS ts_us FROM request_events
    WHERE event_type = 'booking_responded' AND {scope.times} AND {scope.since(30)} AND {scope.wants()}
        AND request_id IN (SELECT request_id FROM requests) GROUP BY request_id, tutor_id"""


def _bookings(scope: Scope) -> str:
    lead = "starts_at - ts_us"
    return f"""SELECT tutor_id AS entity_id, CASE WHEN {lead} > 0 THEN {lead} ELSE 0 END AS lead_us FROM session_events
    WHERE event_type = 'session_booked' AND {scope.times} AND {scope.since(30)} AND {scope.wants_own()}
        AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = session_events.session_id
            AND sessions.entity_id = session_events.tutor_id AND {LAPSED})"""


def _moves(scope: Scope) -> str:
    return f"""SELECT tutor_id AS entity_id FROM session_events
    WHERE event_type = 'session_rescheduled' AND {scope.times} AND {scope.since(14)} AND {scope.wants_own()}"""


def _claims(scope: Scope) -> str:
    """Refunds and disputes of the last 30 days, with the tutor named or the session's."""
    since = scope.since(30, "claims.ts_us" if scope.gathered else "ts_us")
    return f"""SELECT * FROM (
        SELECT COALESCE({scope.real("claims.tutor_id")}, sessions.entity_id) AS entity_id, claims.event_type
        FROM payment_events AS claims LEFT JOIN sessions ON sessions.session_id = claims.session_id
        WHERE claims.event_type IN ('refund_issued', 'payment_disputed') AND {scope.times} AND {since}
    ) AS attributed WHERE {scope.wants("entity_id")}"""


def _grades(scope: Scope) -> str:
    scale = "COALESCE(scale, 100)"
    return f"""SELECT tutor_id AS entity_id, (grade_after - grade_before) * 100 / {scale} AS points FROM contact_events
    WHERE event_type = 'grade_reported' AND {scope.times} AND {scope.since(90)} AND {scope.wants_own()} AND {scale} > 0"""


_ASKING = "PARTITION BY main_subject"


def _market(scope: Scope) -> str:
    """Per tutor with a main subject and a price: the share of the reference that charges at least as much."""
    return f"""SELECT entity_id, at_least / NULLIF(everyone, 0) AS at_least_as_dear FROM (
        SELECT entity_id, SUM(in_market) OVER ({_ASKING}) AS everyone,
            SUM(in_market) OVER ({_ASKING} ORDER BY charge DESC RANGE UNBOUNDED PRECEDING) AS at_least
        FROM (
            SELECT entity_id, main_subject, charge, 0 AS in_market FROM measures
            UNION ALL SELECT NULL, main_subject, charge, {scope.alike("market_rates")} FROM market_rates
        ) AS rates WHERE main_subject IS NOT NULL AND charge IS NOT NULL
    ) AS compared WHERE entity_id IS NOT NULL"""


TUTOR_RELATIONS = (
    Relation("pairs", _PAIRS, ("sessions",)),
    Relation("rated_subjects", _RATED_SUBJECTS, ("ratings",)),
    Relation("local_clock", _local_clock, ("profiles", "zones")),
    Relation("declared", _declared, ("local_clock", "zones")),
    Relation("declarations", _declarations, ("declared",)),
    Relation("weeks", _WEEKS, ("local_clock", "declarations")),
    Relation("requests", _asked),
    Relation("answers", _answers, ("requests",)),
    Relation("waits", _requests, ("requests", "answers")),
    Relation("bookings", _bookings, ("sessions",)),
    Relation("moves", _moves),
    Relation("claims", _claims, ("sessions",)),
    Relation("grades", _grades),
    Relation("market", _market, ("market_rates",), measures=("main_subject", "charge"), one_row=True),
)
"""Relations of tutors."""
