"""Axes of time: days evenly apart, whatever the span."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import DAY_US, parse_time
from tutorpulse.dashboard.charts.chart import time_axis


def ticks(since: str, until: str) -> list[str]:
    found = time_axis(parse_time(since), parse_time(until))["axisLabel"]["customValues"]
    return [datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d") for ms in found]


def test_twelve_weeks_have_every_third_monday_and_four_every_one() -> None:
    assert ticks("2026-09-03T03:00:00Z", "2026-11-26T03:00:00Z") == [
        *("2026-09-14", "2026-10-05", "2026-10-26", "2026-11-16")
    ]
    assert ticks("2026-10-29", "2026-11-26") == ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"]


def test_within_two_days_the_axis_is_left_to_itself() -> None:
    for hours in (0, 30):
        assert time_axis(5 * DAY_US, 5 * DAY_US + hours * DAY_US // 24) == {
            "type": "time",
            "axisLabel": {"hideOverlap": True},
        }


@given(st.integers(0, 30_000 * DAY_US), st.integers(2 * DAY_US, 2_000 * DAY_US))
def test_ticks_lie_within_at_midnight_evenly_apart_and_are_few(since_us: int, span_us: int) -> None:
    axis = time_axis(since_us, since_us + span_us)
    found = [ms * 1_000 for ms in axis["axisTick"]["customValues"]]
    assert axis["axisLabel"]["customValues"] == axis["axisTick"]["customValues"]
    assert 1 <= len(found) <= 6
    assert all(since_us <= us <= since_us + span_us and us % DAY_US == 0 for us in found)
    assert len({later - earlier for earlier, later in pairwise(found)}) <= 1
