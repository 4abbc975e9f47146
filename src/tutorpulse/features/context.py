"""Context beside the 46, and the facts that status is told from: what both kinds have."""

from tutorpulse.clock import DAY_US
from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sql import COMPLETED, REACHED, RESOLVED, count, geometric_mean, last_days

_GROUP = "context"
_FIRST = """CASE WHEN registered_us <= first_activity_us OR first_activity_us IS NULL
    THEN registered_us ELSE first_activity_us END"""

_AHEAD = "outcome IS NULL AND age_us < 0"
_KNOWN_AHEAD = "first_us < start_us"
_BOOKS = f"{count(_KNOWN_AHEAD)} > 0"
"""Whether any session of the entity was known before it began: where none was, the log does not tell of bookings."""
_SINCE_BOOKED = "age_us + time_us - first_us"
"""How long before `as_of` the log first told of a session."""

CONTEXT = (
    Feature(
        name="tenure_days",
        source=COMPOSITE,
        sql=f"(as_of_us - {_FIRST}) / {float(DAY_US)!r}",
        uses=("as_of_us", "registered_us", "first_activity_us"),
        group=_GROUP,
        unit="days",
        sentence="Days since registration or the first activity, whichever came first.",
    ),
    Feature(
        name="days_since_registration",
        source=COMPOSITE,
        sql=f"(as_of_us - registered_us) / {float(DAY_US)!r}",
        uses=("as_of_us", "registered_us"),
        group=_GROUP,
        unit="days",
        sentence="Days since the first registration.",
    ),
    Feature(
        name="days_since_last_activity",
        source=COMPOSITE,
        sql=f"(as_of_us - last_activity_us) / {float(DAY_US)!r}",
        uses=("as_of_us", "last_activity_us"),
        group=_GROUP,
        unit="days",
        sentence="Days since the last activity, however old.",
        healthy="down",
    ),
    Feature(
        name="active_days_90d",
        source="activity",
        sql=f"COUNT(DISTINCT CASE WHEN {last_days(90)} THEN FLOOR(ts_us / {DAY_US}) END)",
        empty=0,
        group=_GROUP,
        unit="days",
        sentence="Days (UTC) of the last 90 with any activity.",
        healthy="up",
    ),
    *(
        Feature(
            name=f"completed_{days}d",
            source="recent",
            sql=count(f"{COMPLETED} AND {last_days(days)}"),
            empty=0,
            group=_GROUP,
            unit="sessions",
            sentence=f"Completed sessions of the last {days} days.",
            healthy="up",
        )
        for days in (60, 90)
    ),
    Feature(
        name="completed_total",
        source="sessions",
        sql=count(COMPLETED),
        empty=0,
        group=_GROUP,
        unit="sessions",
        sentence="Completed sessions so far.",
        healthy="up",
    ),
    Feature(
        name="distinct_subjects_30d",
        source="subjects",
        sql=count("completed_30d > 0"),
        empty=0,
        group=_GROUP,
        unit="subjects",
        sentence="Subjects of the completed sessions of the last 30 days.",
    ),
    Feature(
        name="sessions_ahead",
        source="sessions",
        sql=f"CASE WHEN {_BOOKS} THEN {count(_AHEAD)} END",
        group=_GROUP,
        unit="sessions",
        sentence="Sessions agreed for later and not called off; missing where no session of the entity was ever known before it began.",
        healthy="up",
    ),
    Feature(
        name="days_to_next_session",
        source="sessions",
        sql=f"MIN(CASE WHEN {_AHEAD} THEN -age_us END) / {float(DAY_US)!r}",
        group=_GROUP,
        unit="days",
        sentence="Days until the first of those begins; missing where there is none.",
        healthy="down",
    ),
    Feature(
        name="booked_7d",
        source="sessions",
        sql=f"CASE WHEN {_BOOKS} THEN {count(f'{_KNOWN_AHEAD} AND {last_days(7, _SINCE_BOOKED)}')} END",
        group=_GROUP,
        unit="sessions",
        sentence="Sessions booked in the last 7 days; missing where no session of the entity was ever known before it began.",
        healthy="up",
    ),
    Feature(
        name="days_since_last_booking",
        source="sessions",
        sql=f"MIN(CASE WHEN {_KNOWN_AHEAD} THEN {_SINCE_BOOKED} END) / {float(DAY_US)!r}",
        group=_GROUP,
        unit="days",
        sentence="Days since a session was booked last; missing where none was ever known before it began.",
        healthy="down",
    ),
    Feature(
        name="message_response_hours_14d",
        source="contacts",
        sql=geometric_mean("response_time_hours", last_days(14)),
        group=_GROUP,
        unit="hours",
        sentence="Hours until a message was answered in the last 14 days: the geometric mean, a tenth of an hour added to each.",
        healthy="down",
    ),
    Feature(
        name="season_sine",
        source="moment",
        sql="SIN(year_angle)",
        group=_GROUP,
        unit="-1 to 1",
        sentence="Sine of the day of the year as an angle (1 January: 0).",
    ),
    Feature(
        name="season_cosine",
        source="moment",
        sql="COS(year_angle)",
        group=_GROUP,
        unit="-1 to 1",
        sentence="Cosine of the day of the year as an angle (1 January: 1).",
    ),
)
"""Context features of both kinds, in the order of `FeatureFrame.context`; those of one kind (`signs`) come after them."""

_PAUSED = """last_paused_us IS NOT NULL AND (last_activity_us IS NULL OR last_activity_us <= last_paused_us)
    AND (last_resumed_us IS NULL OR last_resumed_us <= last_paused_us)
    AND (last_pause_until_us IS NULL OR last_pause_until_us > as_of_us)"""
_PAUSE_PARTS = ("as_of_us", "last_activity_us", "last_resumed_us", "last_paused_us", "last_pause_until_us")

FACTS = (
    Measure("registered_us", "profiles", "registered_us"),
    Measure("first_activity_us", "activity", "MIN(ts_us)"),
    Measure("last_activity_us", "activity", "MAX(ts_us)"),
    Measure(
        "departed_us",
        COMPOSITE,
        "CASE WHEN last_activity_us > last_departed_us THEN NULL ELSE last_departed_us END",
        uses=("last_activity_us", "last_departed_us"),
    ),
    Measure("paused_since_us", COMPOSITE, f"CASE WHEN {_PAUSED} THEN last_paused_us END", uses=_PAUSE_PARTS),
    Measure(
        "paused_until_us", COMPOSITE, f"CASE WHEN {_PAUSED} THEN last_pause_until_us END", uses=_PAUSE_PARTS
    ),
    Measure("activity_count", "activity", "COUNT(*)", 0),
    Measure("resolved_total", "sessions", count(RESOLVED), 0),
    Measure("reached_total", "sessions", count(REACHED), 0),
    Measure("first_session_us", "sessions", f"MIN(CASE WHEN {REACHED} THEN time_us END)"),
)
"""Facts of both kinds, beside `completed_total`; `first_session_us` is the first that reached its start. A pause without a stated end has no `paused_until_us` here."""

SHARED_MEASURES = (
    Measure("as_of_us", "moment", "as_of_us"),
    Measure("last_departed_us", "profiles", "last_departed_us"),
    Measure("last_paused_us", "profiles", "last_paused_us"),
    Measure("last_pause_until_us", "profiles", "last_pause_until_us"),
    Measure("last_resumed_us", "profiles", "last_resumed_us"),
    Measure("sessions_seen", "sessions", "COUNT(*)", 0),
    Measure("others_seen", "sessions", "COUNT(other_id)", 0),
)
"""What both kinds' features are computed from beside the shown ones."""

OTHERS_KNOWN = "others_seen > 0 OR sessions_seen = 0"
"""False where the log never names the other side of this entity's sessions: counts of it are missing then, not 0."""
