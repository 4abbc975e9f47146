"""Who went from which segment to which: a Sankey diagram of a week."""

from tutorpulse.dashboard import texts
from tutorpulse.dashboard.charts.chart import COLOURS, Chart, base
from tutorpulse.service.queries.overview import Flow, KindStanding


def flows(standing: KindStanding, since: str) -> Chart:
    """The segments at `since` on the left, today's on the right, of those who were or are scored."""
    shown = [flow for flow in standing.flows if flow.count and (flow.left or flow.entered)]
    return Chart(
        id=f"flows-{standing.entity_type}",
        label=f"Flows of {standing.entity_type}s between segments since {since}",
        option=_option(standing, shown),
        columns=("From", "To", "Count"),
        rows=[(texts.word(f.left), texts.word(f.entered), texts.number(f.count)) for f in shown],
    )


def _option(standing: KindStanding, shown: list[Flow]) -> dict[str, object]:
    order = (*(segment.segment for segment in standing.segments), None)
    left = [name for name in order if any(flow.left == name for flow in shown)]
    right = [name for name in order if any(flow.entered == name for flow in shown)]
    series = {
        "type": "sankey",
        "left": 4,
        "right": 116,
        "top": 8,
        "bottom": 8,
        "nodeWidth": 8,
        "nodeGap": 14,
        "layoutIterations": 0,
        "draggable": False,
        "emphasis": {"focus": "adjacency"},
        "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
        "itemStyle": {"borderWidth": 0},
        "data": [_node(name, "before", 0) for name in left] + [_node(name, "now", 1) for name in right],
        "links": [
            {"source": _key(f.left, "before"), "target": _key(f.entered, "now"), "value": f.count}
            for f in shown
        ],
    }
    return base(tooltip={"trigger": "item", "renderMode": "richText", "confine": True}, series=[series])


def _key(name: str | None, side: str) -> str:
    return f"{texts.word(name)}{', before' if side == 'before' else ''}"


def _node(name: str | None, side: str, depth: int) -> dict[str, object]:
    colour = COLOURS[texts.state(name)]
    return {
        "name": _key(name, side),
        "depth": depth,
        "itemStyle": {"color": colour},
        "label": {"show": side == "now", "position": "right"},
    }
