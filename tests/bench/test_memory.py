"""The trend of memory: least squares, an error that knows that looks after one another are alike, and the verdict's rule."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tutorpulse.bench.memory import Trend, inefficiency, sentence, trend_of
from tutorpulse.errors import TutorpulseError


def autoregressive(rho: float, size: int, seed: int) -> NDArray[np.float64]:
    """Noise of variance 1 of which each value takes a share of the one before."""
    draw = np.random.default_rng(seed).normal(size=size)
    made = np.empty(size)
    made[0] = draw[0]
    for i in range(1, size):
        made[i] = rho * made[i - 1] + np.sqrt(1 - rho**2) * draw[i]
    return made


def trend(rise_mb: float, error_mb: float, mean_mb: float = 1_000.0) -> Trend:
    return Trend(mean_mb, mean_mb + rise_mb, mean_mb, mean_mb, 600.0, rise_mb, error_mb)


def test_the_rise_is_that_of_least_squares_and_the_error_as_well_where_looks_are_independent() -> None:
    at_s = np.arange(600.0)
    mb = 500 + at_s / 60 + np.random.default_rng(1).normal(0, 2, 600)
    found = trend_of(at_s.tolist(), mb.tolist())
    (slope, _), covariance = np.polyfit(at_s, mb, 1, cov=True)
    assert found.rise_mb == pytest.approx(slope * 599)
    assert found.standard_error_mb == pytest.approx(np.sqrt(covariance[0, 0]) * 599, rel=0.25)
    assert (found.start_mb, found.end_mb) == pytest.approx((mb[:60].mean(), mb[-60:].mean()))
    assert (found.mean_mb, found.most_mb, found.seconds) == pytest.approx((mb.mean(), mb.max(), 599))


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_values_alike_tell_as_much_as_the_theory_of_autoregression_says(rho: float) -> None:
    found = [inefficiency(autoregressive(rho, 2_000, seed)) for seed in range(20)]
    assert np.mean(found) == pytest.approx((1 + rho) / (1 - rho), rel=0.2)


def test_a_line_without_noise_has_a_rise_without_error() -> None:
    found = trend_of([float(s) for s in range(20)], [100.0 + s for s in range(20)])
    assert (found.rise_mb, found.standard_error_mb) == pytest.approx((19.0, 0.0))
    assert trend_of([float(s) for s in range(20)], [100.0] * 20).interval_mb == (0.0, 0.0)


@pytest.mark.parametrize(
    ("rise_mb", "error_mb", "flat"),
    [
        (0.0, 0.0, True),
        (19.0, 1.0, True),  # Less than 2 % of the mean.
        (21.0, 1.0, False),
        (21.0, 11.0, True),  # The interval holds 0.
        (48.0, 24.0, False),
        (48.0, 25.6, None),  # It holds 0 for being wide.
        (0.0, 25.6, None),
        (-80.0, 5.0, True),  # Memory was given back.
    ],
)
def test_memory_is_flat_by_the_stated_rule(rise_mb: float, error_mb: float, flat: bool | None) -> None:
    assert trend(rise_mb, error_mb).is_flat() is flat


def test_a_leak_of_a_kilobyte_an_event_is_told_among_the_noise_of_queries() -> None:
    noise = 40 * autoregressive(0.7, 600, 3)
    at_s = np.arange(600.0)
    assert trend_of(at_s.tolist(), (1_000 + noise).tolist()).is_flat() is True
    assert trend_of(at_s.tolist(), (1_000 + noise + at_s).tolist()).is_flat() is False


def test_the_slope_is_told_by_the_hour() -> None:
    data = trend(10.0, 2.0).as_data()
    assert (data["mb_per_hour"], data["mb_per_hour_standard_error"]) == pytest.approx((60.0, 12.0))
    assert data["rise_mb_95"] == pytest.approx([10 - 1.96 * 2, 10 + 1.96 * 2], abs=1e-3)


def test_the_verdict_is_told_with_its_figures() -> None:
    said = sentence(trend(10.0, 2.0), {"database": trend(4.0, 1.0, 400.0)})
    assert said == (
        "Memory is flat: 1,000 MB at the start, 1,010 at the end (database 400 to 404); "
        "risen by 10 MB in 600 s (95 %: 6 to 14)."
    )
    assert sentence(trend(30.0, 2.0), {}).startswith("Memory is not flat: ")
    assert sentence(trend(30.0, 40.0), {}).startswith("Memory is too unsteady to tell: ")


def test_too_short_a_run_tells_no_trend() -> None:
    with pytest.raises(TutorpulseError, match=r"too short to tell how memory grew\. Give more seconds"):
        trend_of([0.0, 1.0], [1.0, 1.0])
