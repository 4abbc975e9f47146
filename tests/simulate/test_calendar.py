"""The school year."""

from datetime import date

import numpy as np
import pytest

from tutorpulse.clock import DAY_US, HOUR_US, parse_time
from tutorpulse.simulate import calendar
from tutorpulse.simulate.parameters import Calendar


def day_of(text: str) -> int:
    return parse_time(text) // DAY_US


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_falls_on_its_published_dates(year: int, expected: date) -> None:
    assert calendar.easter(year) == expected


def test_holidays_and_summer_lower_demand() -> None:
    term, christmas, summer = (
        calendar.season(day_of(d), Calendar()) for d in ("2025-11-12", "2025-12-26", "2026-08-05")
    )
    assert christmas < 0.4 * term
    assert summer < 0.7 * term


def test_the_turn_of_the_year_is_no_jump() -> None:
    without = Calendar(breaks=())
    before, after = (calendar.season(day_of(d), without) for d in ("2025-12-31", "2026-01-01"))
    assert after == pytest.approx(before, abs=0.01)


def test_a_day_knows_its_weekday_and_date() -> None:
    day = day_of("2026-11-22")
    assert calendar.date_of(day) == date(2026, 11, 22)
    assert calendar.weekday_of(day) == 6


def test_local_time_follows_the_clocks() -> None:
    winter, summer = (calendar.zone_offsets_us(day_of(d), Calendar()) for d in ("2026-01-10", "2026-07-10"))
    assert np.array_equal(winter, np.array([0, 1, 2]) * HOUR_US)
    assert np.array_equal(summer, np.array([1, 2, 3]) * HOUR_US)
