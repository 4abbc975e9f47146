"""The homes of the served benchmarks, and the events that come after them."""

import numpy as np
import pytest

from tutorpulse.bench.marketplace import batches
from tutorpulse.bench.year import newest_lines, spread_lines, year_plan
from tutorpulse.clock import DAY_US
from tutorpulse.events.batch import EventBatch
from tutorpulse.events.codec import Arrival, decode_lines

NOW_US = 1_790_000_000_000_000


@pytest.mark.parametrize(("tutors", "expected"), [(500, 500), (3, 20)])
def test_a_year_has_at_least_twenty_tutors_and_five_students_for_each(tutors: int, expected: int) -> None:
    plan = year_plan(100_000, tutors, NOW_US)
    assert (plan.events, plan.tutors, plan.students) == (100_000, expected, 5 * expected)
    assert (plan.start_us, plan.days, plan.until_us) == (NOW_US - 365 * DAY_US, 365, NOW_US)


@pytest.mark.parametrize("events", [100_000, 300_000])
def test_a_year_goes_up_to_now_however_many_batches_it_takes(events: int) -> None:
    plan = year_plan(events, events // 100, NOW_US)
    made = list(batches(plan))
    times_us = [us for batch in made for rows in batch.rows for us in rows.ts_us.tolist()]
    assert 0.98 * events < len(times_us) <= events
    assert NOW_US - DAY_US < max(times_us) <= NOW_US
    assert np.mean(np.array(times_us) > NOW_US - 30 * DAY_US) == pytest.approx(30 / 365, rel=0.15)


def test_newest_lines_are_new_events_of_the_last_ten_days_about_all_of_the_home() -> None:
    plan = year_plan(2_000, 40, NOW_US)
    lines = newest_lines(plan, NOW_US, 5_000)
    times_us = times_of(checked(lines, 5_000))
    assert NOW_US - 11 * DAY_US < min(times_us) <= max(times_us) <= NOW_US


def test_spread_lines_are_new_events_of_the_whole_year_in_random_order() -> None:
    """So that a home that takes them, be it but a part, has no denser days than others."""
    plan = year_plan(2_000, 40, NOW_US)
    lines = spread_lines(plan, NOW_US, 100_000)
    for some in (lines, lines[:50_000], lines[50_000:]):
        days = (NOW_US - np.array(times_of(checked(some, len(some))))) // DAY_US
        by_season, _ = np.histogram(days, bins=[0, 91, 182, 273, 365])
        assert by_season == pytest.approx(len(some) / 4, rel=0.2)


def times_of(batch: EventBatch) -> list[int]:
    return [us for rows in batch.rows for us in rows.ts_us.tolist()]


def checked(lines: list[bytes], count: int) -> EventBatch:
    """So many different valid events about all of the home of 40 tutors."""
    batch = decode_lines(b"\n".join(lines), Arrival(NOW_US, "bench", False))
    assert (batch.size, len(set(lines)), batch.rejects) == (count, count, ())
    tutors = {who for rows in batch.rows for who in rows.columns.get("tutor_id", [])}
    students = {who for rows in batch.rows for who in rows.columns.get("student_id", [])}
    assert tutors <= {f"tutor_{number:06d}" for number in range(40)}
    assert students <= {f"student_{number:07d}" for number in range(200)}
    assert len(tutors) > 30
    assert len(students) > 150
    return batch
