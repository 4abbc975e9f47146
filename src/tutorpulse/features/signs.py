"""Context features of one kind alone: what changes first in those who are about to leave."""

from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sql import count, last_days, mean

_GROUP = "context"

TUTOR_SIGNS = (
    Feature(
        name="available_hours_change",
        source=COMPOSITE,
        sql="available_hours_this_week / NULLIF(available_hours_before, 0) - 1",
        uses=("available_hours_this_week", "available_hours_before"),
        group=_GROUP,
        unit="ratio",
        sentence="Hours offered this week / the mean of the weeks three to five weeks ago, minus 1.",
        healthy="up",
    ),
    Feature(
        name="rescheduled_14d",
        source="moves",
        sql="COUNT(*)",
        empty=0,
        group=_GROUP,
        unit="sessions",
        sentence="Times in the last 14 days that a session was moved, by whomever.",
        healthy="down",
    ),
)
"""Of tutors."""

TUTOR_SIGNS_MEASURES = (Measure("available_hours_before", "weeks", mean("hours", "week BETWEEN 3 AND 5")),)
"""What they are computed from beside the shown ones."""

STUDENT_SIGNS = (
    *(
        Feature(
            name=f"learning_activities_{days}d",
            source="learning",
            sql=count(last_days(days)),
            group=_GROUP,
            unit="activities",
            sentence=f"Learning activities between sessions in the last {days} days; missing where the student never had any.",
            healthy="up",
        )
        for days in (7, 14)
    ),
    Feature(
        name="call_sentiment_30d",
        source="contacts",
        sql=mean("sentiment", "event_type = 'ib_call_logged'"),
        group=_GROUP,
        unit="-1 to 1",
        sentence="Mean sentiment of the calls logged in the last 30 days.",
        healthy="up",
    ),
)
"""Of students."""
