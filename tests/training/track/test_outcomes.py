import numpy as np
import pytest

from tests.training.lives import history_of
from tests.training.oracle import Life
from tutorpulse.clock import DAY_US
from tutorpulse.training.labels import LABELS, Rows, labels
from tutorpulse.training.track.outcomes import SETTLING_DAYS, OutcomeReader, due_us, settled_us

KNOWN = 400 * DAY_US
GAP = 30 * DAY_US


def days(*at: float) -> list[int]:
    return [int(d * DAY_US) for d in at]


LIVES = [
    Life(activity=days(1, 8, 20, 33), completed=days(1, 8, 20, 33)),
    Life(activity=days(*range(1, 380, 5)), completed=days(*range(1, 380, 5))),
    Life(activity=days(40, 41), goals=days(41), registered=days(3)[0]),
]
ROWS = Rows(np.repeat(np.arange(3), 4), np.tile(days(15, 30, 45, 60), 3))


@pytest.mark.parametrize("gap", [GAP, None])
@pytest.mark.parametrize("name", LABELS)
def test_an_outcome_is_the_label_that_training_reads(name: str, gap: int | None) -> None:
    history = history_of(LIVES, KNOWN)
    expected = labels(history, ROWS, gap)[name]
    np.testing.assert_array_equal(OutcomeReader(history, gap).outcome(name, ROWS), expected)


def test_an_outcome_is_taken_down_seven_days_after_it_matured() -> None:
    as_of_us = 50 * DAY_US
    assert settled_us("exit_14d", GAP, as_of_us) == as_of_us + (14 + 30 + SETTLING_DAYS) * DAY_US
    assert settled_us("health", GAP, as_of_us) == as_of_us + (30 + SETTLING_DAYS) * DAY_US
    assert due_us("exit_14d", GAP, settled_us("exit_14d", GAP, as_of_us)) == as_of_us


def test_exits_after_a_goal_are_told_apart() -> None:
    reader = OutcomeReader(history_of(LIVES, KNOWN), GAP)
    rows = Rows(np.array([0, 2]), np.array(days(30, 41)))
    assert reader.reached_goal(rows, 14).tolist() == [False, True]
    assert reader.outcome("exit_14d", rows).tolist() == [1.0, 0.0]
    assert not OutcomeReader(history_of(LIVES, KNOWN), None).reached_goal(rows, 14).any()


def test_the_naive_answers_count_what_was_there_before() -> None:
    naive = OutcomeReader(history_of(LIVES, KNOWN), GAP).baseline(
        Rows(np.array([0, 1, 2]), np.array(days(30, 60, 60)))
    )
    assert naive.recency_days.tolist() == [10, 4, 1e6]
    assert naive.recent_velocity.tolist() == [2 / 4, 5 / 4, 0]
