"""What would lower a risk: against a model whose mind is known."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.service.world import NAMES, One, World, opened
from tutorpulse.errors import UnknownEntityError
from tutorpulse.features.actionable import LEVERS
from tutorpulse.features.frame import FEATURE_COUNT, FeatureFrame
from tutorpulse.model.contract import Predictions
from tutorpulse.service.queries.what_if_shapes import WHAT_IF_CAVEAT, WhatIf
from tutorpulse.service.refresh import refresh
from tutorpulse.service.what_if import MOST_CHANGES, what_if


class Minded(World):
    """Its risk follows from three features: fewer sessions ahead, slower answers and cancellations raise it."""

    def predict(self, frame: FeatureFrame) -> Predictions:
        if frame.entity_type == "student":
            return super().predict(frame)
        names = NAMES["tutor"]
        values = np.hstack([frame.features, frame.context]).astype(np.float64)
        ahead, waits, cancelled = (
            np.nan_to_num(values[:, names.index(n)])
            for n in ("sessions_ahead", "avg_response_time_hours", "cancellation_rate")
        )
        risk = np.clip(0.7 - 0.12 * ahead + 0.01 * waits + 0.2 * cancelled, 0.01, 0.99)
        return replace(super().predict(frame), churn_risk_14d=risk)


def peers(n: int = 11) -> dict[str, One]:
    """Sessions ahead 0 to 4 at the 90th percentile, answers after 1 to 10 h, cancellations 0 to .2."""
    return {
        f"peer{i}": One(
            {
                "sessions_ahead": round(4.4 * i / (n - 1)),
                "avg_response_time_hours": 1.0 + 9 * i / (n - 1),
                "cancellation_rate": 0.2 * i / (n - 1),
            }
        )
        for i in range(n)
    }


def asked(tmp_path: Path, who: One, world: type[World] = Minded) -> WhatIf:
    made = world(tutors={"ann": who, **peers()})
    with opened(tmp_path / "home") as pulse:
        refresh(pulse, made.scorer())
        return what_if(pulse, made.scorer(), "ann", "tutor")


def test_one_change_is_told_where_one_suffices(tmp_path: Path) -> None:
    """From .75 to below .7 one session ahead is enough, and is the least."""
    found = asked(
        tmp_path, One({"sessions_ahead": 0, "avg_response_time_hours": 1, "cancellation_rate": 0.2})
    )
    assert found.value == pytest.approx(0.75)
    assert found.target == 0.7
    assert found.reached
    assert found.value_then is not None
    assert found.value_then <= 0.7
    assert [(c.feature, c.value_from, c.value_to) for c in found.changes] == [("sessions_ahead", 0, 1)]
    assert found.sentence == (
        "With 1 session agreed for later (now none), burnout risk would be 63 % instead of 75 %, as the model reckons"
    )
    assert found.caveat == WHAT_IF_CAVEAT


def test_levels_stay_within_what_is_usual_and_within_three_changes(tmp_path: Path) -> None:
    slow = One({"sessions_ahead": 0, "avg_response_time_hours": 30, "cancellation_rate": 0.9})
    found = asked(tmp_path, slow)
    assert 1 <= len(found.changes) <= MOST_CHANGES
    bounds = {
        "sessions_ahead": (0, 4.0),
        "avg_response_time_hours": (1.9, 30),
        "cancellation_rate": (0.02, 0.9),
    }
    for change in found.changes:
        low, high = bounds[change.feature]
        assert low - 1e-6 <= change.value_to <= high + 1e-6
    levers = {lever.feature for lever in LEVERS["tutor"]}
    assert {change.feature for change in found.changes} <= levers


def test_where_nothing_that_is_usual_suffices_it_says_so_and_shows_the_least(tmp_path: Path) -> None:
    class Stubborn(Minded):
        def predict(self, frame: FeatureFrame) -> Predictions:
            made = super().predict(frame)
            return replace(made, churn_risk_14d=0.75 + 0.2 * made.churn_risk_14d)

    found = asked(
        tmp_path, One({"sessions_ahead": 0, "avg_response_time_hours": 9, "cancellation_rate": 0.2}), Stubborn
    )
    assert not found.reached
    assert found.value_then is not None
    assert found.value is not None
    assert found.value_then < found.value
    assert "no such change reaches the target" in found.note


def test_nothing_is_made_up_where_nothing_helps(tmp_path: Path) -> None:
    found = asked(tmp_path, One({}, {"churn_risk_14d": 0.6}), World)
    assert found.changes == ()
    assert found.value_then is None
    assert "nothing within what is usual" in found.note
    low = asked(tmp_path / "other", One({}, {"churn_risk_14d": 0.02}), World)
    assert "low as it is" in low.note


def test_a_missing_fact_is_not_moved(tmp_path: Path) -> None:
    found = asked(tmp_path, One({"avg_response_time_hours": 10, "cancellation_rate": 0.2}))
    assert all(change.feature != "sessions_ahead" for change in found.changes)


def test_whoever_is_not_scored_has_nothing_to_lower(tmp_path: Path) -> None:
    gone = One(days_ago={"departed_us": 3, "last_activity_us": 4})
    assert "no longer scored" in asked(tmp_path, gone).note
    with opened(tmp_path / "more") as pulse:
        made = World(tutors=peers())
        refresh(pulse, made.scorer())
        with pytest.raises(UnknownEntityError):
            what_if(pulse, made.scorer(), "nobody")


def test_the_row_that_is_tried_is_the_entitys_own(tmp_path: Path) -> None:
    """With nothing changed the model says what it said: features and context are put together as they were."""
    seen: list[FeatureFrame] = []

    class Watching(Minded):
        def predict(self, frame: FeatureFrame) -> Predictions:
            seen.append(frame)
            return super().predict(frame)

    asked(tmp_path, One({"sessions_ahead": 0, "avg_response_time_hours": 9, "avg_rating": 4.5}), Watching)
    tried = seen[-1]
    assert len(tried) > 5
    assert tried.features.shape[1] == FEATURE_COUNT
    rating = tried.features[:, NAMES["tutor"].index("avg_rating")]
    assert np.all(rating == 4.5)


def test_a_home_that_an_earlier_version_refreshed_waits_for_the_next_one(tmp_path: Path) -> None:
    made = Minded(tutors={"ann": One({"sessions_ahead": 0}), **peers()})
    with opened(tmp_path / "home") as pulse:
        refresh(pulse, made.scorer())
        kept = msgspec.json.decode(pulse.state.populations.kept("tutor") or "")
        del kept["low"], kept["high"]
        pulse.state.populations.keep("tutor", 0, msgspec.json.encode(kept).decode())
        assert "not known before the next refresh" in what_if(pulse, made.scorer(), "ann").note
