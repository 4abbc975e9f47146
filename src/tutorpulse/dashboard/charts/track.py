"""How right predictions were: given risks against what happened, and the ranking month by month."""

from collections.abc import Sequence

from tutorpulse.dashboard import texts
from tutorpulse.dashboard.charts.chart import COLOURS, LEGEND_TOP, Chart, base, grid, legend
from tutorpulse.features.frame import EntityType
from tutorpulse.service.queries.shapes import TrackItem
from tutorpulse.training.track.shapes import Band


def calibration(kind: EntityType, months: Sequence[TrackItem]) -> Chart | None:
    """The newest month's risk of 14 days: what was given, and the share that it befell, band by band; None without a month."""
    found = next((item for item in months if item.figures.risk and item.figures.risk.calibration), None)
    if found is None or found.figures.risk is None:
        return None
    bands = found.figures.risk.calibration
    return Chart(
        id=f"calibration-{kind}",
        label=f"Of {kind}s given a risk in {found.month}, the share that left within 14 days",
        option=_calibration(bands),
        columns=("Risk given", "Predictions", "Mean given", "Came true", "90 % interval"),
        rows=[_row(band) for band in bands],
    )


def _row(band: Band) -> tuple[str, ...]:
    true = band.came_true
    spread = "–" if true.low is None else f"{texts.percent(true.low)} to {texts.percent(true.high)}"
    given = f"{texts.percent(band.low)} to {texts.percent(band.high)}"
    return given, texts.number(band.rows), texts.percent(band.said, 1), texts.percent(true.value, 1), spread


def _calibration(bands: Sequence[Band]) -> dict[str, object]:
    points = [[round(100 * band.said, 2), round(100 * band.came_true.value, 2)] for band in bands]
    spreads = [
        {
            "type": "line",
            "data": [[point[0], round(100 * low, 2)], [point[0], round(100 * high, 2)]],
            "symbol": "none",
            "silent": True,
            "lineStyle": {"color": "@muted", "width": 1.5},
        }
        for point, band in zip(points, bands, strict=True)
        if (low := band.came_true.low) is not None and (high := band.came_true.high) is not None
    ]
    axis = {"type": "value", "min": 0, "max": 100, "interval": 20, "axisLabel": {"formatter": "{value} %"}}
    even = {"type": "line", "data": [[0, 0], [100, 100]], "symbol": "none", "silent": True}
    even |= {"lineStyle": {"color": "@line-strong", "type": "dashed", "width": 1}}
    said = {"type": "scatter", "data": points, "symbolSize": 9, "itemStyle": {"color": COLOURS["best"]}}
    return base(
        grid=grid(bottom=20, top=24, left=12),
        tooltip={"trigger": "item", "renderMode": "richText"},
        xAxis=axis | {"name": "risk given", "nameLocation": "middle", "nameGap": 26},
        yAxis=axis | {"name": "came true", "nameLocation": "end"},
        series=[even, *spreads, said],
    )


def ranking(kind: EntityType, months: Sequence[TrackItem]) -> Chart | None:
    """AUC of the risk of 14 days month by month beside days of silence alone; None with fewer than two months."""
    found = [
        item
        for item in reversed(months)
        if item.figures.risk is not None and item.figures.risk.auc is not None
    ]
    if len({item.month for item in found}) < 2:
        return None
    return Chart(
        id=f"ranking-{kind}",
        label=f"AUC of the risk of 14 days of {kind}s by month",
        option=base(
            grid=grid(top=LEGEND_TOP),
            legend=legend(),
            xAxis={"type": "category", "data": [item.month for item in found]},
            yAxis={"type": "value", "min": 0.5, "max": 1},
            series=[
                _line("the model", [_auc(item) for item in found], COLOURS["best"], "solid"),
                _line("days of silence alone", [_naive(item) for item in found], "@muted", "dashed"),
            ],
        ),
        columns=("Month", "AUC", "Days of silence alone", "Model"),
        rows=[
            (item.month, texts.number(_auc(item), 3), texts.number(_naive(item), 3), item.model_version)
            for item in reversed(found)
        ],
    )


def _line(name: str, values: Sequence[float | None], colour: str, dashes: str) -> dict[str, object]:
    rounded = [None if value is None else round(value, 3) for value in values]
    line = {"color": colour, "width": 1.8, "type": dashes}
    return {"type": "line", "name": name, "data": rounded, "lineStyle": line, "itemStyle": {"color": colour}}


def _auc(item: TrackItem) -> float | None:
    risk = item.figures.risk
    return risk.auc.value if risk and risk.auc else None


def _naive(item: TrackItem) -> float | None:
    return item.figures.risk.recency_auc if item.figures.risk else None
