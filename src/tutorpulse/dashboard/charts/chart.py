"""What a page shows as a chart, and what stands in it for every chart alike."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

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


def base(**parts: Any) -> dict[str, Any]:
    """An option with what every chart has: no animation that moves anything, and tooltips that are drawn, not styled in line."""
    tooltip = {"trigger": "axis", "renderMode": "richText", "confine": True}
    return {"animation": False, "tooltip": tooltip, "textStyle": {"fontFamily": "Inter, sans-serif"}} | parts
