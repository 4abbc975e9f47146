"""Features of ratings, which a tutor receives and a student gives."""

from tutorpulse.clock import MINUTE_US, WEEK_US
from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sources import RATED_DAYS
from tutorpulse.features.sql import count, last_days, mean, total

_D30 = last_days(RATED_DAYS)

RATING_MEASURES = (
    Measure("rating_mean_30d", "ratings", mean("rating", _D30)),
    Measure("rating_mean_newest", "newest_ratings", "AVG(rating)"),
)


def rating_features(group: str) -> tuple[Feature, Feature, Feature]:
    """Mean, trend and volatility."""
    return (
        Feature(
            name="avg_rating",
            source=COMPOSITE,
            sql="COALESCE(rating_mean_30d, rating_mean_newest)",
            uses=("rating_mean_30d", "rating_mean_newest"),
            group=group,
            unit="stars",
            sentence="Mean rating of the last 30 days, by the time of rating; where there is none, of the newest 20.",
            healthy="up",
        ),
        Feature(
            name="rating_trend",
            source="ratings",
            sql=_slope_per_week("rating"),
            group=group,
            unit="stars per week",
            sentence="Least-squares slope of the ratings of the last 30 days (at least 3) over their times, to the minute.",
            healthy="up",
        ),
        Feature(
            name="rating_volatility",
            source="ratings",
            sql=f"CASE WHEN {count(_D30)} >= 3 THEN STDDEV_SAMP(CASE WHEN {_D30} THEN rating END) END",
            group=group,
            unit="stars",
            sentence="Standard deviation (of a sample) of the ratings of the last 30 days, at least 3.",
            healthy="down",
        ),
    )


def _slope_per_week(value: str) -> str:
    """Whole minutes keep the sums of squares exact, so that ratings of one moment have no slope rather than a wild one."""
    n, x = count(_D30), total("age_minutes", _D30)
    xx, xy = total("age_minutes * age_minutes", _D30), total(f"age_minutes * {value}", _D30)
    slope = f"({n} * {xy} - {x} * {total(value, _D30)}) / NULLIF({n} * {xx} - {x} * {x}, 0)"
    return f"CASE WHEN {n} >= 3 THEN -{WEEK_US // MINUTE_US} * ({slope}) END"
