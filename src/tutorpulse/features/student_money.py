"""Features 22 to 27 of a student: financial."""

from tutorpulse.clock import DAY_US
from tutorpulse.features.catalog import COMPOSITE, Feature, Measure
from tutorpulse.features.sql import count, known, last_days, mean, share, total

_GROUP = "financial"
_D30, _D90 = last_days(30), last_days(90)
_STATED = "missing where the log has no payments, as prices do not tell"

MONEY_MEASURES = (
    Measure("log_has_payments", "till", "has_payments"),
    Measure("failures_30d", "payments", count(f"succeeded = 0 AND {_D30}"), 0),
)

MONEY = (
    Feature(
        name="payment_success_rate_30d",
        source="payments",
        sql=share("succeeded = 1", f"stated = 1 AND {_D30}"),
        group=_GROUP,
        unit="share",
        sentence=f"Successful payments of all, last 30 days; {_STATED}.",
        healthy="up",
    ),
    Feature(
        name="payment_failures_30d",
        source=COMPOSITE,
        sql="CASE WHEN log_has_payments = 1 THEN failures_30d END",
        uses=("log_has_payments", "failures_30d"),
        group=_GROUP,
        unit="payments",
        sentence=f"Failed payments, last 30 days; {_STATED}.",
        healthy="down",
    ),
    Feature(
        name="avg_transaction_value",
        source="payments",
        sql=mean("amount", f"succeeded = 1 AND {_D90}"),
        group=_GROUP,
        unit="currency",
        sentence="Mean successful payment of the last 90 days. Where the log has no payments at all, the prices of completed "
        "sessions count as such.",
        healthy="up",
    ),
    Feature(
        name="total_revenue_30d",
        source="payments",
        sql=known("amount", total("amount", f"succeeded = 1 AND {_D30}")),
        group=_GROUP,
        unit="currency",
        sentence="Sum of the successful payments of the last 30 days (or prices, as above); missing for a student who never "
        "paid or was never asked to.",
        healthy="up",
    ),
    Feature(
        name="payment_method_count",
        source="payments",
        sql=f"CASE WHEN COUNT(method) > 0 THEN COUNT(DISTINCT CASE WHEN {_D90} THEN method END) END",
        group=_GROUP,
        unit="methods",
        sentence="Distinct payment methods of the last 90 days; missing where no payment of the student ever named one.",
    ),
    Feature(
        name="days_since_last_payment",
        source="payments",
        sql=f"MIN(CASE WHEN succeeded = 1 THEN age_us END) / {float(DAY_US)!r}",
        group=_GROUP,
        unit="days",
        sentence="Days since the last successful payment (or priced session, as above), however old.",
        healthy="down",
    ),
)
