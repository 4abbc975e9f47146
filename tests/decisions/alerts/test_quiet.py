"""Quiet hours by the wall clock of a zone, also where clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import datetime_to_us
from tutorpulse.decisions.alerts.quiet import parse_quiet
from tutorpulse.errors import SettingsError

BERLIN, NEW_YORK, KOLKATA = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata"))
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def quiet(span: str, zone: ZoneInfo, utc: str) -> bool:
    return parse_quiet(span, zone).holds(datetime_to_us(datetime.fromisoformat(utc)))


def quiet_minutes(span: str, zone: ZoneInfo, begin: datetime, hours: int) -> int:
    held = parse_quiet(span, zone)
    return sum(held.holds(datetime_to_us(begin + timedelta(minutes=m))) for m in range(60 * hours))


@pytest.mark.parametrize(
    ("utc", "held"),
    [
        ("2026-01-15T20:59:59Z", False),
        ("2026-01-15T21:00:00Z", True),
        ("2026-01-16T05:59:59Z", True),
        ("2026-01-16T06:00:00Z", False),
        ("2026-07-15T19:59:59Z", False),
        ("2026-07-15T20:00:00Z", True),
        ("2026-07-16T05:00:00Z", False),
    ],
)
def test_over_midnight_in_winter_and_in_summer(utc: str, held: bool) -> None:
    assert quiet("22:00-07:00", BERLIN, utc) is held


def test_zones_of_half_hours_and_spans_within_a_day() -> None:
    assert quiet("12:00-13:30", KOLKATA, "2026-03-01T06:30:00Z")
    assert not quiet("12:00-13:30", KOLKATA, "2026-03-01T08:00:00Z")


def test_the_night_that_loses_an_hour_is_an_hour_shorter() -> None:
    begin = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert quiet_minutes("22:00-07:00", BERLIN, begin, 24) == 8 * 60


def test_the_night_that_gains_an_hour_is_an_hour_longer() -> None:
    begin = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert quiet_minutes("22:00-07:00", BERLIN, begin, 24) == 10 * 60


def test_an_end_that_the_clock_skips_is_the_moment_of_the_skip() -> None:
    """In New York 02:30 did not exist on 8 March 2026: clocks went from 02:00 EST to 03:00 EDT at 07:00 UTC."""
    assert quiet("22:00-02:30", NEW_YORK, "2026-03-08T06:59:59Z")
    assert not quiet("22:00-02:30", NEW_YORK, "2026-03-08T07:00:00Z")


def test_an_hour_that_is_read_twice_is_quiet_twice() -> None:
    """On 1 November 2026 New York's clocks went from 02:00 EDT back to 01:00 EST at 06:00 UTC."""
    for utc, held in [("05:29", True), ("05:30", False), ("05:59", False), ("06:00", True), ("06:30", False)]:
        assert quiet("22:00-01:30", NEW_YORK, f"2026-11-01T{utc}:00Z") is held


def test_a_change_of_half_an_hour_counts_as_such() -> None:
    begin = datetime(2026, 4, 4, 2, tzinfo=UTC)
    assert quiet_minutes("22:00-07:00", LORD_HOWE, begin, 24) == 9 * 60 + 30


@given(
    st.integers(0, 35 * 365 * 24 * 60),
    st.sampled_from([BERLIN, NEW_YORK, KOLKATA, LORD_HOWE]),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_it_is_quiet_exactly_while_the_clock_reads_so(
    minute: int, zone: ZoneInfo, begins: int, ends: int
) -> None:
    if begins == ends:
        return
    utc = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = utc.astimezone(zone)
    reads = local.hour * 60 + local.minute
    minutes = {(begins + step) % 1440 for step in range((ends - begins) % 1440)}
    span = f"{begins // 60:02d}:{begins % 60:02d}-{ends // 60:02d}:{ends % 60:02d}"
    assert parse_quiet(span, zone).holds(datetime_to_us(utc)) is (reads in minutes)


@pytest.mark.parametrize("text", ["", "22-7", "22:00", "24:00-07:00", "07:00-07:00", "22:60-07:00"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no span of hours"):
        parse_quiet(text, BERLIN)
