"""Supply against demand: unserved requests and booked hours, subject by subject."""

from tutorpulse.dashboard import texts
from tutorpulse.dashboard.charts.chart import COLOURS, LEGEND_TOP, Chart, base, grid, legend
from tutorpulse.service.queries.capacity import Capacity

_SHOWN = 14


def balance(found: Capacity) -> Chart:
    """The subjects that are shortest, from the top."""
    shown = list(reversed(found.subjects[:_SHOWN]))
    return Chart(
        id="balance",
        label="Unserved requests and booked hours by subject, in percent",
        option=base(
            grid=grid(top=LEGEND_TOP, right=24),
            legend=legend(),
            xAxis={"type": "value", "min": 0, "axisLabel": {"formatter": "{value} %"}},
            yAxis={
                "type": "category",
                "data": [texts.word(s.subject) for s in shown],
                "axisTick": {"show": False},
            },
            series=[
                _bars("requests unserved, 28 days", [s.unserved_share for s in shown], COLOURS["worst"]),
                _bars("hours booked, 7 days", [s.booked_share for s in shown], COLOURS["unknown"]),
            ],
        ),
        columns=("Subject", "Unserved", "Booked"),
        rows=[
            (texts.word(s.subject), texts.percent(s.unserved_share), texts.percent(s.booked_share))
            for s in found.subjects
        ],
        size="tall",
    )


def _bars(name: str, shares: list[float | None], colour: str) -> dict[str, object]:
    data = [None if share is None else round(100 * share, 1) for share in shares]
    return {
        "type": "bar",
        "name": name,
        "data": data,
        "itemStyle": {"color": colour},
        "barMaxWidth": 9,
        "barGap": "20%",
    }
