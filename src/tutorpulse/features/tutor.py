"""The 46 features of a tutor, in the contract's order: performance, satisfaction and capacity; the rest is beside."""

from tutorpulse.clock import DAY_US, HOUR_US
from tutorpulse.features.catalog import COMPOSITE, Catalog, Feature, Measure
from tutorpulse.features.context import CONTEXT, FACTS, OTHERS_KNOWN, SHARED_MEASURES
from tutorpulse.features.ratings import RATING_MEASURES, rating_features
from tutorpulse.features.signs import TUTOR_SIGNS, TUTOR_SIGNS_MEASURES
from tutorpulse.features.sql import COMPLETED, REACHED, RESOLVED, count, last_days, mean, share, total
from tutorpulse.features.tutor_business import BUSINESS, BUSINESS_MEASURES
from tutorpulse.features.tutor_expertise import EXPERTISE, EXPERTISE_MEASURES

_PERFORMANCE, _SATISFACTION, _CAPACITY = (
    "session performance",
    "student satisfaction",
    "availability and capacity",
)
_D30 = last_days(30)

_SESSIONS = (
    *(
        Feature(
            name=f"sessions_taught_{days}d",
            source="recent",
            sql=count(f"{REACHED} AND {last_days(days)}"),
            empty=0,
            group=_PERFORMANCE,
            unit="sessions",
            sentence=f"Sessions of the last {days} days that reached their start: completed, unsuccessful or no-show.",
            healthy="up",
        )
        for days in (7, 14, 30)
    ),
    *(
        Feature(
            name=f"sessions_completed_{days}d",
            source="recent",
            sql=count(f"{COMPLETED} AND {last_days(days)}"),
            empty=0,
            group=_PERFORMANCE,
            unit="sessions",
            sentence=f"Completed sessions of the last {days} days.",
            healthy="up",
        )
        for days in (7, 14, 30)
    ),
    Feature(
        name="avg_session_duration_min",
        source="recent",
        sql=mean("duration_minutes", f"{COMPLETED} AND {_D30}"),
        group=_PERFORMANCE,
        unit="minutes",
        sentence="Mean duration of the completed sessions of the last 30 days that state one.",
    ),
    Feature(
        name="session_completion_rate",
        source="recent",
        sql=share(COMPLETED, f"{RESOLVED} AND {_D30}"),
        group=_PERFORMANCE,
        unit="share",
        sentence="Completed of the resolved sessions of the last 30 days.",
        healthy="up",
    ),
    Feature(
        name="no_show_rate",
        source="recent",
        sql=share(
            "outcome = 'no_show' AND (no_show_by = 'tutor' OR no_show_by IS NULL)", f"{RESOLVED} AND {_D30}"
        ),
        group=_PERFORMANCE,
        unit="share",
        sentence="No-shows of the tutor, or of an unknown side, of the resolved sessions of the last 30 days.",
        healthy="down",
    ),
    Feature(
        name="cancellation_rate",
        source="recent",
        sql=share(
            "outcome = 'cancelled' AND (cancelled_by = 'tutor' OR cancelled_by IS NULL)",
            f"{RESOLVED} AND {_D30}",
        ),
        group=_PERFORMANCE,
        unit="share",
        sentence="Cancelled by the tutor, or by an unknown side, of the resolved sessions of the last 30 days.",
        healthy="down",
    ),
    Feature(
        name="days_since_last_session",
        source="sessions",
        sql=f"MIN(CASE WHEN {COMPLETED} THEN age_us END) / {float(DAY_US)!r}",
        group=_PERFORMANCE,
        unit="days",
        sentence="Days since the last completed session, however old.",
        healthy="down",
    ),
    *(
        Feature(
            name=f"session_frequency_{days}d",
            source="recent",
            sql=f"{count(f'{REACHED} AND {last_days(days)}')} / {days}.0",
            empty=0,
            group=_PERFORMANCE,
            unit="sessions per day",
            sentence=f"Sessions of the last {days} days that reached their start, per day.",
            healthy="up",
        )
        for days in (7, 14)
    ),
)

_STUDENTS = (
    *rating_features(_SATISFACTION),
    Feature(
        name="positive_reviews_count_30d",
        source="ratings",
        sql=count(f"rating >= 4 AND {_D30}"),
        empty=0,
        group=_SATISFACTION,
        unit="ratings",
        sentence="Ratings of 4 or more, last 30 days.",
        healthy="up",
    ),
    Feature(
        name="negative_reviews_count_30d",
        source="ratings",
        sql=count(f"rating < 3 AND {_D30}"),
        empty=0,
        group=_SATISFACTION,
        unit="ratings",
        sentence="Ratings below 3, last 30 days.",
        healthy="down",
    ),
    Feature(
        name="student_retention_rate",
        source="pairs",
        sql=share("taught_30d > 0", "taught_60d_30d > 0"),
        group=_SATISFACTION,
        unit="share",
        sentence="Of the students taught between 60 and 30 days ago, the share taught again since.",
        healthy="up",
    ),
    Feature(
        name="unique_students_30d",
        source=COMPOSITE,
        sql=f"CASE WHEN {OTHERS_KNOWN} THEN students_taught_30d END",
        uses=("others_seen", "sessions_seen", "students_taught_30d"),
        group=_SATISFACTION,
        unit="students",
        sentence="Students taught in the last 30 days; missing where the log never names the tutor's students.",
        healthy="up",
    ),
    Feature(
        name="avg_student_lifetime_sessions",
        source="pairs",
        sql=mean("completed_total", "taught_90d > 0"),
        group=_SATISFACTION,
        unit="sessions",
        sentence="Mean, over the students taught in the last 90 days, of the sessions completed with this tutor so far.",
        healthy="up",
    ),
)

_ENGAGED_HOURS = "(CASE WHEN engagements_7d = 0 THEN 0 ELSE engaged_minutes_7d END / 60.0)"

_HOURS = (
    Feature(
        name="available_hours_this_week",
        source="weeks",
        sql="MAX(CASE WHEN week = 0 THEN hours END)",
        group=_CAPACITY,
        unit="hours",
        sentence="Hours offered in the tutor-local ISO week of as_of: the newest declaration that bears on it, if not "
        "older than 28 days. Hours come before slots of an hour; what a week declared for the next holds from that one on.",
    ),
    Feature(
        name="available_hours_next_week",
        source="weeks",
        sql="MAX(CASE WHEN week = -1 THEN hours END)",
        group=_CAPACITY,
        unit="hours",
        sentence="Hours offered in the tutor-local week after that of as_of; without a word for it, those of this week.",
    ),
    Feature(
        name="utilization_rate",
        source=COMPOSITE,
        sql=f"CASE WHEN {_ENGAGED_HOURS} > 2 * hours_offered_7d THEN 2 "
        f"ELSE {_ENGAGED_HOURS} / NULLIF(hours_offered_7d, 0) END",
        uses=("engagements_7d", "engaged_minutes_7d", "hours_offered_7d"),
        group=_CAPACITY,
        unit="share",
        sentence="Hours booked or taught in the last 7 days per hour offered in them, at most 2. A session counts with its "
        "duration, else the scheduled one; a no-show with the scheduled one first.",
    ),
    Feature(
        name="instant_book_enabled",
        source="profiles",
        sql="instant_book",
        group=_CAPACITY,
        unit="0 or 1",
        sentence="Whether students may book at once, as last declared.",
    ),
    Feature(
        name="avg_response_time_hours",
        source="waits",
        sql=f"AVG(waited_us) / {float(HOUR_US)!r}",
        group=_CAPACITY,
        unit="hours",
        sentence="Mean time from a request of the last 30 days to this tutor's first answer; one addressed to the tutor and "
        "not answered counts its waiting time so far.",
        healthy="down",
    ),
    Feature(
        name="booking_lead_time_avg_hours",
        source="bookings",
        sql=f"AVG(lead_us) / {float(HOUR_US)!r}",
        group=_CAPACITY,
        unit="hours",
        sentence="Mean time from booking to the start then agreed, bookings of the last 30 days without lapsed sessions; "
        "0 where the start came first.",
    ),
)

_HELD_MINUTES = """CASE WHEN outcome = 'no_show' THEN COALESCE(scheduled_duration_minutes, duration_minutes)
    ELSE COALESCE(duration_minutes, scheduled_duration_minutes) END"""
_ENGAGED = f"({REACHED} OR outcome IS NULL) AND {last_days(7)}"

_MEASURES = (
    Measure("students_taught_30d", "pairs", count("taught_30d > 0"), 0),
    Measure("hours_offered_7d", "weeks", "SUM(CASE WHEN share_7d > 0 THEN hours * share_7d END)"),
    Measure("hours_offered_30d", "weeks", "SUM(CASE WHEN share_30d > 0 THEN hours * share_30d END)"),
    Measure("engagements_7d", "recent", count(_ENGAGED), 0),
    Measure("engaged_minutes_7d", "recent", total(_HELD_MINUTES, _ENGAGED)),
)

TUTOR = Catalog(
    features=(*_SESSIONS, *_STUDENTS, *_HOURS, *EXPERTISE, *BUSINESS),
    context=(*CONTEXT, *TUTOR_SIGNS),
    facts=FACTS,
    measures=(
        *SHARED_MEASURES,
        *RATING_MEASURES,
        *_MEASURES,
        *EXPERTISE_MEASURES,
        *BUSINESS_MEASURES,
        *TUTOR_SIGNS_MEASURES,
    ),
)
"""Everything known of a tutor."""
