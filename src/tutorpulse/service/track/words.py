"""Figures of the track record and of backtests in words."""

from tutorpulse.training.track.shapes import Interval, RateFigures


def interval_words(rate: RateFigures, rows: int) -> str:
    """What the intervals of so many predicted rates were worth, and how many predictions had none."""
    if rate.covered is None:
        return "None of these predictions had an interval: a model with too few rows to tell gives none, nor has a cohort's rate one."
    others = rows - rate.interval_rows
    return (
        f"Of {rate.interval_rows:,} intervals of 90 %, {_share(rate.covered)} held what came true; {_figure(rate.interval_width)} wide, "
        f"interval score {_figure(rate.interval_score)} (the outcomes' own central 90 %: {_figure(rate.interval_score_of_these)})."
        + (f" The other {others:,} predictions had none." if others else "")
    )


def _share(interval: Interval) -> str:
    bounds = "" if interval.low is None else f" ({interval.low:.1%}-{interval.high:.1%})"
    return f"{interval.value:.1%}{bounds}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
