"""Upkeep of a real small home: outcomes, drift, and a challenger that must win."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.worlds import DAYS, tutor_events
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import HistoryError
from tutorpulse.model import registry
from tutorpulse.service.lifecycle import retraining
from tutorpulse.service.lifecycle.comparing import compare
from tutorpulse.service.lifecycle.upkeep import DRIFT_RETRAIN_DAYS, is_time, upkeep
from tutorpulse.service.queries.models import newest_drift
from tutorpulse.service.refresh import refresh
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.service.served import open_scorer
from tutorpulse.service.training import candidate, train_home
from tutorpulse.training.contest import Contest
from tutorpulse.training.snapshots import Limits

LIMITS = Limits(dates=10, rows=3000)
BEGAN_US = 220 * DAY_US


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Pulse]:
    """A home of tutors by whose clock 220 of its 300 days have passed."""
    path = tmp_path / "home"
    path.mkdir()
    (path / "settings.toml").write_text("exit_gap_days_tutor = 21\n")
    with open_pulse(path, create=True, clock=FixedClock(BEGAN_US)) as opened:
        opened.store.append(tutor_events())
        yield opened


def clock_of(pulse: Pulse) -> FixedClock:
    assert isinstance(pulse.clock, FixedClock)
    return pulse.clock


@pytest.mark.slow
def test_the_first_upkeep_trains_and_later_ones_wait_and_the_champion_must_be_beaten(pulse: Pulse) -> None:
    refresh(pulse, open_scorer(pulse))
    first = upkeep(pulse, limits=LIMITS)
    assert first.outcomes == 0
    assert first.retrained is not None
    assert first.retrained.promoted
    assert registry.current_version(pulse.home.models_path) == first.retrained.version
    assert [turn.reason for turn in pulse.state.models.all()] == ["the first model of one's own"]
    clock_of(pulse).us = BEGAN_US + 29 * DAY_US
    second = upkeep(pulse, limits=LIMITS)
    assert second.outcomes > 0
    assert second.retrained is None or any(of_kind.drifting for of_kind in second.drift)
    clock_of(pulse).us = DAYS * DAY_US
    third = upkeep(pulse, limits=LIMITS)
    assert third.retrained is not None
    [contest] = third.retrained.contests
    assert contest.champion == first.retrained.version
    assert third.retrained.promoted == (contest.verdict == "better")
    assert third.retrained.version in registry.versions(pulse.home.models_path)
    expected = third.retrained.version if third.retrained.promoted else first.retrained.version
    assert registry.current_version(pulse.home.models_path) == expected
    assert [item.entity_type for item in newest_drift(pulse.state).items] == ["tutor"]
    [told] = compare(pulse, "starter", first.retrained.version, lambda *_: None)
    assert told.verdict in ("better", "worse", "no difference")
    assert {gain.output for gain in told.gains} >= {"churn_risk_14d", "session_velocity"}


@pytest.mark.slow
def test_a_challenger_that_is_not_better_is_kept_and_not_put_in_force(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = train_home(pulse, lambda *_: None, limits=LIMITS)
    assert champion.in_force is not None
    clock_of(pulse).us = DAYS * DAY_US
    made = candidate(pulse, lambda *_: None, limits=LIMITS)
    monkeypatch.setattr(retraining, "candidate", lambda *_, **__: made)
    for verdict, promoted in (
        ("worse", False),
        ("no difference", False),
        ("not judged", False),
        ("better", True),
    ):
        contest = Contest("tutor", "a", "b", 0, verdict, f"it is {verdict}")  # type: ignore[arg-type]
        monkeypatch.setattr(retraining, "_trial", lambda *_, contest=contest: contest)
        done = retraining.retrain(pulse, lambda *_: None, LIMITS)
        assert done.promoted is promoted
        current = registry.current_version(pulse.home.models_path)
        assert (current == done.version) is promoted
        assert pulse.state.models.all()[0].reason == f"tutors: it is {verdict}"


def test_a_new_model_is_tried_on_schedule_and_sooner_while_a_kind_drifts(pulse: Pulse) -> None:
    assert is_time(pulse, drifting=False)
    pulse.state.models.add(BEGAN_US, "in shadow", "m", None, "ann")
    assert is_time(pulse, drifting=False)
    pulse.state.models.add(BEGAN_US, "refused", "m", None, "upkeep")
    clock_of(pulse).advance(int(DRIFT_RETRAIN_DAYS * DAY_US) - 1)
    assert not is_time(pulse, drifting=True)
    clock_of(pulse).advance(1)
    assert is_time(pulse, drifting=True)
    assert not is_time(pulse, drifting=False)
    clock_of(pulse).us = BEGAN_US + 30 * DAY_US
    assert is_time(pulse, drifting=False)


def test_a_history_too_short_to_learn_from_is_a_note(pulse: Pulse) -> None:
    clock_of(pulse).us = 20 * DAY_US
    done = upkeep(pulse, limits=LIMITS)
    assert done.retrained is None
    assert "too short to learn from" in done.notes[0]


def test_an_empty_home_has_nothing_to_keep_up(tmp_path: Path) -> None:
    with open_pulse(tmp_path / "home", create=True) as opened, pytest.raises(HistoryError, match="no events"):
        upkeep(opened)
