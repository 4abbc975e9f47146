"""Gaps: silences that the rhythm of the days around them does not explain."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.decisions.checkups import day_counts
from tutorpulse.decisions.checkup.facts import DayCounts
from tutorpulse.decisions.checkup.gaps import Gap, find_gaps

WEEK = [40, 40, 40, 40, 40, 12, 0]
"""Empty Sundays."""


def gaps(counts: list[int]) -> list[Gap]:
    return find_gaps(day_counts(counts, first=1_000))


def test_one_silent_day_is_a_gap_where_every_day_is_busy() -> None:
    assert gaps([50] * 60 + [0] + [50] * 60) == [Gap(1_060, 1)]


def test_empty_sundays_are_no_gap_where_sundays_are_empty() -> None:
    assert gaps(WEEK * 20) == []


def test_a_silent_week_is_a_gap_where_only_sundays_are_empty() -> None:
    assert gaps(WEEK * 10 + [0] * 7 + WEEK * 10) == [Gap(1_069, 8)]


def test_a_quiet_log_has_no_gaps() -> None:
    assert gaps(([1] + [0] * 9) * 30) == []


def test_growth_from_nothing_is_no_gap() -> None:
    assert gaps([1, 0, 0, 3] + [0] * 30 + [20] * 300) == []


def test_a_gap_near_the_end_is_found() -> None:
    assert gaps([50] * 60 + [0] * 3 + [50]) == [Gap(1_060, 3)]


def test_two_gaps_near_each_other_hide_each_other_only_if_as_long() -> None:
    assert gaps([50] * 60 + [0] * 5 + [50] * 20 + [0] + [50] * 60) == [Gap(1_060, 5)]


def test_an_empty_log_and_a_single_day_have_no_gaps() -> None:
    none = np.empty(0, np.int64)
    assert find_gaps(DayCounts(none, none)) == []
    assert gaps([7]) == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=150))
def test_every_gap_is_empty_whole_and_busier_around(counts: list[int]) -> None:
    trimmed = np.trim_zeros(np.array([1, *counts, 1]))
    for gap in gaps(trimmed.tolist()):
        start, end = gap.first_day - 1_000, gap.first_day - 1_000 + gap.days
        assert not trimmed[start:end].any()
        assert trimmed[start - 1] > 0
        assert trimmed[end] > 0
        assert trimmed[max(0, start - gap.days) : start].sum() >= 10
