"""Shares that were set come out; sessions have one end and follow their bookings."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.simulate.worlds import lived, share, small_world
from tutorpulse.clock import HOUR_US
from tutorpulse.simulate.names import SIDES
from tutorpulse.simulate.state import World

TUTOR = SIDES.index("tutor")
Log = dict[str, dict[str, NDArray[Any]]]


@pytest.fixture(scope="module")
def year() -> tuple[World, Log]:
    world = small_world(tutors=200, students=2000, days=365)
    return world, lived(world, 365)


def test_nearly_all_reschedules_are_the_tutors(year: tuple[World, Log]) -> None:
    by = year[1]["session_rescheduled"]["rescheduled_by"]
    assert len(by) > 1000
    assert share(by == TUTOR) == pytest.approx(0.98, abs=0.012)


def test_a_quarter_of_the_students_who_left_failed_at_the_first_session(year: tuple[World, Log]) -> None:
    tally = year[0].tally
    assert tally["students left"] > 900
    assert tally["students left: first session"] / tally["students left"] == pytest.approx(0.24, abs=0.035)


def test_a_sixth_of_the_replacements_follow_a_no_show(year: tuple[World, Log]) -> None:
    tally = year[0].tally
    replaced = sum(count for why, count in tally.items() if why.startswith("replaced: "))
    assert replaced > 800
    assert tally["replaced: no_show"] / replaced == pytest.approx(0.16, abs=0.035)


def test_departures_are_mostly_silent(year: tuple[World, Log]) -> None:
    announced = len(year[1]["student_departed"]["ts_us"])
    assert announced / year[0].tally["students left"] == pytest.approx(0.10, abs=0.03)


def test_about_half_of_the_sessions_are_rated(year: tuple[World, Log]) -> None:
    log = year[1]
    done = log["session_completed"]["completed_successfully"]
    at_once = np.isfinite(log["session_completed"]["rating"]).sum()
    assert (at_once + len(log["review_submitted"]["ts_us"])) / done.sum() == pytest.approx(0.53, abs=0.04)


def test_a_session_ends_once_at_most(year: tuple[World, Log]) -> None:
    ends = Counter(year[1]["session_completed"]["session_id"].tolist())
    ends.update(year[1]["session_cancelled"]["session_id"].tolist())
    booked = set(year[1]["session_booked"]["session_id"].tolist())
    assert max(ends.values()) == 1
    assert ends.keys() <= booked


def test_sessions_start_within_the_local_day(year: tuple[World, Log]) -> None:
    hours = year[1]["session_started"]["ts_us"] // HOUR_US % 24
    assert hours.min() >= 6
    assert hours.max() <= 20


def test_fewer_lessons_in_the_holidays(year: tuple[World, Log]) -> None:
    day = year[1]["session_started"]["ts_us"] // (24 * HOUR_US)
    christmas = ((day >= 20_444) & (day < 20_454)).sum()
    before = ((day >= 20_430) & (day < 20_440)).sum()
    assert christmas < 0.6 * before


def test_some_requests_are_served_by_nobody_and_scarce_subjects_more(year: tuple[World, Log]) -> None:
    asked, answered = year[1]["booking_requested"], year[1]["booking_responded"]["request_id"]
    unserved = ~np.isin(asked["request_id"], answered)
    scarce, ample = (share(unserved[asked["subject"] == subject]) for subject in (2, 6))
    assert 0.02 < share(unserved) < 0.2
    assert scarce > ample + 0.02


def test_the_system_repeats_requests_that_nobody_served(year: tuple[World, Log]) -> None:
    assert 0.005 < share(year[1]["booking_requested"]["system_generated"]) < 0.2


def test_totals_of_entities_are_long_tailed(year: tuple[World, Log]) -> None:
    done = year[1]["session_completed"]
    for side in ("tutor_id", "student_id"):
        totals = np.bincount(done[side])
        totals = totals[totals > 0]
        assert totals.std() / totals.mean() > 0.8
        assert totals.max() > 5 * np.median(totals)
