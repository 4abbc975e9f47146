"""Features 38 to 46 of a student: the relation to tutors. "Seen" means a completed session."""

from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.context import OTHERS_KNOWN
from tutorpulse.features.sql import count

_GROUP = "tutor relation"
_FULL_WEEK_HOURS = 20
_NAMED = "missing where the log never names the student's tutors"

TUTOR_RELATION_MEASURES = (
    Measure("tutors_seen_30d", "tutors", count("completed_30d > 0"), 0),
    Measure("tutor_changes_30d", "changes", count("other_id <> before_id"), 0),
)

_OWN = (
    Feature(
        name="tutor_consistency_score",
        source="last_sessions",
        sql="CASE WHEN COUNT(*) >= 3 THEN 1 - (COUNT(DISTINCT other_id) - 1.0) / (COUNT(*) - 1) END",
        group=_GROUP,
        unit="0 to 1",
        sentence="1 - (tutors - 1) / (sessions - 1) over the last 20 completed sessions with a known tutor, at least 3.",
        healthy="up",
    ),
    Feature(
        name="unique_tutors_30d",
        source=COMPOSITE,
        sql=f"CASE WHEN {OTHERS_KNOWN} THEN tutors_seen_30d END",
        uses=("others_seen", "sessions_seen", "tutors_seen_30d"),
        group=_GROUP,
        unit="tutors",
        sentence=f"Tutors of the completed sessions of the last 30 days; {_NAMED}.",
    ),
    Feature(
        name="preferred_tutor_ratio",
        source="tutors",
        sql="MAX(completed_90d) / SUM(completed_90d)",
        group=_GROUP,
        unit="share",
        sentence="Share of the most seen tutor in the completed sessions of the last 90 days.",
        healthy="up",
    ),
)

_NEIGHBOURS = (
    Feature(
        name="tutor_rating_avg",
        source="neighbours",
        sql="AVG(avg_rating)",
        group=_GROUP,
        unit="stars",
        sentence="Mean, over the tutors seen in the last 30 days, of their own avg_rating.",
        healthy="up",
        reach="neighbours",
    ),
    Feature(
        name="tutor_availability_score",
        source="neighbours",
        sql=f"AVG(CASE WHEN hours_this_week > {_FULL_WEEK_HOURS} THEN 1 ELSE hours_this_week / {_FULL_WEEK_HOURS}.0 END)",
        group=_GROUP,
        unit="0 to 1",
        sentence="Mean, over the tutors seen in the last 30 days, of min(1, available_hours_this_week / 20).",
        healthy="up",
        reach="neighbours",
    ),
    Feature(
        name="tutor_subject_expertise_score",
        source="neighbours",
        sql="SUM(main_lessons) / NULLIF(SUM(judged_lessons), 0)",
        group=_GROUP,
        unit="share",
        sentence="Share of the completed sessions of the last 30 days that were in their tutor's main subject, of those with "
        "a subject and a tutor who has a main one.",
        healthy="up",
        reach="neighbours",
    ),
)

_MATCH = (
    Feature(
        name="tutor_match_score",
        source="rated_tutors",
        sql="AVG(CASE WHEN mean_rating >= 4 THEN 1 ELSE 0 END)",
        group=_GROUP,
        unit="share",
        sentence="Of the tutors this student rated in the last 90 days, the share rated 4 or more on average.",
        healthy="up",
    ),
    Feature(
        name="tutor_changed_count_30d",
        source=COMPOSITE,
        sql=f"CASE WHEN {OTHERS_KNOWN} THEN tutor_changes_30d END",
        uses=("others_seen", "sessions_seen", "tutor_changes_30d"),
        group=_GROUP,
        unit="changes",
        sentence=f"Consecutive completed sessions, both in the last 30 days, with different tutors; {_NAMED}.",
        healthy="down",
    ),
    Feature(
        name="preferred_tutor_sessions_ratio",
        source="tutors",
        sql="MAX(completed_30d) / NULLIF(SUM(completed_30d), 0)",
        group=_GROUP,
        unit="share",
        sentence="Share of the most seen tutor in the completed sessions of the last 30 days.",
        healthy="up",
    ),
)

TUTOR_RELATION = (*_OWN, *_NEIGHBOURS, *_MATCH)
