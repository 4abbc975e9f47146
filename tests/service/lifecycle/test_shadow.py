"""A model in shadow is judged by what it said at the time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.model.made import HASH, artifact_of
from tests.store.test_state import rows
from tutorpulse.clock import DAY_US, FixedClock
from tutorpulse.errors import InputError, UnknownEntityError
from tutorpulse.model import registry
from tutorpulse.model.artifact import save
from tutorpulse.service.lifecycle import promoting, shadow
from tutorpulse.service.lifecycle.promoting import cast_shadow, lift_shadow, promote
from tutorpulse.service.lifecycle.shadow import recorded_contests
from tutorpulse.service.root import Pulse, open_pulse
from tutorpulse.store.state.track import Terms

OWN = artifact_of()
PEOPLE = 400


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    monkeypatch.setattr(promoting, "feature_set_hash", lambda: HASH)
    with open_pulse(tmp_path / "home", create=True, clock=FixedClock(9 * DAY_US)) as opened:
        save(OWN, opened.home.models_path)
        yield opened


def test_one_is_in_shadow_at_a_time_and_both_ends_are_on_record(pulse: Pulse) -> None:
    models = pulse.home.models_path
    assert cast_shadow(pulse, OWN.version, "ann", "look") == OWN.version
    assert cast_shadow(pulse, OWN.version, "ann") == OWN.version
    assert registry.shadow_version(models) == OWN.version
    assert lift_shadow(pulse, "bob") == OWN.version
    assert lift_shadow(pulse, "bob") is None
    turns = [(t.action, t.version, t.actor, t.reason) for t in pulse.state.models.all()]
    assert turns == [
        ("out of shadow", OWN.version, "bob", ""),
        ("in shadow", OWN.version, "ann", "look"),
    ]


def test_what_serves_cannot_be_its_own_shadow_and_what_is_promoted_leaves_the_shadow(pulse: Pulse) -> None:
    cast_shadow(pulse, OWN.version, "ann")
    promote(pulse, OWN.version, "ann")
    assert registry.shadow_version(pulse.home.models_path) is None
    assert pulse.state.models.all()[0].reason == "it serves now"
    with pytest.raises(InputError, match="serves already"):
        cast_shadow(pulse, OWN.version, "ann")
    with pytest.raises(UnknownEntityError, match="There is no model 'nope'"):
        cast_shadow(pulse, "nope", "ann")


def test_a_turn_into_the_shadow_does_not_count_for_a_rollback(pulse: Pulse) -> None:
    promote(pulse, OWN.version, "ann")
    registry.cast_shadow("other", pulse.home.models_path)
    lift_shadow(pulse, "ann")
    assert promoting.rollback(pulse, "ann") is None


def say(pulse: Pulse, version: str, risk: np.ndarray, left: np.ndarray, in_shadow: bool) -> None:
    """What a model said of everybody on one day, and what came true."""
    ids, moment = [f"t{i:03d}" for i in range(PEOPLE)], 5 * DAY_US
    said = rows(ids, "tutor", moment, model_version=version, stale=False)
    said.columns["churn_risk_14d"][:] = risk
    said.columns["from_cohort"][:] = False
    track = pulse.state.shadow if in_shadow else pulse.state.track
    (pulse.state.predictions.keep_shadow if in_shadow else pulse.state.predictions.record)(said)
    track.settle(
        "tutor", version, "exit_14d", moment, ((i, moment, float(v)) for i, v in zip(ids, left, strict=True))
    )
    track.keep_terms("tutor", version, Terms(60, "exit"))


def test_the_better_of_both_is_found_on_what_they_said_of_the_same_people(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Named:
        def __init__(self, version: str) -> None:
            self.version = version

    monkeypatch.setattr(shadow, "artifact_of", lambda _pulse, version: Named(version))
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.05, 0.95, PEOPLE)
    left = (rng.random(PEOPLE) < truth).astype(float)
    say(pulse, "champion", np.full(PEOPLE, 0.5), left, in_shadow=False)
    say(pulse, "challenger", truth, left, in_shadow=True)
    [contest] = recorded_contests(pulse, "champion", "challenger")
    assert contest.recorded
    assert (contest.verdict, contest.since_us) == ("better", 5 * DAY_US)
    [gain] = contest.gains
    assert gain.rows == PEOPLE
    assert gain.champion_error == pytest.approx(0.25)
    assert gain.challenger_error == pytest.approx(float(np.mean((truth - left) ** 2)))
    [other] = recorded_contests(pulse, "challenger", "champion")
    assert other.verdict == "worse"
    pulse.state.track.keep_terms("tutor", "challenger", Terms(30, "exit"))
    [unlike] = recorded_contests(pulse, "champion", "challenger")
    assert unlike.verdict == "not judged"
    assert recorded_contests(pulse, "champion", "starter-x") == []
