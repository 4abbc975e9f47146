"""Levers: what moves along stays consistent, and nothing of it is in the hash of the features."""

import numpy as np
import pytest

from tutorpulse.decisions.phrases import PHRASES
from tutorpulse.features.actionable import LEVERS, Lever, moved
from tutorpulse.features.compile import CATALOGS, feature_set_hash
from tutorpulse.features.frame import ENTITY_TYPES, EntityType
from tutorpulse.features.student import STUDENT
from tutorpulse.features.tutor import TUTOR
from tutorpulse.model import registry
from tutorpulse.model.artifact import read_manifest

NAMES = {"tutor": [f.name for f in TUTOR.shown()], "student": [f.name for f in STUDENT.shown()]}
ALL = [(kind, lever) for kind in ENTITY_TYPES for lever in LEVERS[kind]]


def row(kind: EntityType, **values: float) -> np.ndarray:
    made = np.full(len(NAMES[kind]), np.nan)
    for name, value in values.items():
        made[NAMES[kind].index(name)] = value
    return made


def lever(kind: EntityType, feature: str) -> Lever:
    return next(each for each in LEVERS[kind] if each.feature == feature)


def told(kind: EntityType, changed: np.ndarray) -> dict[str, float]:
    return {
        name: float(value) for name, value in zip(NAMES[kind], changed, strict=True) if not np.isnan(value)
    }


@pytest.mark.parametrize(("kind", "one"), ALL, ids=lambda x: getattr(x, "feature", x))
def test_every_lever_is_of_the_catalog_and_moves_the_healthy_way(kind: EntityType, one: Lever) -> None:
    catalog = {feature.name: feature for feature in CATALOGS[kind].shown()}
    assert catalog[one.feature].healthy in (one.direction, "none")
    for tie in one.ties:
        assert {tie.feature, tie.by or tie.feature, tie.per or tie.feature} <= catalog.keys()
        assert tie.feature != one.feature
    assert "{}" in PHRASES[one.feature].text or PHRASES[one.feature].flag


def test_the_hash_does_not_cover_the_levers() -> None:
    assert feature_set_hash() == read_manifest(registry.STARTER_FOLDER).feature_set_hash


def test_one_more_session_is_in_every_window_that_holds_it() -> None:
    before = row(
        "student",
        sessions_7d=1,
        sessions_14d=2,
        sessions_30d=5,
        session_freq_7d=1 / 7,
        session_freq_14d=2 / 14,
        session_freq_30d=5 / 30,
        session_trend_7d_14d=0,
        session_trend_14d_30d=-1,
        session_acceleration=0.5,
        completed_60d=9,
        completed_90d=9,
        completed_total=9,
        total_session_hours_30d=5,
        avg_session_duration_min=60,
        days_since_last_session=6,
    )
    after = told("student", moved(before, NAMES["student"], lever("student", "sessions_7d"), 3))
    assert (after["sessions_7d"], after["sessions_14d"], after["sessions_30d"]) == (3, 4, 7)
    for days in (7, 14, 30):
        assert after[f"session_freq_{days}d"] == pytest.approx(after[f"sessions_{days}d"] / days)
    # The week before held one session, the fortnight before three.
    assert after["session_trend_7d_14d"] == 2
    assert after["session_trend_14d_30d"] == 1
    assert after["session_acceleration"] == pytest.approx(
        after["session_trend_7d_14d"] - after["session_trend_14d_30d"] / 2
    )
    assert after["total_session_hours_30d"] == 7
    assert after["completed_60d"] == after["completed_total"] == 11
    assert after["days_since_last_session"] == 3.5


def test_a_tutors_windows_move_together_too() -> None:
    before = row(
        "tutor",
        **{f"sessions_{what}_{days}d": 2.0 for what in ("taught", "completed") for days in (7, 14, 30)},
        session_frequency_7d=2 / 7,
        session_frequency_14d=2 / 14,
        total_earnings_30d=60,
        avg_earnings_per_session=30,
        utilization_rate=0.2,
        available_hours_this_week=10,
        avg_session_duration_min=60,
    )
    after = told("tutor", moved(before, NAMES["tutor"], lever("tutor", "sessions_completed_7d"), 4))
    assert {
        after[f"sessions_{what}_{days}d"] for what in ("taught", "completed") for days in (7, 14, 30)
    } == {4}
    assert after["session_frequency_14d"] == pytest.approx(4 / 14)
    assert after["total_earnings_30d"] == 120
    assert after["utilization_rate"] == pytest.approx(0.4)


def test_failed_payments_follow_the_share_that_succeeds() -> None:
    """Two of eight fail; half as many fail where seven of eight succeed."""
    before = row("student", payment_success_rate_30d=0.75, payment_failures_30d=2)
    after = told(
        "student", moved(before, NAMES["student"], lever("student", "payment_success_rate_30d"), 0.875)
    )
    assert after["payment_failures_30d"] == pytest.approx(1)


def test_a_cancelled_session_less_is_a_completed_one_more() -> None:
    before = row("tutor", cancellation_rate=0.2, session_completion_rate=0.7)
    after = told("tutor", moved(before, NAMES["tutor"], lever("tutor", "cancellation_rate"), 0.05))
    assert after["session_completion_rate"] == pytest.approx(0.85)


def test_what_is_not_known_stays_so_and_a_first_session_ahead_has_a_day() -> None:
    before = row("student", sessions_ahead=0)
    after = told("student", moved(before, NAMES["student"], lever("student", "sessions_ahead"), 1))
    assert after == {"sessions_ahead": 1, "days_to_next_session": 7, "days_since_last_booking": 0}
    busy = row("student", sessions_ahead=2, days_to_next_session=2, booked_7d=1, days_since_last_booking=5)
    assert told("student", moved(busy, NAMES["student"], lever("student", "sessions_ahead"), 3)) == {
        "sessions_ahead": 3,
        "days_to_next_session": 2,
        "booked_7d": 2,
        "days_since_last_booking": 0,
    }
    known = row("student", sessions_ahead=1, days_to_next_session=2)
    assert (
        told("student", moved(known, NAMES["student"], lever("student", "sessions_ahead"), 2))[
            "days_to_next_session"
        ]
        == 2
    )
