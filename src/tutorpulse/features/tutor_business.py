"""Features 38 to 46 of a tutor: financial and business."""

from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sql import COMPLETED, RESOLVED, count, known, last_days, mean, share, total

_GROUP = "financial and business"
_D30 = last_days(30)
_COMPLETED_30D = f"{COMPLETED} AND {_D30}"
_PRICED = f"{COMPLETED} AND price IS NOT NULL AND duration_minutes > 0"
_TREND = "total_earnings_30d / earnings_before_30d - 1"

BUSINESS_MEASURES = (
    Measure("earnings_before_30d", "recent", total("tutor_earnings", f"{last_days(60)} AND NOT {_D30}")),
    Measure("refunds_30d", "claims", count("event_type = 'refund_issued'"), 0),
    Measure("declared_rate", "profiles", "hourly_rate"),
    Measure(
        "realised_rate_90d",
        "recent",
        f"{total('price', _PRICED)} * 60 / {total('duration_minutes', _PRICED)}",
    ),
    Measure(
        "charge",
        COMPOSITE,
        "ROUND(COALESCE(declared_rate, realised_rate_90d), 2)",
        uses=("declared_rate", "realised_rate_90d"),
    ),
)

BUSINESS = (
    Feature(
        name="total_earnings_30d",
        source="sessions",
        sql=known("tutor_earnings", total("tutor_earnings", f"{RESOLVED} AND {_D30}")),
        group=_GROUP,
        unit="currency",
        sentence="Earnings of the sessions resolved in the last 30 days; missing where no session of the tutor ever stated any.",
        healthy="up",
    ),
    Feature(
        name="avg_earnings_per_session",
        source="recent",
        sql=mean("tutor_earnings", _COMPLETED_30D),
        group=_GROUP,
        unit="currency",
        sentence="Mean earnings of the completed sessions of the last 30 days that state them.",
        healthy="up",
    ),
    Feature(
        name="earnings_trend",
        source=COMPOSITE,
        sql=f"CASE WHEN earnings_before_30d > 0 THEN CASE WHEN {_TREND} > 5 THEN 5 WHEN {_TREND} < -1 THEN -1 ELSE {_TREND} END END",
        uses=("total_earnings_30d", "earnings_before_30d"),
        group=_GROUP,
        unit="ratio",
        sentence="Earnings of the last 30 days divided by those of the 30 days before, minus 1, between -1 and 5; missing "
        "where nothing was earned before.",
        healthy="up",
    ),
    Feature(
        name="premium_tier_sessions_ratio",
        source="recent",
        sql=share("is_premium = 1", f"{_COMPLETED_30D} AND tier IS NOT NULL"),
        group=_GROUP,
        unit="share",
        sentence="Of the completed sessions of the last 30 days with a tier, the share in a premium tier.",
        healthy="up",
    ),
    Feature(
        name="discount_sessions_ratio",
        source="recent",
        sql=share("discounted", f"{_COMPLETED_30D} AND discounted IS NOT NULL"),
        group=_GROUP,
        unit="share",
        sentence="Of the completed sessions of the last 30 days that say whether they were discounted, the share that was.",
        healthy="down",
    ),
    Feature(
        name="payment_disputes_count_30d",
        source="claims",
        sql=count("event_type = 'payment_disputed'"),
        empty=0,
        group=_GROUP,
        unit="disputes",
        sentence="Payments disputed in the last 30 days, by the tutor they name or the session's.",
        healthy="down",
    ),
    Feature(
        name="refund_rate_30d",
        source=COMPOSITE,
        sql="refunds_30d / NULLIF(sessions_completed_30d, 0)",
        uses=("refunds_30d", "sessions_completed_30d"),
        group=_GROUP,
        unit="ratio",
        sentence="Refunds of the last 30 days per completed session.",
        healthy="down",
    ),
    Feature(
        name="pricing_competitiveness_score",
        source="market",
        sql="at_least_as_dear",
        group=_GROUP,
        unit="share",
        sentence="Of the tutors with the same main subject who taught in the 30 days before the last 00:00 UTC, the share "
        "that charges at least as much per hour: the declared rate, else price per hour of the last 90 days.",
        reach="population",
    ),
    Feature(
        name="revenue_per_available_hour",
        source=COMPOSITE,
        sql="total_earnings_30d / NULLIF(hours_offered_30d, 0)",
        uses=("total_earnings_30d", "hours_offered_30d"),
        group=_GROUP,
        unit="currency per hour",
        sentence="Earnings per hour offered, last 30 days.",
        healthy="up",
    ),
)
