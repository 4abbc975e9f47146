"""Risk and health over time, with changes of the model and what operators did."""

from collections.abc import Sequence

from tutorpulse.clock import parse_time
from tutorpulse.dashboard import texts
from tutorpulse.dashboard.charts.chart import COLOURS, LEGEND_TOP, Chart, base, grid, legend, time_axis
from tutorpulse.decisions.sentences import shown_name
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.person import Mark
from tutorpulse.service.shown import Standing

_LINES = (
    ("churn_risk_14d", "@ink", "solid"),
    ("churn_risk_30d", "@muted", "dashed"),
    ("health_score", COLOURS["good"], "solid"),
)
_SCALE = {"health_score": 1.0}


def history(
    kind: EntityType, standings: Sequence[Standing], marked: Sequence[Mark], limits: Sequence[float]
) -> Chart:
    """The predictions of record on one scale of 0 to 100: risks in percent, health in points.

    `limits` are the risks, in percent, above which somebody is at risk, and in the worst segment.
    """
    known = [standing for standing in standings if standing.as_of is not None]
    names = [shown_name(name, kind) for name, *_ in _LINES]
    series = [_line(kind, known, *line) for line in _LINES]
    series[0] |= _thresholds(limits)
    series[1] |= _happenings(marked)
    option = base(
        useUTC=True,
        grid=grid(top=LEGEND_TOP + 8, right=20),
        legend=legend(),
        xAxis=_axis(known),
        yAxis={"type": "value", "min": 0, "max": 100, "interval": 25},
        series=series,
    )
    return Chart(
        id="history",
        label=f"Predictions of record: {', '.join(texts.label(name) for name in names)}, 0 to 100",
        option=option,
        columns=("Of record", "Segment", *(texts.label(name) for name in names)),
        rows=[
            (
                str(s.as_of)[:16].replace("T", " "),
                texts.word(s.segment),
                *(texts.fact(n, s.outputs[n]) for n in names),
            )
            for s in reversed(known)
        ],
        size="medium",
    )


def _axis(known: Sequence[Standing]) -> dict[str, object]:
    times_us = [parse_time(str(standing.as_of)) for standing in known] or [0]
    return time_axis(min(times_us), max(times_us))


def _line(
    kind: EntityType, known: Sequence[Standing], output: str, colour: str, dashes: str
) -> dict[str, object]:
    name, scale = shown_name(output, kind), _SCALE.get(output, 100.0)
    points = [[s.as_of, None if (v := s.outputs[name]) is None else round(scale * v, 1)] for s in known]
    return {
        "type": "line",
        "name": texts.label(name),
        "data": points,
        "showSymbol": len(points) < 40,
        "symbolSize": 5,
        "lineStyle": {"color": colour, "width": 1.8, "type": dashes},
        "itemStyle": {"color": colour},
    }


def _thresholds(limits: Sequence[float]) -> dict[str, object]:
    data = [
        {
            "yAxis": limit,
            "lineStyle": {"color": COLOURS[state], "type": "dotted", "width": 1.5},
            "label": {"show": False},
        }
        for limit, state in zip(limits, ("risk", "worst"), strict=True)
    ]
    return {"markLine": {"symbol": "none", "silent": True, "data": data}}


def _happenings(marked: Sequence[Mark]) -> dict[str, object]:
    data = [
        {
            "xAxis": mark.at_us // 1_000,
            "name": mark.text,
            "lineStyle": {"color": "@line-strong", "type": "solid", "width": 1},
            "label": {
                "formatter": "M" if mark.kind == "model" else "A",
                "color": "@muted",
                "position": "end",
                "distance": 4,
            },
        }
        for mark in marked
    ]
    return {"markLine": {"symbol": "none", "data": data, "tooltip": {"formatter": "{b}"}}} if data else {}
