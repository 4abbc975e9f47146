"""What a served process holds in memory over a while, and whether that is flat by a stated rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorpulse.errors import TutorpulseError

FLAT_SHARE = 0.02
"""A rise of less than this share of the mean counts as none."""
TOLD_SHARE = 0.05
"""Where the interval reaches further than this share of the mean to either side, a rise cannot be told from none."""

_TAIL = 0.025
_EDGE_SHARE = 0.1
_FEWEST = 3


@dataclass(frozen=True)
class Trend:
    """How a quantity of megabytes, looked at once a second, went over a while.

    `start_mb`, `end_mb`: means of the first and the last tenth of the time; `rise_mb`: by least squares, over all of the time;
    `standard_error_mb`: of that, where looks after one another are alike.
    """

    start_mb: float
    end_mb: float
    mean_mb: float
    most_mb: float
    seconds: float
    rise_mb: float
    standard_error_mb: float

    @property
    def interval_mb(self) -> tuple[float, float]:
        """The 95 % interval of the rise."""
        half = -NormalDist().inv_cdf(_TAIL) * self.standard_error_mb
        return self.rise_mb - half, self.rise_mb + half

    def is_flat(self) -> bool | None:
        """Yes where the interval of the rise holds 0 or is below it, or the rise is less than 2 % of the mean; no elsewhere.

        None, whatever the rise, where the interval is wider than 5 % of the mean to either side.
        """
        low, high = self.interval_mb
        if high - low > 2 * TOLD_SHARE * self.mean_mb:
            return None
        return low <= 0 or self.rise_mb < FLAT_SHARE * self.mean_mb

    def as_data(self) -> dict[str, Any]:
        """As plain data for JSON; the slope and its error by the hour."""
        hourly = 3_600 / self.seconds
        return {
            "start_mb": self.start_mb,
            "end_mb": self.end_mb,
            "mean_mb": self.mean_mb,
            "most_mb": self.most_mb,
            "rise_mb": self.rise_mb,
            "rise_mb_95": list(self.interval_mb),
            "mb_per_hour": self.rise_mb * hourly,
            "mb_per_hour_standard_error": self.standard_error_mb * hourly,
            "flat": self.is_flat(),
        }


def trend_of(at_s: Sequence[float], mb: Sequence[float]) -> Trend:
    """The trend of looks in order of time.

    Raises:
        TutorpulseError: there are fewer than three.
    """
    if len(at_s) < _FEWEST:
        raise TutorpulseError("The run was too short to tell how memory grew. Give more seconds.")
    when, held = np.asarray(at_s, np.float64), np.asarray(mb, np.float64)
    seconds = float(when[-1] - when[0])
    off = when - when.mean()
    slope = float(off @ held / (off @ off))
    left = held - held.mean() - slope * off
    independent = left @ left / (len(held) - 2) / (off @ off)
    error = float(np.sqrt(independent * inefficiency(left)))
    edge = max(1, round(_EDGE_SHARE * len(held)))
    return Trend(
        start_mb=float(held[:edge].mean()),
        end_mb=float(held[-edge:].mean()),
        mean_mb=float(held.mean()),
        most_mb=float(held.max()),
        seconds=seconds,
        rise_mb=slope * seconds,
        standard_error_mb=error * seconds,
    )


def inefficiency(values: NDArray[np.float64]) -> float:
    """How many values in a row tell as much as an independent one: 1 + twice the sum of the autocorrelations, at least 1.

    The sum ends before the first two neighbours that come to less than nothing together (Geyer 1992, initial positive sequence).
    """
    off = values - values.mean()
    if not off.any():
        return 1.0
    spectrum = np.fft.rfft(off, 2 * len(off))
    correlated = np.fft.irfft(np.abs(spectrum) ** 2)[: len(off)]
    pairs = (correlated[: len(off) // 2 * 2] / correlated[0]).reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs < 0)
    end = int(negative[0]) if len(negative) else len(pairs)
    return max(1.0, float(2 * pairs[:end].sum() - 1))


def sentence(trend: Trend, parts: Mapping[str, Trend]) -> str:
    """The verdict in words, with the figures that it rests on."""
    verdict = {True: "flat", False: "not flat", None: "too unsteady to tell"}[trend.is_flat()]
    low, high = trend.interval_mb
    held = ", ".join(f"{name} {part.start_mb:,.0f} to {part.end_mb:,.0f}" for name, part in parts.items())
    return (
        f"Memory is {verdict}: {trend.start_mb:,.0f} MB at the start, {trend.end_mb:,.0f} at the end ({held}); "
        f"risen by {trend.rise_mb:,.0f} MB in {trend.seconds:,.0f} s (95 %: {low:,.0f} to {high:,.0f})."
    )
