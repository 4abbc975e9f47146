"""Small plots as SVG text, drawn in the colours of the page's style sheet. No script, no library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from tutorpulse.training.track.shapes import Band, Interval

Tell: TypeAlias = Callable[[float], str]

WIDTH, HEIGHT = 520, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 22, 24, 40


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from `at` to `to` pixels; ticks with their labels."""

    low: float
    high: float
    at: float
    to: float

    def place(self, value: float) -> float:
        """Where a value is drawn; values outside are drawn at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.at + share * (self.to - self.at), 1)

    def ticks(self) -> list[float]:
        """Evenly spaced values, both ends included: by tenths where that is not too many."""
        tenths = round((self.high - self.low) * 10)
        count = tenths if tenths < 8 else 5
        return [self.low + (self.high - self.low) * i / count for i in range(count + 1)]


@dataclass(frozen=True)
class Series:
    """One line over periods: its name, the class of its colour, and a figure for each period (None: a gap)."""

    name: str
    colour: str
    figures: Sequence[Interval | None]


def calibration_plot(bands: Sequence[Band], title: str) -> str:
    """What was given against what came true, with intervals; the line of perfect honesty dashed. Larger dots hold more rows."""
    size = 280
    x = Axis(0, 1, LEFT, size - RIGHT)
    y = Axis(0, 1, size - BOTTOM, TOP)
    most = max((band.rows for band in bands), default=1)
    parts = [*_frame(x, y, "given", "came true", _percent), _line(x, y, [(0, 0), (1, 1)], "even")]
    for band in bands:
        true = band.came_true
        at = x.place(band.said)
        if true.low is not None and true.high is not None:
            parts.append(
                f'<line class="bar" x1="{at}" x2="{at}" y1="{y.place(true.low)}" y2="{y.place(true.high)}"/>'
            )
        radius = round(2.5 + 4.5 * (band.rows / most) ** 0.5, 1)
        hint = f"given {band.said:.1%}, came true {_told(true, _percent)}, {band.rows:,} rows"
        parts.append(
            f'<circle class="dot a" cx="{at}" cy="{y.place(true.value)}" r="{radius}"><title>{hint}</title></circle>'
        )
    return _svg(size, size, title, parts)


def period_plot(
    periods: Sequence[str],
    series: Sequence[Series],
    title: str,
    marks: Sequence[int] = (),
    span: tuple[float, float] = (0.5, 1.0),
) -> str:
    """Figures period by period with the bands of their intervals; `marks` are places of periods in which a model changed."""
    low, high = _span(series, span)
    x = Axis(0, max(len(periods) - 1, 1), LEFT + 8, WIDTH - RIGHT - 8)
    y = Axis(low, high, HEIGHT - BOTTOM, TOP)
    parts = [*_frame_y(y, x.to + 8), *_period_labels(periods, x)]
    for place in marks:
        at = x.place(place)
        parts.append(f'<line class="turn" x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    for one in series:
        parts += _series(one, periods, x, y)
    return _svg(WIDTH, HEIGHT, title, parts)


def _series(one: Series, periods: Sequence[str], x: Axis, y: Axis) -> list[str]:
    parts = [_band(one, x, y)]
    points = [(place, figure.value) for place, figure in enumerate(one.figures) if figure is not None]
    parts.append(_line(x, y, points, f"path {one.colour}"))
    for place, figure in enumerate(one.figures):
        if figure is not None:
            hint = escape(f"{periods[place]}: {one.name} {_told(figure, _number)}")
            parts.append(
                f'<circle class="dot {one.colour}" cx="{x.place(place)}" cy="{y.place(figure.value)}" r="3">'
                f"<title>{hint}</title></circle>"
            )
    return parts


def _band(one: Series, x: Axis, y: Axis) -> str:
    bounded = [
        (place, figure.low, figure.high)
        for place, figure in enumerate(one.figures)
        if figure is not None and figure.low is not None and figure.high is not None
    ]
    if len(bounded) < 2:
        return ""
    upper = [f"{x.place(place)},{y.place(high)}" for place, _, high in bounded]
    lower = [f"{x.place(place)},{y.place(low)}" for place, low, _ in reversed(bounded)]
    return f'<polygon class="spread {one.colour}" points="{" ".join(upper + lower)}"/>'


def _span(series: Sequence[Series], span: tuple[float, float]) -> tuple[float, float]:
    """The axis that was asked for, widened by steps of .1 to hold every value."""
    values = [figure.value for one in series for figure in one.figures if figure is not None]
    low, high = span
    while values and min(values) < low - 1e-9 and low > -1:
        low -= 0.1
    while values and max(values) > high + 1e-9 and high < 10:
        high += 0.1
    return round(low, 1), round(high, 1)


def _frame(x: Axis, y: Axis, below: str, beside: str, told: Tell) -> list[str]:
    parts = _frame_y(y, x.to, told)
    for tick in x.ticks():
        at = x.place(tick)
        parts.append(f'<text class="tick" x="{at}" y="{y.at + 16}" text-anchor="middle">{told(tick)}</text>')
    middle = (x.at + x.to) / 2
    parts.append(f'<text class="name" x="{middle}" y="{y.at + 33}" text-anchor="middle">{below}</text>')
    parts.append(f'<text class="name" x="{LEFT - 40}" y="{y.to - 12}">{beside}</text>')
    return parts


def _frame_y(y: Axis, right: float, told: Tell | None = None) -> list[str]:
    parts = []
    for tick in y.ticks():
        at = y.place(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at}" y2="{at}"/>')
        shown = (told or _number)(tick)
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{shown}</text>')
    return parts


def _period_labels(periods: Sequence[str], x: Axis) -> list[str]:
    every = max(1, -(-len(periods) // 8))
    return [
        f'<text class="tick" x="{x.place(place)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(name)}</text>'
        for place, name in enumerate(periods)
        if place % every == 0
    ]


def _line(x: Axis, y: Axis, points: Sequence[tuple[float, float]], classes: str) -> str:
    if len(points) < 2:
        return ""
    drawn = " ".join(f"{x.place(a)},{y.place(b)}" for a, b in points)
    return f'<polyline class="{classes}" points="{drawn}"/>'


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _number(value: float) -> str:
    return f"{value:.2f}"


def _told(figure: Interval, told: Tell) -> str:
    if figure.low is None or figure.high is None:
        return told(figure.value)
    return f"{told(figure.value)} ({told(figure.low)} to {told(figure.high)})"
