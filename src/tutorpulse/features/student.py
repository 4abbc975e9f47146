"""The 46 features of a student, in the contract's order: sessions and engagement; the rest is beside."""

from tutorpulse.clock import DAY_US
from tutorpulse.features.catalog import Catalog, Feature, Measure
from tutorpulse.features.context import CONTEXT, FACTS, SHARED_MEASURES
from tutorpulse.features.ratings import RATING_MEASURES, rating_features
from tutorpulse.features.signs import STUDENT_SIGNS
from tutorpulse.features.sql import COMPLETED, count, known, last_days, mean, total
from tutorpulse.features.student_conduct import CONDUCT
from tutorpulse.features.student_money import MONEY, MONEY_MEASURES
from tutorpulse.features.student_tutors import TUTOR_RELATION, TUTOR_RELATION_MEASURES

_SESSION, _ENGAGEMENT = "session", "engagement"
_D30, _D90 = last_days(30), last_days(90)


def _difference(days: int) -> str:
    """Completed in the last days minus those in as many days before."""
    before = f"{COMPLETED} AND {last_days(2 * days)} AND NOT {last_days(days)}"
    return f"({count(f'{COMPLETED} AND {last_days(days)}')} - {count(before)})"


_COUNT_90D = count(f"{COMPLETED} AND {_D90}")
_SPAN_90D = f"(MAX(CASE WHEN {COMPLETED} AND {_D90} THEN age_us END) - MIN(CASE WHEN {COMPLETED} AND {_D90} THEN age_us END))"

_SESSIONS = (
    *(
        Feature(
            name=f"sessions_{days}d",
            source="recent",
            sql=count(f"{COMPLETED} AND {last_days(days)}"),
            empty=0,
            group=_SESSION,
            unit="sessions",
            sentence=f"Completed sessions of the last {days} days.",
            healthy="up",
        )
        for days in (7, 14, 30)
    ),
    *(
        Feature(
            name=f"session_freq_{days}d",
            source="recent",
            sql=f"{count(f'{COMPLETED} AND {last_days(days)}')} / {days}.0",
            empty=0,
            group=_SESSION,
            unit="sessions per day",
            sentence=f"Completed sessions of the last {days} days, per day.",
            healthy="up",
        )
        for days in (7, 14, 30)
    ),
    Feature(
        name="days_since_last_session",
        source="sessions",
        sql=f"MIN(CASE WHEN {COMPLETED} THEN age_us END) / {float(DAY_US)!r}",
        group=_SESSION,
        unit="days",
        sentence="Days since the last completed session, however old.",
        healthy="down",
    ),
    Feature(
        name="avg_gap_between_sessions",
        source="recent",
        sql=f"CASE WHEN {_COUNT_90D} >= 2 THEN {_SPAN_90D} / {float(DAY_US)!r} / ({_COUNT_90D} - 1) END",
        group=_SESSION,
        unit="days",
        sentence="Mean time between consecutive completed sessions of the last 90 days, at least 2.",
        healthy="down",
    ),
    Feature(
        name="session_trend_7d_14d",
        source="recent",
        sql=_difference(7),
        empty=0,
        group=_SESSION,
        unit="sessions",
        sentence="Completed sessions of the last 7 days minus those of the 7 days before.",
        healthy="up",
    ),
    Feature(
        name="session_trend_14d_30d",
        source="recent",
        sql=_difference(14),
        empty=0,
        group=_SESSION,
        unit="sessions",
        sentence="Completed sessions of the last 14 days minus those of the 14 days before.",
        healthy="up",
    ),
    Feature(
        name="session_acceleration",
        source="recent",
        sql=f"{_difference(7)} - {_difference(14)} / 2.0",
        empty=0,
        group=_SESSION,
        unit="sessions",
        sentence="session_trend_7d_14d minus half of session_trend_14d_30d.",
        healthy="up",
    ),
    Feature(
        name="sessions_weekend_ratio",
        source="local_sessions",
        sql="AVG(on_weekend)",
        group=_SESSION,
        unit="share",
        sentence="Share of the completed sessions of the last 30 days that began on a Saturday or Sunday, student's local time.",
    ),
    Feature(
        name="sessions_evening_ratio",
        source="local_sessions",
        sql="AVG(in_evening)",
        group=_SESSION,
        unit="share",
        sentence="Share of the completed sessions of the last 30 days that began at 17:00 or later, student's local time.",
    ),
)

_INVOLVEMENT = (
    *rating_features(_ENGAGEMENT),
    Feature(
        name="avg_session_duration_min",
        source="recent",
        sql=mean("duration_minutes", f"{COMPLETED} AND {_D30}"),
        group=_ENGAGEMENT,
        unit="minutes",
        sentence="Mean duration of the completed sessions of the last 30 days that state one.",
    ),
    Feature(
        name="total_session_hours_30d",
        source="sessions",
        sql=known("duration_minutes", f"{total('duration_minutes', f'{COMPLETED} AND {_D30}')} / 60.0"),
        group=_ENGAGEMENT,
        unit="hours",
        sentence="Hours of the completed sessions of the last 30 days; missing where no session of the student ever stated "
        "its duration.",
        healthy="up",
    ),
    Feature(
        name="engagement_score",
        source="crowd",
        sql="percentile",
        group=_ENGAGEMENT,
        unit="0 to 100",
        sentence="Percentile, among the students active in the 30 days before the last 00:00 UTC, of the sum of the percentiles "
        "of completed sessions, questions and materials, 30 days each; percentiles by middle rank, missing numbers as 0.",
        healthy="up",
        reach="population",
    ),
    *(
        Feature(
            name=f"{what}_30d",
            source="learning",
            sql=known(what, total(what, _D30)),
            group=_ENGAGEMENT,
            unit=what.split("_")[0],
            sentence=f"{what.split('_')[0].capitalize()} {what.split('_')[1]}, last 30 days; missing where the student's "
            "learning activity never stated any.",
            healthy="up",
        )
        for what in ("questions_asked", "materials_accessed")
    ),
)

STUDENT = Catalog(
    features=(*_SESSIONS, *_INVOLVEMENT, *MONEY, *CONDUCT, *TUTOR_RELATION),
    context=(*CONTEXT, *STUDENT_SIGNS),
    facts=(*FACTS, Measure("goal_reached_us", "profiles", "goal_us")),
    measures=(*SHARED_MEASURES, *RATING_MEASURES, *MONEY_MEASURES, *TUTOR_RELATION_MEASURES),
)
"""Everything known of a student."""
