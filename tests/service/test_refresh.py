import json
import logging
import sqlite3
from copy import deepcopy
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.service.world import NOW_US, One, World, opened
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import HistoryError
from tutorpulse.service.refresh import RefreshReport, refresh
from tutorpulse.service.root import Pulse, open_pulse

STAR = One(
    {"sessions_completed_30d": 9, "available_hours_this_week": 10},
    {"churn_risk_14d": 0.1523, "health_score": 87.5},
)
AT_RISK = One({"utilization_rate": 0.97}, {"churn_risk_14d": 0.62, "health_score": 65})


def world() -> World:
    return deepcopy(_WORLD)


_WORLD = World(
    tutors={
        "star": STAR,
        "risky": AT_RISK,
        "gone": One(days_ago={"departed_us": 3, "last_activity_us": 4}),
    },
    students={"plain": One(), "new": One(days_ago={"registered_us": 5, "first_activity_us": 4})},
)


def later(pulse: Pulse, days: float) -> None:
    assert isinstance(pulse.clock, FixedClock)
    pulse.clock.advance(int(days * DAY_US))


def dump(home: Path) -> list[str]:
    return list(sqlite3.connect(home / "state.sqlite").iterdump())


def run_at(home: Path, at: World, days: float = 0) -> RefreshReport:
    with opened(home, NOW_US + int(days * DAY_US)) as pulse:
        return refresh(pulse, at.scorer())


def test_the_summary_counts_the_scored(tmp_path: Path) -> None:
    report = run_at(tmp_path, world())
    assert msgspec.to_builtins(report.summary) == {
        "students_processed": 2,
        "tutors_processed": 2,
        "total_processed": 4,
        "student_segments": {"thriving": 0, "healthy": 2, "at_risk": 0, "churned": 0},
        "tutor_segments": {"star": 1, "healthy": 0, "at_risk": 1, "churning": 0},
        "model_version": "m1",
        "timestamp": "2024-10-04T00:00:00Z",
    }
    assert report.status_counts["tutor"] == {"active": 2, "new": 0, "inactive": 0, "paused": 0, "departed": 1}
    assert report.status_counts["student"]["new"] == 1


def test_refreshing_twice_at_one_moment_changes_nothing(tmp_path: Path) -> None:
    run_at(tmp_path, world())
    before = dump(tmp_path)
    report = run_at(tmp_path, world())
    assert dump(tmp_path) == before
    assert (report.changed, report.insights) == (0, 0)


def test_refreshing_is_deterministic(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run_at(tmp_path / name, world())
    assert dump(tmp_path / "a") == dump(tmp_path / "b")


def test_a_line_is_logged_for_each_visible_change(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    at = world()
    with opened(tmp_path) as pulse, caplog.at_level(logging.INFO, "tutorpulse.refresh"):
        refresh(pulse, at.scorer())
        assert (
            "Updated tutor predictions for star: segment=star, burnout_risk=15.23%, health=87.5"
            in caplog.messages
        )
        assert len(caplog.messages) == 4
        caplog.clear()
        later(pulse, 1)
        at.tutors["star"].outputs["churn_risk_14d"] = 0.15231
        at.tutors["risky"].outputs["health_score"] = 64.0
        refresh(pulse, at.scorer())
        assert caplog.messages == [
            "Updated tutor predictions for risky: segment=at_risk, burnout_risk=62.00%, health=64.0"
        ]


def test_what_is_no_longer_scored_stays_frozen_and_out_of_the_summary(tmp_path: Path) -> None:
    at = world()
    run_at(tmp_path, at)
    at.tutors["risky"] = One(days_ago={"departed_us": 0, "last_activity_us": 1})
    with opened(tmp_path, NOW_US + DAY_US // 2) as pulse:
        report = refresh(pulse, at.scorer())
        row = pulse.state.predictions.get("tutor", "risky").columns
    assert (row["status"][0], row["frozen"][0], row["segment"][0]) == ("departed", True, "at_risk")
    assert (row["churn_risk_14d"][0], row["as_of_us"][0]) == (0.62, NOW_US)
    assert report.summary.tutor_segments["at_risk"] == 0


def test_who_was_never_scored_has_a_status_and_no_numbers(tmp_path: Path) -> None:
    with opened(tmp_path) as pulse:
        refresh(pulse, world().scorer())
        row = pulse.state.predictions.get("tutor", "gone").columns
    assert (row["status"][0], row["segment"][0], row["frozen"][0]) == ("departed", None, True)
    assert np.isnan(row["churn_risk_14d"][0])
    assert np.isnan(row["as_of_us"][0])


def test_without_the_model_the_last_predictions_stay_and_are_marked_stale(tmp_path: Path) -> None:
    at = world()
    run_at(tmp_path, at)
    at.reachable = False
    with opened(tmp_path, NOW_US + DAY_US) as pulse:
        report = refresh(pulse, at.scorer())
        row = pulse.state.predictions.get("tutor", "star").columns
        history = pulse.state.predictions.history("tutor", "star")
        at.reachable = True
        refresh(pulse, at.scorer())
        after = pulse.state.predictions.get("tutor", "star").columns
    assert (row["stale"][0], row["churn_risk_14d"][0], row["as_of_us"][0]) == (True, 0.1523, NOW_US)
    assert len(history) == 1
    assert "last tutor predictions stay, marked stale. The model server does not answer." in report.notes[-2]
    assert not after["stale"][0]


def history_days(pulse: Pulse, entity_id: str) -> list[float]:
    recorded = pulse.state.predictions.history("tutor", entity_id).columns["as_of_us"]
    return list((recorded - NOW_US) / DAY_US)


def test_of_record_are_the_first_of_a_day_and_each_change_of_segment(tmp_path: Path) -> None:
    at = world()
    with opened(tmp_path) as pulse:
        refresh(pulse, at.scorer())
        later(pulse, 0.25)
        at.tutors["star"].outputs["churn_risk_14d"] = 0.11
        refresh(pulse, at.scorer())
        assert history_days(pulse, "star") == [0]
        later(pulse, 0.25)
        at.tutors["star"] = One(STAR.features, {"churn_risk_14d": 0.45})
        refresh(pulse, at.scorer())
        assert history_days(pulse, "star") == [0, 0.5]
        later(pulse, 0.5)
        refresh(pulse, at.scorer())
        assert history_days(pulse, "star") == [0, 0.5, 1]


def test_segments_remember_the_last_scoring_but_not_one_before_an_absence(tmp_path: Path) -> None:
    at = World(tutors={"t": One(outputs={"churn_risk_14d": 0.45})})
    run_at(tmp_path, at)
    at.tutors["t"] = One(outputs={"churn_risk_14d": 0.39})
    assert run_at(tmp_path, at, 0.1).summary.tutor_segments["at_risk"] == 1
    at.tutors["t"].days_ago["departed_us"] = 0
    run_at(tmp_path, at, 0.2)
    at.tutors["t"].days_ago.clear()
    assert run_at(tmp_path, at, 0.3).summary.tutor_segments["healthy"] == 1


def test_recommendations_begin_and_end_with_their_reason(tmp_path: Path) -> None:
    at = world()
    with opened(tmp_path) as pulse:
        refresh(pulse, at.scorer())
        begun = pulse.state.recommendations.of_entity("tutor", "risky")
        assert [r.rule for r in begun] == ["tutor_wellness_check", "tutor_reduce_load"]
        assert json.loads(begun[0].facts) == [
            {"fact": "burnout_risk", "value": 62.0, "unit": "%", "test": "above", "threshold": 60.0}
        ]
        pulse.state.recommendations.decide(begun[0].recommendation_id, "done", 1, "ann", None)
        later(pulse, 0.1)
        refresh(pulse, at.scorer())
        assert [r.state for r in pulse.state.recommendations.of_entity("tutor", "risky")] == ["done", "open"]
        at.tutors["risky"] = One({"utilization_rate": 0.97})
        later(pulse, 0.1)
        refresh(pulse, at.scorer())
        assert pulse.state.recommendations.running("tutor") == [
            ("risky", "tutor_reduce_load"),
            ("star", "tutor_reward"),
        ]
        at.tutors["risky"] = deepcopy(AT_RISK)
        later(pulse, 0.1)
        refresh(pulse, at.scorer())
        wellness = [
            r
            for r in pulse.state.recommendations.of_entity("tutor", "risky")
            if r.rule == "tutor_wellness_check"
        ]
        assert sorted(r.state for r in wellness) == ["done", "open"]


def test_nobody_is_recommended_anything_once_gone(tmp_path: Path) -> None:
    at = world()
    run_at(tmp_path, at)
    at.tutors["risky"] = One(days_ago={"departed_us": 0, "last_activity_us": 1})
    with opened(tmp_path, NOW_US + DAY_US) as pulse:
        refresh(pulse, at.scorer())
        assert ("risky", "tutor_wellness_check") not in pulse.state.recommendations.running("tutor")


def test_insights_are_written_on_change_with_a_sentence(tmp_path: Path) -> None:
    at = World(tutors={f"t{i}": One({"rating_trend": (i - 10) / 100}) for i in range(20)})
    at.tutors["t0"] = One({"rating_trend": -0.1}, {"churn_risk_14d": 0.35})
    assert run_at(tmp_path, at).insights == 1
    at.tutors["t0"] = One({"rating_trend": -0.4, "utilization_rate": 0.97}, {"churn_risk_14d": 0.62})
    at.past_features = {"rating_trend": -0.1, "utilization_rate": 0.95}
    with opened(tmp_path, NOW_US + DAY_US) as pulse:
        assert refresh(pulse, at.scorer()).insights == 2
        risk, capacity = pulse.state.insights.of_entity("tutor", "t0", 2)
    assert risk.explanation == (
        "Burnout risk 62 % (was 35 % a day ago): utilization 97 %, ratings falling 0.4 stars a week"
    )
    assert (risk.risk_score, risk.prediction_type, risk.model_used) == (62.0, "churn_risk", "m1")
    assert json.loads(risk.recommendations) == [
        "Wellness check-in within 48 hours",
        "Reduce hours or add breaks",
    ]
    assert risk.confidence == "medium"
    assert capacity.explanation == "Utilization 97 %: ratings falling 0.4 stars a week"


def test_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    with (
        open_pulse(tmp_path, create=True, clock=FixedClock(NOW_US)) as pulse,
        pytest.raises(HistoryError, match=r"holds no events\. Run `tutorpulse import FILE` first"),
    ):
        refresh(pulse, world().scorer())


def test_a_refresh_that_fails_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    run_at(tmp_path, world())
    before = dump(tmp_path)
    broken = world()
    broken.students["plain"].outputs = {"churn_risk_14d": "no number"}  # type: ignore[dict-item]
    with opened(tmp_path, NOW_US + DAY_US) as pulse, pytest.raises((TypeError, ValueError)):
        refresh(pulse, broken.scorer())
    assert dump(tmp_path) == before


def test_the_stars_rule_on_hours_is_told(tmp_path: Path) -> None:
    notes = run_at(tmp_path, world()).notes
    assert notes == ("50 % of tutors declare hours: a star offers at least the median, 10 hours this week.",)
