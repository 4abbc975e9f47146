"""The exit gap, and what right-censoring does to it."""

import numpy as np
import pytest

from tests.training.lives import history_of
from tests.training.oracle import Life
from tutorpulse.clock import DAY_US
from tutorpulse.training.gaps import choose_gap, return_share


def _lives(silence_days: int, returning: int, leaving: int) -> list[Life]:
    back = [Life(activity=[i * DAY_US, (i + silence_days) * DAY_US]) for i in range(returning)]
    return back + [Life(activity=[i * DAY_US]) for i in range(leaving)]


def test_the_shortest_gap_after_which_few_return_is_chosen() -> None:
    choice = choose_gap(history_of(_lives(45, 50, 80), 600 * DAY_US), "auto")
    assert choice.days == 60
    assert choice.return_shares[30] > 0.2
    assert choice.return_shares[60] == 0


def test_where_even_the_longest_fails_there_is_no_gap_and_the_reason_says_so() -> None:
    choice = choose_gap(history_of(_lives(200, 60, 60), 600 * DAY_US), "auto")
    assert choice.days is None
    assert choice.us is None
    assert "churn means inactivity" in choice.reason


def test_a_history_too_short_to_tell_gets_thirty_days() -> None:
    choice = choose_gap(history_of(_lives(45, 50, 5), 100 * DAY_US), "auto")
    assert (choice.days, choice.return_shares.keys() & {60, 90, 180}) == (30, set())
    assert "too short" in choice.reason


def test_a_set_gap_is_taken_as_it_is() -> None:
    choice = choose_gap(history_of([], 0), 45)
    assert (choice.days, choice.us) == (45, 45 * DAY_US)


def test_open_silences_count_only_as_long_as_they_were_watched() -> None:
    """All return after 40 to 140 days; half are cut off by the end of the log before they could."""
    rng = np.random.default_rng(7)
    silence = rng.integers(40, 140, 4000) * DAY_US
    watched = rng.integers(1, 200, 4000) * DAY_US
    share = return_share(np.minimum(silence, watched), silence <= watched, 30 * DAY_US)
    plain = np.mean((silence <= watched)[np.minimum(silence, watched) > 30 * DAY_US])
    assert plain < 0.75
    assert share == pytest.approx(1, abs=0.02)


def test_the_estimate_equals_the_plain_share_where_nothing_is_cut_off() -> None:
    lengths = np.concatenate([np.full(40, 10), np.full(50, 50), np.full(150, 400)]) * DAY_US
    returned = np.arange(240) < 90
    assert return_share(lengths, returned, 30 * DAY_US) == pytest.approx(50 / 200)
    assert return_share(lengths, returned, 300 * DAY_US) is None
