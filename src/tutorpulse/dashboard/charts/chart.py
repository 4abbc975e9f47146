"""What a page shows as a chart, and what stands in it for every chart alike."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from tutorpulse.clock import DAY_US

COLOURS = {"best": "#0072B2", "good": "#009E73", "risk": "#E69F00", "worst": "#D55E00", "unknown": "#8A8F98"}
"""Colour means state; told apart by the colour-blind (Okabe and Ito, 2008)."""

Size = Literal["small", "medium", "tall"]


class Chart(msgspec.Struct, frozen=True):
    """One chart: its option, the sentence that stands for it, and the table behind it (the first column names the row)."""

    id: str
    label: str
    option: dict[str, Any]
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    size: Size = "medium"


def grid(left: int = 8, right: int = 16, top: int = 16, bottom: int = 8) -> dict[str, object]:
    """Room around the axes, in pixels; their labels are inside it."""
    return {"left": left, "right": right, "top": top, "bottom": bottom, "outerBoundsMode": "same"}


LEGEND_TOP = 44
"""Where the plot begins below a legend that takes two lines, in pixels: on a telephone it does."""


def legend() -> dict[str, object]:
    """Names of the series above the plot, in as many lines as they need."""
    return {"top": 0, "left": 0, "itemWidth": 18, "itemHeight": 8, "icon": "rect", "itemGap": 12}


_STEPS_DAYS = (1, 2, 4, 7, 14, 21, 28, 56, 91, 182, 364)
_MOST_TICKS = 5
_MONDAY_DAYS = 4
"""The first Monday after the epoch, in days: weeks of ticks begin with it."""


def time_axis(since_us: int, until_us: int) -> dict[str, Any]:
    """A time axis in UTC with days evenly apart; ECharts' own begin anew in each month, with some of the old steps left over."""
    span_days = (until_us - since_us) / DAY_US
    if span_days < _STEPS_DAYS[1]:
        return {"type": "time", "axisLabel": {"hideOverlap": True}}
    step = next((days for days in _STEPS_DAYS if span_days / days <= _MOST_TICKS), _STEPS_DAYS[-1])
    first = -(-(since_us - _MONDAY_DAYS * DAY_US) // (step * DAY_US)) * step + _MONDAY_DAYS
    days = range(first, until_us // DAY_US + 1, step)
    ticks = {"customValues": [day * DAY_US // 1_000 for day in days]}
    words = "{d} {MMM}" if step < _STEPS_DAYS[-3] else "{MMM} {yyyy}"
    label = {"hideOverlap": True, "formatter": words}
    return {"type": "time", "axisTick": ticks, "axisLabel": ticks | label}


def base(**parts: Any) -> dict[str, Any]:
    """An option with what every chart has: no animation that moves anything, and tooltips that are drawn, not styled in line."""
    tooltip = {"trigger": "axis", "renderMode": "richText", "confine": True}
    return {"animation": False, "tooltip": tooltip, "textStyle": {"fontFamily": "Inter, sans-serif"}} | parts
