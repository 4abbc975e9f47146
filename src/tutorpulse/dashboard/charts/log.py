"""Events by day."""

from tutorpulse.clock import us_to_datetime
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
