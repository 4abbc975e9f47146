"""Dates and rows of the snapshots."""

import numpy as np

from tests.model.made import frame_of
from tests.training.lives import history_of
from tests.training.oracle import Life
from tutorpulse.clock import DAY_US
from tutorpulse.features.frame import FeatureFrame
from tutorpulse.training.snapshots import (
    SHORTEST_HORIZON_DAYS,
    WARM_UP_DAYS,
    Limits,
    plan_dates,
    take_snapshots,
)

YEARS = 5 * 365 * DAY_US
PEOPLE = 40
HISTORY = history_of([Life(activity=[0]) for _ in range(PEOPLE)], YEARS)
DATES = np.array([100, 110], np.int64) * DAY_US


def _frame(as_of_us: int) -> FeatureFrame:
    made = frame_of(PEOPLE, int(as_of_us // DAY_US))
    silent_days = np.where(np.arange(PEOPLE) < 10, 90, 5)
    facts = made.facts | {
        "last_activity_us": as_of_us - silent_days * float(DAY_US),
        "departed_us": np.full(PEOPLE, np.nan),
        "paused_since_us": np.full(PEOPLE, np.nan),
        "paused_until_us": np.full(PEOPLE, np.nan),
        "first_activity_us": np.zeros(PEOPLE),
    }
    return FeatureFrame("student", as_of_us, as_of_us, HISTORY.entity_ids, made.features, made.context, facts)


def _take(limits: Limits, gap_days: int | None = 60) -> tuple[np.ndarray, np.ndarray]:
    taken = take_snapshots(_frame, HISTORY, DATES, gap_days, limits, 1, lambda *_: None)
    assert len(taken) == len(taken.rows.entity) == len(taken.tenure_days)
    return taken.rows.entity, taken.rows.as_of_us


def test_dates_are_bounded_and_leave_room_for_a_label() -> None:
    dates = plan_dates(0, YEARS, Limits(dates=20))
    assert len(dates) <= 20
    assert dates[-1] == YEARS - SHORTEST_HORIZON_DAYS * DAY_US
    assert dates[0] >= WARM_UP_DAYS * DAY_US


def test_dates_see_every_weekday() -> None:
    for days in range(60, 1500, 37):
        step = np.diff(plan_dates(0, days * DAY_US, Limits(dates=30)))
        assert (step % (7 * DAY_US) != 0).all()


def test_a_history_shorter_than_warm_up_and_label_has_no_dates() -> None:
    assert len(plan_dates(0, 43 * DAY_US, Limits())) == 0
    assert len(plan_dates(0, 44 * DAY_US, Limits())) == 1


def test_only_scored_entities_give_rows() -> None:
    entity, as_of = _take(Limits())
    assert sorted(set(entity.tolist())) == list(range(10, PEOPLE))
    assert sorted(set(as_of.tolist())) == DATES.tolist()


def test_without_an_exit_gap_the_longest_silence_decides_who_is_scored() -> None:
    assert len(_take(Limits(), None)[0]) == 2 * PEOPLE


def test_rows_are_bounded_and_the_same_each_time() -> None:
    limits = Limits(rows=24)
    first, again = _take(limits), _take(limits)
    assert len(first[0]) == 24
    np.testing.assert_array_equal(first[0], again[0])
