"""Supply against demand in the week to come, by subject: a plain forecast, said with what it rests on.

Demand is what is taught and asked for now, carried on by the trend of requests; supply is what tutors declare.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutorpulse.clock import DAY_US
from tutorpulse.features.sql import times
from tutorpulse.features.store import Store
from tutorpulse.market.balance import WINDOW_DAYS, Balance

WEEKS = 8
"""Weeks of requests that a trend is drawn through."""

WEEKS_MIN = 4
"""A log with fewer weeks of requests has no trend."""

TREND_BOUNDS = (0.5, 2.0)
"""What a line may say of a week at most; one through few requests would promise more."""

BEYOND_CHANCE = 2.0
"""A slope counts from so many standard errors on, were each week's requests a Poisson count."""

TREND_COUNTS = 0.5
"""So much of a trend is carried on: half erred less than the whole in simulated marketplaces (docs/alerts.md)."""

LESSON_HOURS = 1.0
"""A request that says no duration asks for so much."""

_WEEK_US = 7 * DAY_US
_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """Per subject, in the order of the balance that it is made of; NaN where it cannot be told.

    Attributes:
        requests_8w: requests of the last 8 weeks, or of as many as the log has.
        trend: how many requests are expected in the next week per one of the last, by the line through those of each week; 0.75 to 1.5.
        demand_hours: hours of the week to come: those booked or taught in 7 days, and those that a week's requests ask for and
            nobody serves, times the trend.
        supply_hours: hours that tutors declare for it; NaN where no tutor of the subject declares any.
        gap_share: the part of the demand that the supply does not meet; negative where hours are left.
    """

    requests_8w: _Numbers
    trend: _Numbers
    demand_hours: _Numbers
    supply_hours: _Numbers
    gap_share: _Numbers

    def number(self, name: str) -> _Numbers:
        """A column by its name."""
        column: _Numbers = getattr(self, name)
        return column


def forecast(store: Store, found: Balance, as_of_us: int, known_at_us: int) -> Forecast:
    """The week after `as_of_us`, from what was known at `known_at_us`."""
    asked = store.query(weekly_sql(as_of_us, known_at_us))
    counts = {str(row[0]): row[1:] for row in zip(*asked.values(), strict=True)}
    lines = np.array([counts.get(str(s), (0.0,) * (WEEKS + 1)) for s in found.subjects], np.float64)
    lines = lines.reshape(len(found), WEEKS + 1)
    weekly, hours_each = lines[:, :WEEKS], lines[:, WEEKS]
    grown = trend(weekly[:, WEEKS - _weeks_known(store, as_of_us, known_at_us) :])
    unserved = np.nan_to_num(found.unserved_share) * found.requests * 7 / WINDOW_DAYS
    demand = (found.engaged_hours + unserved * hours_each) * grown
    supply = np.where(found.declaring > 0, found.hours_next_week, np.nan)
    gap = np.divide(demand - supply, demand, out=np.full(len(found), np.nan), where=demand > 0)
    return Forecast(weekly.sum(axis=1), grown, demand, supply, gap)


def trend(weekly: _Numbers) -> _Numbers:
    """Of n subjects' requests by week (n, weeks), oldest first, how many the next week brings per one of the last.

    Half of what the line of least squares says, within `TREND_BOUNDS`; 1 where its slope may be chance, or it ends at nothing. NaN
    where there are fewer than `WEEKS_MIN` weeks.
    """
    weeks = weekly.shape[1]
    if weeks < WEEKS_MIN:
        return np.full(len(weekly), np.nan)
    away = np.arange(weeks) - (weeks - 1) / 2
    mean, slope = weekly.mean(axis=1), weekly @ away / (away @ away)
    last = mean + slope * away[-1]
    counts = (last > 0) & (np.abs(slope) > BEYOND_CHANCE * np.sqrt(mean / (away @ away)))
    grown = np.divide(last + slope, last, out=np.ones(len(weekly)), where=counts)
    return np.asarray(1 + TREND_COUNTS * (np.clip(grown, *TREND_BOUNDS) - 1))


def weekly_sql(as_of_us: int, known_at_us: int) -> str:
    """(subject, requests of each of the last 8 weeks from the oldest on, mean hours asked for), in the portable subset of SQL.

    The newest event of a request's id says what was asked, as in `balance.requests_sql`.
    """
    cut, since = times(as_of_us, known_at_us), as_of_us - WEEKS * _WEEK_US
    weeks = ", ".join(
        f"COUNT(CASE WHEN ts_us > {as_of_us - (back + 1) * _WEEK_US:d} AND ts_us <= {as_of_us - back * _WEEK_US:d} "
        f"THEN 1 END) AS week_{back}"
        for back in reversed(range(WEEKS))
    )
    return f"""SELECT subject, {weeks}, AVG(COALESCE(duration_minutes / 60.0, {LESSON_HOURS})) AS hours FROM (
        SELECT request_id, subject, ts_us, duration_minutes,
            ROW_NUMBER() OVER (PARTITION BY request_id ORDER BY ts_us DESC, received_us DESC, event_id DESC) AS nth
        FROM request_events WHERE event_type = 'booking_requested' AND {cut} AND ts_us > {since:d}
    ) AS ranked WHERE nth = 1 GROUP BY subject ORDER BY subject"""


def _weeks_known(store: Store, as_of_us: int, known_at_us: int) -> int:
    """For how many whole weeks, `WEEKS` at most, the log has had requests of any subject."""
    found = store.query(
        "SELECT MIN(ts_us) AS first_us FROM request_events WHERE event_type = 'booking_requested' "
        f"AND {times(as_of_us, known_at_us)}"
    )
    first_us = found["first_us"].tolist()[0]
    if first_us is None or np.isnan(first_us):
        return 0
    return min(WEEKS, int((as_of_us - first_us) // _WEEK_US))
