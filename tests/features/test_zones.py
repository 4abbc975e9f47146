"""Offsets of local time, against zoneinfo itself."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.clock import DAY_US, parse_time, us_to_datetime
from tutorpulse.features.zones import zone_offsets

START, END = parse_time("2025-09-01"), parse_time("2026-04-30")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def _offset(rows: tuple[tuple[str, int, int, int], ...], zone: str, us: int) -> int:
    (offset,) = [offset for name, start, end, offset in rows if name == zone and start <= us < end]
    return offset


@given(us=st.integers(START, END), zone=st.sampled_from(ZONES))
def test_offsets_are_those_of_the_zone_at_every_moment(us: int, zone: str) -> None:
    expected = us_to_datetime(us).astimezone(ZoneInfo(zone)).utcoffset()
    rows = zone_offsets(ZONES, "UTC", START, END)
    assert timedelta(microseconds=_offset(rows, zone, us)) == expected


def test_clocks_change_to_the_microsecond() -> None:
    rows = zone_offsets(["Europe/Berlin"], "UTC", START, END)
    change = parse_time("2026-03-29T01:00:00Z")
    hours = [_offset(rows, "Europe/Berlin", us) // 3_600_000_000 for us in (change - 1, change)]
    assert hours == [1, 2]


def test_a_name_that_is_no_zone_gets_the_fallback() -> None:
    rows = zone_offsets(["Nowhere/Atall", "../../etc/passwd", ""], "Asia/Kolkata", START, END)
    assert {offset for *_, offset in rows} == {parse_time("1970-01-01T05:30:00Z")}
    assert {zone for zone, *_ in rows} == {"Nowhere/Atall", "../../etc/passwd", "", "Asia/Kolkata"}


def test_all_time_is_covered() -> None:
    rows = zone_offsets(["Europe/Berlin"], "UTC", START, END)
    assert _offset(rows, "Europe/Berlin", START - 9999 * DAY_US) == 7_200_000_000
    assert _offset(rows, "Europe/Berlin", END + 9999 * DAY_US) == 7_200_000_000
