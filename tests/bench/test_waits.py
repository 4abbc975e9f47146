"""Waits as the service's histogram tells them: kinds apart and together, between two looks, and their quantiles."""

import math
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tutorpulse.bench.waits import Sample, Waits, together, waiting_of, waits_of
from tutorpulse.errors import TutorpulseError

TOLD = """
# TYPE tutorpulse_freshness_seconds histogram
tutorpulse_freshness_seconds_bucket{kind="tutor",le="0.5"} 8.0
tutorpulse_freshness_seconds_bucket{kind="tutor",le="1.0"} 10.0
tutorpulse_freshness_seconds_bucket{kind="tutor",le="+Inf"} 10.0
tutorpulse_freshness_seconds_count{kind="tutor"} 10.0
tutorpulse_freshness_seconds_sum{kind="tutor"} 3.0
tutorpulse_freshness_seconds_bucket{kind="student",le="0.5"} 0.0
tutorpulse_freshness_seconds_bucket{kind="student",le="1.0"} 20.0
tutorpulse_freshness_seconds_bucket{kind="student",le="+Inf"} 30.0
tutorpulse_freshness_seconds_count{kind="student"} 30.0
tutorpulse_freshness_seconds_sum{kind="student"} 27.0
# TYPE tutorpulse_refresh_waiting gauge
tutorpulse_refresh_waiting{kind="tutor",reason="events"} 2.0
tutorpulse_refresh_waiting{kind="tutor",reason="passing"} 99.0
tutorpulse_refresh_waiting{kind="student",reason="events"} 3.0
# TYPE tutorpulse_journal_events gauge
tutorpulse_journal_events 7.0
"""
BEFORE = Waits({0.1: 5.0, 0.5: 10.0, math.inf: 10.0}, 10.0, 2.0)
AFTER = Waits({0.1: 5.0, 0.5: 110.0, math.inf: 110.0}, 110.0, 32.0)


@pytest.fixture
def samples() -> list[Sample]:
    families = text_string_to_metric_families(TOLD)
    return [(s.name, s.labels, s.value) for family in families for s in family.samples]


def test_each_kind_has_its_own_waits(samples: list[Sample]) -> None:
    assert waits_of(samples) == {
        "tutor": Waits({0.5: 8.0, 1.0: 10.0, math.inf: 10.0}, 10.0, 3.0),
        "student": Waits({0.5: 0.0, 1.0: 20.0, math.inf: 30.0}, 30.0, 27.0),
    }


def test_together_they_count_as_one(samples: list[Sample]) -> None:
    both = together(waits_of(samples))
    assert both == Waits({0.5: 8.0, 1.0: 30.0, math.inf: 40.0}, 40.0, 30.0)
    assert both.mean_s() == 0.75


def test_whom_time_touched_does_not_wait_and_what_the_database_lacks_does(samples: list[Sample]) -> None:
    assert waiting_of(samples) == 2 + 3 + 7


def test_only_what_came_between_two_looks_counts() -> None:
    assert AFTER.minus(BEFORE) == Waits({0.1: 0.0, 0.5: 100.0, math.inf: 100.0}, 100.0, 30.0)
    assert AFTER.minus(Waits()) == AFTER


def test_a_quantile_is_interpolated_within_its_bucket() -> None:
    between = AFTER.minus(BEFORE)
    assert between.quantile_s(0.5) == pytest.approx(0.3)
    assert between.quantile_s(0.99) == pytest.approx(0.1 + 0.99 * 0.4)


def test_beyond_the_last_bound_the_bound_is_told() -> None:
    assert Waits({0.1: 0.0, 30.0: 50.0, math.inf: 100.0}, 100.0, 1.0).quantile_s(0.99) == 30.0


def test_the_share_within_a_bound_is_exact_and_elsewhere_not_told() -> None:
    assert AFTER.share_within(0.1) == pytest.approx(5 / 110)
    assert AFTER.share_within(0.2) is None


@pytest.mark.parametrize(
    "figure", [lambda none: none.quantile_s(0.99), lambda none: none.share_within(1.0), Waits.mean_s]
)
def test_nothing_scored_gives_no_figure(figure: Callable[[Waits], float]) -> None:
    with pytest.raises(TutorpulseError, match="Nothing was scored"):
        figure(Waits())
