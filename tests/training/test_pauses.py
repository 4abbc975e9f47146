"""Paused time, and whose end is unknown."""

import numpy as np

from tests.training.lives import history_of
from tests.training.oracle import Life
from tutorpulse.clock import DAY_US
from tutorpulse.training.pauses import Pauses

KNOWN_US = 100 * DAY_US


def _pauses(*lives: Life) -> Pauses:
    return history_of(list(lives), KNOWN_US).pauses


def _paused_days(pauses: Pauses, code: int, from_day: int, to_day: int) -> float:
    days = np.array([[from_day], [to_day]]) * DAY_US
    return float(pauses.between_us(np.array([code]), days[0], days[1])[0] / DAY_US)


def test_paused_time_is_counted_inside_the_span_only() -> None:
    pauses = _pauses(Life(pauses=[(10 * DAY_US, 20 * DAY_US)]), Life(pauses=[(5 * DAY_US, 6 * DAY_US)]))
    assert _paused_days(pauses, 0, 0, 15) == 5
    assert _paused_days(pauses, 0, 12, 50) == 8
    assert _paused_days(pauses, 1, 0, 50) == 1
    assert _paused_days(pauses, 1, 6, 50) == 0


def test_a_newer_statement_replaces_the_pause_in_force() -> None:
    pauses = _pauses(Life(pauses=[(10 * DAY_US, 40 * DAY_US), (15 * DAY_US, 20 * DAY_US)]))
    assert _paused_days(pauses, 0, 0, 100) == 10


def test_of_two_statements_at_one_moment_the_longer_holds() -> None:
    pauses = _pauses(Life(pauses=[(10 * DAY_US, 12 * DAY_US), (10 * DAY_US, 20 * DAY_US)]))
    assert _paused_days(pauses, 0, 0, 100) == 10


def test_a_pause_of_unknown_end_lasts_until_what_is_known() -> None:
    pauses = _pauses(Life(pauses=[(10 * DAY_US, None)]))
    assert _paused_days(pauses, 0, 0, 100) == 90
    assert pauses.unknown_end.tolist() == [True]


def test_activity_ends_a_pause_without_stating_its_end() -> None:
    pauses = _pauses(Life(activity=[30 * DAY_US], pauses=[(10 * DAY_US, None)]))
    assert _paused_days(pauses, 0, 0, 100) == 20
    assert pauses.unknown_end.tolist() == [True]


def test_no_pauses_pause_nothing() -> None:
    assert _paused_days(_pauses(Life()), 0, 0, 100) == 0
