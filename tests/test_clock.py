from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import DAY_US, FixedClock, format_time, midnight_before, parse_time, us_to_datetime
from tutorpulse.errors import InputError


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_formatted_time_parses_back_to_the_microsecond(moment: datetime) -> None:
    us = parse_time(moment.isoformat())
    assert us_to_datetime(us) == moment
    assert parse_time(format_time(us)) == us


def test_a_time_without_an_offset_is_utc() -> None:
    assert parse_time("2026-03-01T08:30:00") == parse_time("2026-03-01T08:30:00Z")


def test_an_offset_is_honoured() -> None:
    assert parse_time("2026-03-01T08:30:00+02:00") == parse_time("2026-03-01T06:30:00Z")


def test_a_plain_date_is_its_first_instant() -> None:
    assert parse_time("2026-03-01") == parse_time("2026-03-01T00:00:00Z")


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(InputError, match=r"'yesterday' is not a time.*2026-03-01T08:30:00Z"):
        parse_time("yesterday")


def test_midnight_itself_is_its_own_last_midnight() -> None:
    midnight = parse_time("2026-03-01")
    assert midnight_before(midnight) == midnight
    assert midnight_before(midnight + DAY_US - 1) == midnight


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(5)
    assert clock.now_us() == clock.now_us() == 5
    clock.advance(7)
    assert clock.now_us() == 12
