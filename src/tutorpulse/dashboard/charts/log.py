"""Events by day, and as they come in."""

from tutorpulse.clock import MINUTE_US, us_to_datetime
from tutorpulse.dashboard import texts
from tutorpulse.dashboard.charts.chart import Chart, base, grid
from tutorpulse.service.queries.log import LogStanding


def by_day(found: LogStanding) -> Chart:
    """The last 60 days."""
    days = [us_to_datetime(day.day_us).date() for day in found.days]
    bars = {
        "type": "bar",
        "name": "events",
        "data": [day.count for day in found.days],
        "barCategoryGap": "25%",
    }
    return Chart(
        id="by-day",
        label="Events by day (UTC), 60 days",
        option=base(
            grid=grid(),
            xAxis={
                "type": "category",
                "data": [f"{d.day} {d:%b}" for d in days],
                "axisTick": {"show": False},
            },
            yAxis={"type": "value"},
            series=[bars | {"itemStyle": {"color": "@line-strong"}}],
        ),
        columns=("Day", "Events"),
        rows=[
            (day.isoformat(), texts.number(one.count))
            for day, one in reversed(list(zip(days, found.days, strict=True)))
        ],
    )


def by_minute(found: LogStanding) -> Chart:
    """What was received in each of the last 60 minutes."""
    count = len(found.received)
    begins = [us_to_datetime(found.now_us - (count - place) * MINUTE_US) for place in range(count)]
    words = [f"{begin:%H:%M}" for begin in begins]
    bars = {"type": "bar", "name": "events received", "data": list(found.received), "barCategoryGap": "25%"}
    return Chart(
        id="by-minute",
        label="Events received by minute (UTC), 60 minutes",
        option=base(
            grid=grid(),
            xAxis={"type": "category", "data": words, "axisTick": {"show": False}},
            yAxis={"type": "value", "minInterval": 1},
            series=[bars | {"itemStyle": {"color": "@line-strong"}}],
        ),
        columns=("Minute from", "Events"),
        rows=[
            (word, texts.number(one)) for word, one in reversed(list(zip(words, found.received, strict=True)))
        ],
        size="small",
    )
