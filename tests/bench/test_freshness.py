"""The freshness benchmark's own arithmetic."""

import math

import pytest

from tutorpulse.bench.freshness import _Freshness, _less, _quantile
from tutorpulse.errors import TutorpulseError

BEFORE = _Freshness({0.1: 5.0, 0.5: 10.0, math.inf: 10.0}, 10.0, 2.0)
AFTER = _Freshness({0.1: 5.0, 0.5: 110.0, math.inf: 110.0}, 110.0, 32.0)


def test_only_what_came_between_two_looks_counts() -> None:
    between = _less(AFTER, BEFORE)
    assert between == _Freshness({0.1: 0.0, 0.5: 100.0, math.inf: 100.0}, 100.0, 30.0)


def test_a_quantile_is_interpolated_within_its_bucket() -> None:
    assert _quantile(_less(AFTER, BEFORE), 0.5) == pytest.approx(0.3)
    assert _quantile(_less(AFTER, BEFORE), 0.99) == pytest.approx(0.1 + 0.99 * 0.4)


def test_beyond_the_last_bound_the_bound_is_told() -> None:
    assert _quantile(_Freshness({0.1: 0.0, 30.0: 50.0, math.inf: 100.0}, 100.0, 1.0), 0.99) == 30.0


def test_nothing_scored_gives_no_figure() -> None:
    with pytest.raises(TutorpulseError, match="Nothing was scored"):
        _quantile(_Freshness({}, 0.0, 0.0), 0.99)
