"""Features 28 to 37 of a tutor: subject expertise."""

from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sources import SEPARATOR

_GROUP = "subject expertise"
_DECLARED_COUNT = f"LENGTH(subjects) - LENGTH(REPLACE(subjects, {SEPARATOR}, '')) - 1"
_AFTER_FIRST = "SUBSTR(subjects, 2)"
_FIRST_DECLARED = f"NULLIF(SUBSTR({_AFTER_FIRST}, 1, STRPOS({_AFTER_FIRST}, {SEPARATOR}) - 1), '')"

EXPERTISE_MEASURES = (
    Measure("most_completed_subject", "subjects", "MAX(CASE WHEN rank_90d = 1 THEN subject END)"),
    Measure("first_declared_subject", "profiles", _FIRST_DECLARED),
    Measure(
        "main_subject",
        COMPOSITE,
        "COALESCE(most_completed_subject, first_declared_subject)",
        uses=("most_completed_subject", "first_declared_subject"),
    ),
    Measure(
        "subject_entropy_90d",
        "subjects",
        "LN(SUM(completed_90d)) - SUM(completed_90d * LN(completed_90d)) / SUM(completed_90d)",
    ),
    Measure("undeclared_subjects_90d", "subjects", "SUM(1 - is_declared)"),
)

_SUBJECTS_OPEN = "COALESCE(primary_subject_count, 0) + undeclared_subjects_90d"

EXPERTISE = (
    Feature(
        name="primary_subject_count",
        source="profiles",
        sql=_DECLARED_COUNT,
        group=_GROUP,
        unit="subjects",
        sentence="Subjects last declared.",
    ),
    Feature(
        name="subject_diversity_score",
        source=COMPOSITE,
        sql=f"CASE WHEN {_SUBJECTS_OPEN} <= 1 THEN 0 WHEN subject_entropy_90d < 0 THEN 0 "
        f"WHEN {_SUBJECTS_OPEN} > 1 THEN subject_entropy_90d / LN({_SUBJECTS_OPEN}) END",
        uses=("primary_subject_count", "undeclared_subjects_90d", "subject_entropy_90d"),
        group=_GROUP,
        unit="0 to 1",
        sentence="Entropy of the completed sessions of the last 90 days over subjects, divided by its maximum for the "
        "subjects declared or taught in them; one subject: 0.",
    ),
    Feature(
        name="avg_rating_by_subject",
        source="rated_subjects",
        sql="SUM(SQRT(rating_count) * mean_rating) / SUM(SQRT(rating_count))",
        group=_GROUP,
        unit="stars",
        sentence="Mean of each subject's mean rating, weighted by the square root of its ratings, last 90 days.",
        healthy="up",
    ),
    Feature(
        name="sessions_per_subject_30d",
        source="subjects",
        sql="SUM(completed_30d) / NULLIF(COUNT(CASE WHEN completed_30d > 0 THEN 1 END), 0)",
        group=_GROUP,
        unit="sessions",
        sentence="Completed sessions of the last 30 days per distinct subject among them; those without a subject are left out.",
    ),
    Feature(
        name="subject_match_accuracy",
        source="subjects",
        sql="CASE WHEN MAX(subjects) IS NOT NULL THEN SUM(completed_30d * is_declared) / NULLIF(SUM(completed_30d), 0) END",
        group=_GROUP,
        unit="share",
        sentence="Completed sessions of the last 30 days in a declared subject, of those with a subject; missing where no "
        "subjects were declared.",
        healthy="up",
    ),
    Feature(
        name="certification_count",
        source="profiles",
        sql="certification_count",
        group=_GROUP,
        unit="certificates",
        sentence="Certificates as last declared.",
        healthy="up",
    ),
    Feature(
        name="years_of_experience",
        source="profiles",
        sql="years_of_experience",
        group=_GROUP,
        unit="years",
        sentence="Years of experience as last declared, plus the time since.",
        healthy="up",
    ),
    Feature(
        name="specialization_score",
        source="subjects",
        sql="MAX(completed_90d) / SUM(completed_90d)",
        group=_GROUP,
        unit="share",
        sentence="Share of the main subject in the completed sessions of the last 90 days that have a subject.",
    ),
    Feature(
        name="advanced_topics_count",
        source="profiles",
        sql="advanced_topics_count",
        group=_GROUP,
        unit="topics",
        sentence="Advanced topics as last declared.",
        healthy="up",
    ),
    Feature(
        name="student_grade_improvement_avg",
        source="grades",
        sql="AVG(points)",
        group=_GROUP,
        unit="points of 100",
        sentence="Mean of grade after minus grade before, on a scale of 100, grades of the last 90 days that name the tutor.",
        healthy="up",
    ),
)
