import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutorpulse.decisions.segments import (
    SEGMENTS,
    Standing,
    hours_rule,
    segments,
    star_eligible,
)
from tutorpulse.features.frame import EntityType
from tutorpulse.settings import Settings

LIMITS = Settings()
UNKNOWN = float("nan")


def segment(
    kind: EntityType,
    risk: float,
    health: float,
    risk_30d: float = 0.0,
    before: str | None = None,
    eligible: bool = True,
    settings: Settings = LIMITS,
) -> str | None:
    standing = Standing(
        kind, np.array([risk]), np.array([risk_30d]), np.array([health]), np.array([eligible])
    )
    found = segments(standing, np.array([before], dtype=object), settings)[0]
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("risk", "health", "expected"),
    [
        (0.71, 90, "churning"),
        (0.70, 90, "at_risk"),
        (0.10, 39.9, "churning"),
        (0.10, 40, "at_risk"),
        (0.41, 90, "at_risk"),
        (0.40, 90, "healthy"),
        (0.10, 59.9, "at_risk"),
        (0.10, 60, "healthy"),
        (0.20, 90, "healthy"),
        (0.19, 80, "healthy"),
        (0.19, 80.1, "star"),
    ],
)
def test_tutor_thresholds_from_worst_to_best(risk: float, health: float, expected: str) -> None:
    assert segment("tutor", risk, health) == expected


@pytest.mark.parametrize(
    ("risk", "risk_30d", "health", "expected"),
    [
        (0.71, 0.8, 90, "churned"),
        (0.10, 0.2, 39, "churned"),
        (0.41, 0.5, 90, "at_risk"),
        (0.10, 0.61, 90, "at_risk"),
        (0.10, 0.60, 90, "thriving"),
        (0.10, 0.2, 59, "at_risk"),
        (0.25, 0.3, 90, "healthy"),
        (0.10, 0.2, 81, "thriving"),
    ],
)
def test_student_thresholds_from_worst_to_best(
    risk: float, risk_30d: float, health: float, expected: str
) -> None:
    assert segment("student", risk, health, risk_30d) == expected


def test_a_star_needs_its_sessions_and_hours() -> None:
    assert segment("tutor", 0.1, 90, eligible=False) == "healthy"


def test_thresholds_are_settings() -> None:
    assert segment("tutor", 0.25, 90, settings=Settings(star_burnout_below=30)) == "star"


def test_worse_takes_effect_at_once() -> None:
    assert segment("tutor", 0.401, 90, before="star") == "at_risk"


@pytest.mark.parametrize(("risk", "expected"), [(0.40, "at_risk"), (0.371, "at_risk"), (0.37, "healthy")])
def test_better_only_three_points_past_the_threshold(risk: float, expected: str) -> None:
    assert segment("tutor", risk, 70, before="at_risk") == expected


@pytest.mark.parametrize(("risk", "expected"), [(0.68, "churning"), (0.67, "at_risk")])
def test_points_are_not_lost_to_binary_fractions(risk: float, expected: str) -> None:
    assert segment("tutor", risk, 90, before="churning") == expected


def test_a_leap_upwards_stops_where_the_values_have_cleared() -> None:
    assert segment("tutor", 0.19, 90, before="churning") == "healthy"
    assert segment("tutor", 0.16, 90, before="churning") == "star"


def test_the_first_scoring_has_no_memory() -> None:
    assert segment("student", 0.39, 70, before=None) == "healthy"
    assert segment("student", 0.39, 70, before="at_risk") == "at_risk"


def test_a_missing_value_neither_condemns_nor_makes_a_star() -> None:
    assert segment("tutor", 0.1, UNKNOWN) == "healthy"
    assert segment("tutor", UNKNOWN, 90) == "healthy"
    assert segment("student", 0.1, 90, UNKNOWN) == "thriving"


def test_with_a_value_missing_nobody_moves_up() -> None:
    assert segment("tutor", 0.1, UNKNOWN, before="at_risk") == "at_risk"
    assert segment("tutor", 0.8, UNKNOWN, before="healthy") == "churning"


def test_with_nothing_known_the_previous_segment_stays() -> None:
    assert segment("tutor", UNKNOWN, UNKNOWN, before="star") == "star"
    assert segment("tutor", UNKNOWN, UNKNOWN) is None


def test_hours_are_held_against_the_median_of_those_who_declare() -> None:
    rule = hours_rule(np.array([0, 10, 20, UNKNOWN]))
    assert (rule.waived, rule.median_hours) == (False, 10)
    assert rule.holds(np.array([0, 9, 10, UNKNOWN])).tolist() == [False, False, True, False]


def test_no_hours_are_never_enough_even_where_the_median_is_none() -> None:
    assert not hours_rule(np.array([0.0, 0.0, 5.0])).holds(np.array([0.0]))[0]


def test_the_hours_rule_is_waived_where_few_declare_and_says_so() -> None:
    hours = np.array([10.0] + [UNKNOWN] * 5)
    rule = hours_rule(hours)
    assert rule.holds(np.array([UNKNOWN])).all()
    assert "Only 17 % of tutors declare hours: stars are named without" in rule.sentence
    assert not hours_rule(np.array([10.0] + [UNKNOWN] * 4)).waived


def test_the_hours_rule_of_nobody_is_waived() -> None:
    assert hours_rule(np.array([])).waived


def test_a_star_needs_four_sessions_and_missing_ones_are_not_enough() -> None:
    rule = hours_rule(np.array([]))
    found = star_eligible(np.array([3, 4, UNKNOWN]), np.full(3, UNKNOWN), rule, LIMITS)
    assert found.tolist() == [False, True, False]


share = st.integers(0, 100).map(lambda percent: percent / 100)
kinds: st.SearchStrategy[EntityType] = st.sampled_from(["tutor", "student"])


@given(kinds, share, share, st.integers(0, 100), st.integers(0, 3))
def test_memory_never_makes_it_worse_and_only_ever_delays_the_better(
    kind: EntityType, risk: float, risk_30d: float, health: int, place: int
) -> None:
    order: tuple[str | None, ...] = SEGMENTS[kind]
    fresh = order.index(segment(kind, risk, health, risk_30d))
    found = order.index(segment(kind, risk, health, risk_30d, before=order[place]))
    assert min(fresh, place) <= found <= fresh


@given(kinds, share, st.integers(0, 100), share, st.integers(0, 100))
def test_a_better_value_never_gives_a_worse_segment(
    kind: EntityType, risk: float, health: int, less: float, more: int
) -> None:
    order: tuple[str | None, ...] = SEGMENTS[kind]
    worse = order.index(segment(kind, max(risk, less), min(health, more)))
    assert order.index(segment(kind, min(risk, less), max(health, more))) >= worse
